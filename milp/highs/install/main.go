// Command install reports which HiGHS a solver uses on this machine, and
// installs one if there is none. It calls the loader with the code of a solve,
// so that its answer is that of a run.
//
//	go run github.com/trigrid/trigrid/milp/highs/install            answer, install if needed
//	go run github.com/trigrid/trigrid/milp/highs/install -check     answer only
//
// A user without root needs npm, which downloads the WebAssembly build into the
// user's cache folder. As root, the program installs libhighs1 or npm with apt,
// without questions. It exits with status 1 and one line of reasons if it finds
// no way. An interrupt (Ctrl-C) stops it.
//
// For example, on Debian 12 with npm it prints
//
//	solver: downloading the WebAssembly build with npm
//	solver: HiGHS 1.15.1, WebAssembly, from /home/ann/.cache/trigrid/highs-1.15.3
//	solver: no native library: libhighs.so.1: cannot open shared object file; …
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/trigrid/trigrid/milp/highs"
)

// main uses no package beyond those of milp/highs, so that a module that
// requires the library can run the program without further modules.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	flags.SetOutput(stderr)
	check := flags.Bool("check", false, "report only, install nothing; status 1 if there is no HiGHS")
	name := flags.String("backend", "auto", "`backend` that must be there: auto, native or wasm")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("install: unexpected arguments %q; -h lists the flags", flags.Args())
	}
	backend, err := parseBackend(*name)
	if err != nil {
		return err
	}
	m := thisMachine()
	if *check {
		return m.report(stdout, backend, m.builds())
	}
	return m.install(ctx, stdout, backend)
}

// parseBackend returns the backend of a flag value.
func parseBackend(name string) (highs.Backend, error) {
	for _, b := range []highs.Backend{highs.Auto, highs.Native, highs.Wasm} {
		if b.String() == name {
			return b, nil
		}
	}
	return 0, fmt.Errorf("install: -backend is %q, want auto, native or wasm", name)
}

// used returns the build that a solver with the backend takes, by the order of
// Auto, and false if there is none.
func used(backend highs.Backend, builds []highs.Found) (highs.Found, bool) {
	for _, f := range builds {
		if f.Err == nil && (backend == highs.Auto || backend == f.Backend) {
			return f, true
		}
	}
	return highs.Found{}, false
}

// report prints the build that is used and the reason, or returns an error with
// the reason why each backend is missing.
func (m machine) report(out io.Writer, backend highs.Backend, builds []highs.Found) error {
	f, ok := used(backend, builds)
	if !ok {
		return fmt.Errorf("solver: no HiGHS on this machine: %s", missing(backend, builds))
	}
	fmt.Fprintf(out, "solver: %s, from %s\n", f.Name, f.From)
	switch {
	case f.Backend == highs.Wasm && backend == highs.Auto:
		fmt.Fprintf(out, "solver: %s\n", missing(highs.Native, builds))
	case f.Backend == highs.Native && older(buildVersion(f.Name), fastEnough):
		fmt.Fprintf(out, "solver: the loader finds this library, which is slower than the WebAssembly build; "+
			"HIGHS_LIBRARY=none selects that build if it is installed\n")
	case f.Backend == highs.Native:
		fmt.Fprintln(out, "solver: the loader finds this library; it comes before the WebAssembly build")
	}
	return nil
}

// missing returns the reasons why the builds of a backend cannot be used, on
// one line.
func missing(backend highs.Backend, builds []highs.Found) string {
	var reasons []string
	for _, f := range builds {
		if f.Err == nil || backend != highs.Auto && backend != f.Backend {
			continue
		}
		kind := "no native library"
		if f.Backend == highs.Wasm {
			kind = "no WebAssembly build"
		}
		reasons = append(reasons, kind+": "+oneLine(f.Err))
	}
	return join(reasons)
}
