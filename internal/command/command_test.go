package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Shells know 0 for done, 2 for misuse and 128 plus the number of a signal, which is 2 for an
// interrupt.
func TestStatusSaysHowAProgramEnded(t *testing.T) {
	live := t.Context()
	cause := errors.New("interrupt signal received") // as a context of package signal says it
	terminated, end := context.WithCancelCause(live)
	end(received{syscall.SIGTERM})
	cancelled, stop := context.WithCancelCause(live)
	stop(cause)
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
		says string
	}{
		{"done", live, nil, 0, ""},
		{"help", live, fmt.Errorf("run: %w", flag.ErrHelp), 0, ""},
		{"misused", live, Misused("-day %q", "soon"), 2, "-day \"soon\" (-h lists the flags)\n"},
		{"failed", live, errors.New("no such case"), 1, "no such case\n"},
		{"interrupted", cancelled, fmt.Errorf("coalition 3: %w", context.Canceled), 130, "interrupted\n"},
		{"interrupted, by its cause", cancelled, fmt.Errorf("coalition 3: %w", cause), 130, "interrupted\n"},
		{"terminated", terminated, fmt.Errorf("coalition 3: %w", context.Canceled), 143, "terminated\n"},
		{"terminated, by its cause", terminated, fmt.Errorf("coalition 3: %w", context.Cause(terminated)), 143, "terminated\n"},
		{"failed before the interrupt", cancelled, errors.New("no such case"), 1, "no such case\n"},
		{"cancelled by itself", live, context.Canceled, 1, "context canceled\n"},
	} {
		var out strings.Builder
		assert.Equal(t, c.want, status(c.ctx, c.err, &out), c.name)
		assert.Equal(t, c.says, out.String(), c.name)
	}
}

func TestParseSaysOnceWhatIsWrong(t *testing.T) {
	parse := func(args ...string) (n int, printed string, err error) {
		flags := flag.NewFlagSet("example", flag.ExitOnError) // which Parse overrules
		flags.IntVar(&n, "n", 1, "how `many`")
		var out strings.Builder
		err = Parse(flags, args, &out)
		return n, out.String(), err
	}
	n, printed, err := parse("-n", "3")
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Empty(t, printed)

	for _, args := range [][]string{{"-m"}, {"-n", "few"}, {"stray"}, {"-n", "2", "stray"}} {
		_, printed, err = parse(args...)
		var misuse *UsageError
		assert.ErrorAs(t, err, &misuse, "%q", args)
		assert.Empty(t, printed, "%q: what Main prints is not printed here", args)
	}
	assert.ErrorContains(t, err, `unexpected arguments ["stray"]`)

	_, printed, err = parse("-h")
	require.ErrorIs(t, err, flag.ErrHelp)
	assert.Contains(t, printed, "-n many")
}

// A number without a unit is the usual mistake. Numbers have no unit, so that their errors stay.
func TestErrorOfATimeNamesItsForm(t *testing.T) {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.Duration("budget", 0, "")
	flags.Int("n", 0, "")
	err := Parse(flags, []string{"-budget", "3"}, &strings.Builder{})
	assert.EqualError(t, err, `invalid value "3" for flag -budget: parse error, want a time with a unit, such as 90s or 5m`)
	err = Parse(flags, []string{"-n", "3s"}, &strings.Builder{})
	assert.EqualError(t, err, `invalid value "3s" for flag -n: parse error`)
	assert.NoError(t, Parse(flags, []string{"-budget", "3s"}, &strings.Builder{}))
}

func TestFilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	require.NoError(t, CheckFile(path))
	require.NoError(t, WriteJSON(path, map[string]int{"a": 1}))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "{\n  \"a\": 1\n}\n", string(data))

	broken := errors.New("disk full")
	err = WriteFile(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "cannot write "+path)
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, data, left, "the older file is still there")

	link := filepath.Join(folder, "link.json")
	if err := os.Symlink(path, link); err == nil {
		require.NoError(t, WriteJSON(link, 2))
		data, err = os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(data), "a link leads to the file")
		require.NoError(t, os.Remove(link))
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing beside the file")
}

func TestFilesThatCannotBeWrittenAreKnownBefore(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	locked := filepath.Join(folder, "locked")
	require.NoError(t, os.Mkdir(locked, 0o555))
	for path, want := range map[string]string{
		folder:                                "it is a folder; name a file",
		filepath.Join(folder, "none", "a"):    "there is no folder " + filepath.Join(folder, "none"),
		filepath.Join(file, "a"):              "cannot write",
		filepath.Join(locked, "a"):            "cannot write",
		filepath.Join(folder, "\x00", "name"): "cannot write",
	} {
		if path == filepath.Join(locked, "a") && os.Geteuid() <= 0 {
			continue // permissions bind neither root nor, in this way, Windows
		}
		assert.ErrorContains(t, CheckFile(path), want, path)
		assert.ErrorContains(t, WriteJSON(path, 1), want, path)
	}
}

func TestWhatIsNoFileIsWrittenTo(t *testing.T) {
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip("no null device here: ", err)
	}
	require.NoError(t, CheckFile(os.DevNull))
	require.NoError(t, WriteJSON(os.DevNull, 1))
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	assert.False(t, info.Mode().IsRegular(), "and is still what it was")
}

func TestParallelRunsEveryJobAndReturnsAnError(t *testing.T) {
	broken := errors.New("broken")
	for _, workers := range []int{-1, 1, 3} {
		done := make([]bool, 10)
		var jobs []func() error
		for i := range done {
			jobs = append(jobs, func() error {
				done[i] = true
				if i == 4 {
					return broken
				}
				return nil
			})
		}
		assert.ErrorIs(t, Parallel(workers, jobs), broken)
		assert.NotContains(t, done, false)
		assert.NoError(t, Parallel(workers, jobs[:4]))
	}
}

func TestSameFileByAnyPath(t *testing.T) {
	folder := t.TempDir()
	a, link := filepath.Join(folder, "a"), filepath.Join(folder, "link")
	assert.True(t, SameFile(a, folder+string(filepath.Separator)+"."+string(filepath.Separator)+"a"), "it does not exist yet")
	assert.False(t, SameFile(a, link))
	require.NoError(t, os.WriteFile(a, nil, 0o600))
	assert.False(t, SameFile(a, link), "one of them exists")
	if err := os.Symlink(a, link); err == nil {
		assert.True(t, SameFile(a, link))
	}
}
