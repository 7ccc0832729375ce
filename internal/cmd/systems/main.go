// Systems type-checks the module and its tests for other systems.
//
//	go run ./internal/cmd/systems windows/amd64 linux/386
//
// The check is that of the compiler: files by build tag, types, constants in
// the range of an int of 32 bits, unused imports and variables. It reads
// sources only. "go vet" and "go build" compile the standard library and all
// dependencies for each system first, which takes minutes of processor time;
// the check takes seconds. The analyses of "go vet" run on the system of the
// caller.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

// run checks the packages of the current folder and below for the systems of
// the arguments, each "os/arch". Its error lists the violations of all systems.
func run(ctx context.Context, args []string, stdout, _ io.Writer) error {
	if len(args) == 0 {
		return errors.New("systems: no system given; name some as os/arch, such as windows/amd64")
	}
	var errs []error
	for _, arg := range args {
		goos, goarch, found := strings.Cut(arg, "/")
		if !found {
			errs = append(errs, fmt.Errorf("systems: %q is not of the form os/arch", arg))
			continue
		}
		// Packages of tests count, because files of tests depend on the system
		// as well.
		own, err := check(ctx, system{goos, goarch}, "./...")
		if err != nil {
			errs = append(errs, fmt.Errorf("systems: %s: %w", arg, err))
			continue
		}
		fmt.Fprintf(stdout, "systems: %s: %d packages and test packages of the module type-check\n", arg, own)
	}
	return errors.Join(errs...)
}
