// Command gotest runs go test and ends with its longest tests and a count of
// the skipped ones by reason.
//
//	go run ./internal/cmd/gotest -race ./...
//
// All arguments go to "go test -json". The output is that of go test without
// -v: one line per package, and the output of tests that fail. The last lines
// are, for example,
//
//	long: 41 s: github.com/trigrid/trigrid/operate TestSeason
//	skipped: 3: TRIGRID_DATA names no folder with real series
//	tests: 812 passed, 0 failed, 3 skipped
//
// The exit status is that of go test.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

// run runs go test with the arguments and copies the output of failed tests to
// stdout. Its error is one of starting go test, or its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	// An interrupt reaches go test as well, which ends its tests and prints
	// their output.
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Stderr = stderr
	events, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("gotest: %w", err)
	}
	t := newTally(stdout)
	// A line of events can be longer than the limit of a bufio.Scanner.
	lines := bufio.NewReader(events)
	for {
		// The last line can lack its end, so that it comes together with
		// io.EOF.
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			t.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("gotest: %w", err), c.Wait())
		}
	}
	// The counts are printed also if go test failed.
	t.close()
	if err := c.Wait(); err != nil {
		return fmt.Errorf("gotest: go test failed: %w", err)
	}
	return nil
}
