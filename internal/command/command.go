// Package command is the common part of the programs in cmd, examples and
// studies: flags, exit statuses, interrupts, a progress line.
//
// A program is one function of its context, arguments and streams, so that
// tests call it without a process:
//
//	func main() { command.Main(run) }
//
//	func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
//		flags := flag.NewFlagSet("demo", flag.ContinueOnError)
//		n := flags.Int("n", 1, "number of `days`")
//		if err := command.Parse(flags, args, stderr); err != nil {
//			return err
//		}
//		…
//	}
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Program is a program without its process. It writes results to stdout and
// progress to stderr, and returns the error that [Main] prints.
type Program func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Exit statuses, by the convention of shells.
const (
	done     = 0
	failed   = 1
	misused  = 2   // wrong flags or arguments
	signaled = 128 // plus the number of the signal: 130 after an interrupt, 143 after SIGTERM
)

// received is the cause of a context that a signal ended.
type received struct{ syscall.Signal }

// Error implements error: "interrupted", or "terminated" after SIGTERM.
func (r received) Error() string {
	if r.Signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

// Main runs a program and ends the process. The first interrupt or SIGTERM
// cancels the context of the program, which can then remove temporary files;
// the second one ends the process at once.
func Main(run Program) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		first, _ := (<-signals).(syscall.Signal)
		signal.Stop(signals) // the default handler ends the process at the second one
		cancel(received{first})
	}()
	os.Exit(status(ctx, run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// status prints the error of a program on stderr and returns the exit status.
// An error counts as an interrupt only if it is the one of ctx, so that a
// failure before an interrupt is still reported.
func status(ctx context.Context, err error, stderr io.Writer) int {
	var misuse *UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return done
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
		ended := received{syscall.SIGINT} // a context that no signal ended, as in tests
		errors.As(context.Cause(ctx), &ended)
		fmt.Fprintln(stderr, ended)
		return signaled + int(ended.Signal)
	case errors.As(err, &misuse):
		fmt.Fprintf(stderr, "%v (-h lists the flags)\n", err)
		return misused
	}
	fmt.Fprintln(stderr, err)
	return failed
}

// UsageError is an error of the arguments: exit status 2, and a hint at -h.
type UsageError struct{ error }

// Unwrap returns the error without the mark of misuse.
func (e *UsageError) Unwrap() error { return e.error }

// Misused returns a [UsageError] in the format of [fmt.Errorf].
func Misused(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// Parse reads flags and rejects further arguments. For -h it lists the flags on
// stderr and returns [flag.ErrHelp]. Any other error is a [UsageError] and is
// not printed, because [Main] prints it.
func Parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	flags.SetOutput(io.Discard) // package flag prints errors together with the whole list of flags
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "Flags of %s:\n", flags.Name())
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return &UsageError{withUnit(flags, err)}
	case flags.NArg() > 0:
		return Misused("unexpected arguments %q; every input is a flag", flags.Args())
	}
	return nil
}

// withUnit adds the form of a time to an error of package flag, which has none:
//
//	invalid value "3" for flag -budget: parse error, want a time with a unit, such as 90s or 5m
func withUnit(flags *flag.FlagSet, err error) error {
	flags.VisitAll(func(f *flag.Flag) {
		value, ok := f.Value.(flag.Getter)
		if !ok || !strings.Contains(err.Error(), "for flag -"+f.Name+": ") {
			return
		}
		if _, ok := value.Get().(time.Duration); ok {
			err = fmt.Errorf("%w, want a time with a unit, such as 90s or 5m", err)
		}
	})
	return err
}
