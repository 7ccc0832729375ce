// Package highs solves models of package milp with HiGHS (highs.dev, MIT licence), from pure Go: it
// works with CGO_ENABLED=0. It is a binding of our own because no published one resolves as a Go
// module.
//
//	solution, err := highs.Solver{}.Solve(ctx, m)
//
// # Two backends
//
// Native loads the shared library libhighs at run time. It is looked for at HIGHS_LIBRARY if that
// is set, else under its usual names on the loader's path. Debian 13 and Ubuntu 25.04 have it as
// libhighs1, Homebrew and conda-forge as highs.
//
// Wasm runs HiGHS's WebAssembly build inside the process, on every system that Go knows. It is
// looked for in the folder HIGHS_WASM if that is set, else in the user's cache folder, where
// [Install] puts it:
//
//	go run github.com/trigrid/trigrid/milp/highs/install
//
// Auto, the zero value, takes the first that is there, in this order. Both give the same optima;
// the WebAssembly build takes two to three times as long and has one thread and 2 GiB of memory.
//
// # What is kept between solves
//
// A [Solver] is a value without state. Behind all solvers the process keeps what it cannot have
// twice for nothing: a loaded library or a compiled WebAssembly build, one per path, loaded when
// first needed and never unloaded; a few idle WebAssembly instances; one C function pointer for
// callbacks. The machine code of the WebAssembly build is cached on disk, in the user's cache
// folder, so that only the first process waits the seconds that compiling takes. A program that
// must not depend on the system's loader, for instance in an empty container, is built with the
// tag nonative.
//
// # Time and threads
//
// Many small programs are solved fastest with one goroutine per core and one thread each, which is
// the default. Two-stage programs of some thousand rows are 1.5 to 6 times faster with
// [PresolveOff].
//
// A [milp.Session] saves a linear program the hand-over and most of the simplex steps. Of a program
// with integers it first solves the relaxation, and the program with the integers of the last
// solution; where the two are within the gap, as in sweeps over prices or weights at a gap of 1e-3,
// that is the answer and takes a tenth of the time. Otherwise the last solution is the start.
//
// # Numbers
//
// HiGHS works with tolerances: 1e-7 on rows and bounds, 1e-6 on integers, and a relative gap of
// 1e-4 unless [Solver.Gap] says otherwise. It drops coefficients below 1e-12 (1e-9 by its own
// default, with which "1e-10 x ≥ 1" has no solution) and takes bounds and limits from 1e20 on for none.
// Coefficients from 1e15 on and lower limits from 1e20 on are refused by name.
package highs
