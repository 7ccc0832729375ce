// Package command is what the example programs have in common: how they read flags, how they end and how they
// write a file.
//
// A program is one function of its context, arguments and streams, which tests call as a person would:
//
//	func main() { command.Main(run) }
//
//	func run(ctx context.Context, args []string, stdout, stderr io.Writer) error
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Program is a program without its process.
type Program func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Statuses with which programs end, as shells know them.
const (
	done        = 0
	failed      = 1
	misused     = 2
	interrupted = 130 // 128 + SIGINT
)

// Main runs a program and ends the process. An interrupt cancels the program's context, so that it can tidy
// up; a second one ends it at once.
func Main(run Program) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(status(ctx, run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// status says why a program ended and returns its exit status.
func status(ctx context.Context, err error, stderr io.Writer) int {
	var misuse *UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return done
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
		fmt.Fprintln(stderr, "interrupted")
		return interrupted
	case errors.As(err, &misuse):
		fmt.Fprintf(stderr, "%v (-h lists the flags)\n", err)
		return misused
	}
	fmt.Fprintln(stderr, err)
	return failed
}

// UsageError says what is wrong with a program's arguments.
type UsageError struct{ error }

// Unwrap returns the error itself.
func (e *UsageError) Unwrap() error { return e.error }

// Misused returns a [UsageError].
func Misused(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// Parse reads flags, after which no arguments may be left. Asked for help it lists the flags on stderr and
// returns [flag.ErrHelp]; any other error is a [UsageError], which nothing has been printed of.
func Parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "Flags of %s:\n", flags.Name())
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return &UsageError{err}
	case flags.NArg() > 0:
		return Misused("unexpected arguments %q; every input is a flag", flags.Args())
	}
	return nil
}
