package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/report/live"
)

// served starts the program with -serve and returns it with the URL that it
// prints on stderr.
func served(t *testing.T, args ...string) (c *exec.Cmd, url string, output *bytes.Buffer) {
	testsolver.New(t)
	c, output = process(t, append(args, "-serve", "127.0.0.1:0")...)
	c.Stderr = nil
	stderr, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { c.Process.Kill() })
	line, err := bufio.NewReader(stderr).ReadString('\n')
	require.NoError(t, err)
	found := regexp.MustCompile(`^The live page is (http://127\.0\.0\.1:[0-9]+/)\n$`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	go io.Copy(io.Discard, stderr)
	return c, found[1], output
}

// stateOf returns the state of a live page, and false if it does not answer.
func stateOf(t *testing.T, url, host string) (s live.State, status int, ok bool) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"state", nil)
	require.NoError(t, err)
	if host != "" {
		r.Host = host
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return s, 0, false
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(answer.Body).Decode(&s))
	}
	return s, answer.StatusCode, true
}

// A reader sees a run without a profile, with the best profile so far, and its
// result with the file of -json. The process ends after the result is read.
func TestLivePageShowsARunToItsEnd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "result.json")
	c, url, _ := served(t, "-case", busy(t), "-workers", "1", "-json", file)
	_, status, ok := stateOf(t, url, "attacker.example")
	require.True(t, ok)
	assert.Equal(t, http.StatusForbidden, status)
	var early, known, last live.State
	welfare := -1e300
	for last.Status != live.Done {
		s, _, ok := stateOf(t, url, "")
		require.True(t, ok, "the page ended before its reader had the result")
		switch {
		case s.Status == live.Running && s.Profile == nil:
			early = s
		case s.Status == live.Running:
			known = s
			require.GreaterOrEqual(t, *s.Welfare, welfare)
			welfare = *s.Welfare
		default:
			last = s
		}
		time.Sleep(2 * time.Millisecond)
	}
	assert.NotEmpty(t, early.Stage)
	assert.Len(t, known.Profile, 4)
	require.NotNil(t, last.Result)
	assert.Equal(t, []string{file}, last.Result.Files)
	assert.FileExists(t, file)
	answer, err := http.Get(url)
	require.NoError(t, err)
	html, err := io.ReadAll(answer.Body)
	require.NoError(t, answer.Body.Close())
	require.NoError(t, err)
	assert.Contains(t, string(html), last.Result.Verdict)
	require.NoError(t, c.Wait())
	_, _, ok = stateOf(t, url, "")
	assert.False(t, ok)
}

func TestSignalsEndTheLivePage(t *testing.T) {
	for signal, status := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		c, url, output := served(t, "-case", "../../examples/threelevel/case.json")
		require.Eventually(t, func() bool {
			s, _, ok := stateOf(t, url, "")
			return ok && s.Done > 1
		}, 30*time.Second, 10*time.Millisecond)
		if err := c.Process.Signal(signal); err != nil {
			t.Skip("no such signals here: ", err)
		}
		c.Wait()
		assert.Equal(t, status, c.ProcessState.ExitCode(), output.String())
		assert.Contains(t, output.String(), "cut: the run ended before all verdicts were proven")
		_, _, ok := stateOf(t, url, "")
		assert.False(t, ok)
	}
}

func TestLivePageOfOtherInterfacesIsRefused(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":8080", "example.org:80", "127.0.0.1"} {
		out, err := execute(t, "-case", "testdata/small.json", "-serve", address)
		assert.ErrorContains(t, err, "-serve: live: the address")
		assert.Empty(t, out)
	}
}
