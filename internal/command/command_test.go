package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Shells know 0 for done, 2 for misuse and 128 plus the number of a signal,
// which is 2 for an interrupt.
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

// A number without a unit is the usual mistake. Numbers have no unit, so that
// their errors stay.
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
