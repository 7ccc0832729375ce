// Package highs solves models of package milp with HiGHS (highs.dev, MIT
// licence). It is pure Go and works with CGO_ENABLED=0. The published Go
// bindings of HiGHS do not resolve as modules, so this package contains its
// own.
//
//	solution, err := highs.Solver{}.Solve(ctx, m)
//
// # Backends
//
// [Native] loads the shared library libhighs at run time: from HIGHS_LIBRARY if
// that is set, otherwise under its usual names on the loader's path. Debian 13
// and Ubuntu 25.04 package it as libhighs1, Homebrew and conda-forge as highs.
//
// [Wasm] runs the WebAssembly build of HiGHS inside the process, on every
// system that Go supports. It loads the build from the folder HIGHS_WASM if
// that is set, otherwise from the user's cache folder, into which [Install]
// unpacks it.
//
// A program reports which of them is used and why, and installs one if there is
// none, with npm or, as root, with apt; [Builds] gives the same answer in code:
//
//	go run github.com/trigrid/trigrid/milp/highs/install
//
// [Auto], the zero value, tries Native, then Wasm. Both find the same optima.
// The WebAssembly build takes two to three times as long, has one thread and at
// most 2 GiB of memory.
//
// A library whose presolve returns a wrong optimum for a simple program is
// rejected, for example an unpatched HiGHS 1.14.0; see presolveTrap. Presolve
// of HiGHS 1.15.1 is wrong for some programs with integers as well, so that
// [PresolveChoose] turns it off for them. A program that is infeasible with
// presolve is solved again without; a wrong optimum is not noticed. The choice
// costs up to 1.4 times the time: the unit commitment of RTS-GMLC takes 63 s of
// CPU without presolve and 71 s with it, at a gap of 1e-3; two instances of
// Egret take 51 s and 46 s, at a gap of 0. The 64 programs of a region of five
// DERs with heat take 130 s and 95 s, at a gap of 1e-7.
//
// The environment has two variables:
//
//	HIGHS_LIBRARY    path of the shared library, instead of its usual names
//	HIGHS_WASM       folder with highs.wasm and highs.js, instead of the cache folder
//
// The formulation of a program matters more than the backend. Measured on one
// core for the day-ahead program of one VPP with 20 scenarios of 24 h and two
// thermal units (4509 columns, 3962 rows, 48 binaries, gap 1e-3):
//
//	                          native 1.10    WebAssembly 1.15.1
//	plain ramp rows           3.2 s          7.9 s
//	tight ramp rows           0.25 s         0.77 s
//
// # Results and errors
//
// Infeasible, unbounded and limited solves are results with a status. A solve
// returns an error if no build is installed ([ErrNotInstalled]), if the model
// has a mistake or numbers outside HiGHS's range, if ctx ends, or if HiGHS
// fails. After a failure in presolve or scaling the solve is repeated without
// them; [milp.Solution.Stopped] reports it. A program with integers is optimal
// only if the gap between its bound and the objective, recomputed from the
// values, is within the gaps of the solver; otherwise it is feasible.
//
// # Limits
//
// A time limit and the end of a context hold within half a second or a tenth,
// whichever is more. HiGHS sometimes ignores both, for example on small
// programs of integers without a solution. Its call is then left behind: the
// solution has the status [milp.NoSolution] and Abandoned set, or the error
// wraps [ErrAbandoned]. The call of the native library keeps its thread and
// memory until it returns. After two such calls in a process [Auto] prefers the
// WebAssembly build, whose call ends when it next reads the clock or allocates
// memory. A WebAssembly call that does neither cannot be ended, and Go's
// garbage collector waits for it.
//
// [Solver.MemoryLimit] is 1 GiB per solve unless set. [Solver.MaxNodes] and
// [Solver.MaxIterations] limit the work of a solve independently of the
// machine's load.
//
// # Units
//
// HiGHS's tolerances are absolute. The solver therefore scales the objective by
// [milp.Data.ObjectiveScale], rows of tiny coefficients, and columns of tiny
// bounds, all by powers of two, and converts results and gaps back. Costs in
// units of 1e-9 or 1e9 of the usual one give the same plan. A program whose
// largest cost is between 1 and 2²⁰ and whose coefficients are at least 2⁻²⁰
// reaches HiGHS as it stands.
//
// # State of the process
//
// A [Solver] is a value without state. The process keeps, for all solvers, the
// objects that are expensive or impossible to create twice: one loaded library
// or compiled WebAssembly build per path, created at first use and never
// unloaded; some idle WebAssembly instances; one C function pointer for
// callbacks. Compiling the WebAssembly build takes some seconds; its machine
// code is cached on disk in the user's cache folder, so that later processes
// start in a tenth of a second. The build tag nonative removes the Native
// backend, for programs that must not depend on the system's loader, for
// example in an empty container.
//
// # Time and threads
//
// Many small programs are solved fastest with one goroutine per core and one
// thread each, which is the default. Two-stage programs of some thousand rows
// are 1.5 to 6 times faster with [PresolveOff].
//
// A [milp.Session] keeps the basis of a linear program, which saves the
// transfer of the model and most simplex iterations. For a program with
// integers it first solves the relaxation and the program with the integers
// fixed at the last solution. If the two objectives differ by at most the gap,
// the second is the answer, in a tenth of the time; this is common in sweeps
// over prices or weights with a gap of 1e-3. Otherwise the last solution
// becomes the start.
//
// # Tolerances
//
// HiGHS uses tolerances of 1e-7 for rows and bounds and 1e-6 for integers. The
// relative gap is 1e-4 unless [Solver.Gap] is set. Bounds and limits of 1e20
// and more are infinite. Coefficients of 1e15 and more, and lower limits of
// 1e20 and more, are rejected with their names.
//
// A tiny coefficient that scaling leaves beside ordinary ones makes the
// tolerances 1e-10 and turns presolve off. Coefficients of 1e-12 and less are
// rejected with their names, because HiGHS ignores them. Two kinds are left
// out: rounding errors below 2⁻⁴⁶ of the largest coefficient of their row, and
// terms that the bounds keep below 1e-11.
package highs
