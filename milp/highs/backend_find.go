package highs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/trigrid/trigrid/internal/faults"
)

// ErrNotInstalled is wrapped by the error of a solve if no build of HiGHS was
// found.
var ErrNotInstalled = errors.New("HiGHS is not installed")

// howToGet is the part of an error that describes how to install HiGHS.
const howToGet = ". Run \"go run github.com/trigrid/trigrid/milp/highs/install\", which fetches the WebAssembly " +
	"build with npm into your cache folder, or as root installs a library with apt. Or install the shared library " +
	"(" + packages + "), point HIGHS_LIBRARY at " +
	"one, or point HIGHS_WASM at a folder with highs.wasm and highs.js."

// packages names the packages of the native library.
const packages = "Debian 13 and Ubuntu 25.04: apt install libhighs1; Homebrew and conda-forge: highs"

// Build returns version and build of the HiGHS that the solver uses on this
// machine, the same text as [milp.Solution.Backend]. If there is none, the
// error wraps [ErrNotInstalled].
func (s Solver) Build() (string, error) {
	p, err := s.port(context.Background())
	if err != nil {
		return "", err
	}
	// The object was created only to find the build.
	defer p.close()
	return p.name(), nil
}

// Found is the result of the search for one backend. Exactly one of Name and
// Err is set.
type Found struct {
	Backend Backend // Native or Wasm
	Name    string  // version and build, as [milp.Solution.Backend]
	From    string  // file name given to the loader, or folder of the WebAssembly build
	Err     error   // the reason if the backend cannot be used
}

// Builds searches for both backends with the code of a solve, in the order in
// which [Auto] tries them. It searches again after an earlier failure, so that
// an installer can call it twice. For example, on a machine with the
// WebAssembly build only, the first entry has an Err from the loader and the
// second one has the Name "HiGHS 1.15.1, WebAssembly".
func Builds() []Found {
	forgetMissing()
	library := Found{Backend: Native}
	library.describe(openNative())
	if library.Err == nil {
		library.From = nativePath()
	}
	wasm := Found{Backend: Wasm}
	wasm.describe(newWasm(0))
	if wasm.Err == nil {
		wasm.From, wasm.Err = wasmFolder()
	}
	return []Found{library, wasm}
}

// describe takes the name of a new object, or the error of its creation.
func (f *Found) describe(p port, err error) {
	if err != nil {
		f.Err = err
		return
	}
	// The object was created only to find the build.
	defer p.close()
	f.Name = p.name()
}

// builds opens the two builds of HiGHS, and counts the calls of the native
// library that were left behind. Tests replace it in [Solver]. Nil functions
// are those of the process.
type builds struct {
	native, wasm func() (port, error)
	foreign      func() int64 // resident bytes of the process outside of Go's memory
	abandoned    atomic.Int64 // calls of the native library that were left behind
	running      atomic.Int64 // calls of the native library whose memory is watched
}

// maxAbandoned is the number of native calls left behind after which Auto
// prefers the WebAssembly build. A third one would leave no core on many
// machines.
const maxAbandoned = 2

// processBuilds counts for the process.
var processBuilds builds

// process returns the builds that the solver uses.
func (s Solver) process() *builds {
	if s.stub != nil {
		return s.stub
	}
	return &processBuilds
}

// open opens a build. The limit is that of the WebAssembly build's memory in
// bytes, 0 for none.
func (b *builds) open(backend Backend, limit int64) (port, error) {
	if backend == Native {
		native := b.native
		if native == nil {
			native = openNative
		}
		p, err := native()
		if err != nil {
			return nil, fmt.Errorf("native: %w", err)
		}
		return counted{p, b}, nil
	}
	wasm := b.wasm
	if wasm == nil {
		wasm = func() (port, error) { return newWasm(limit) }
	}
	p, err := wasm()
	if err != nil {
		return nil, fmt.Errorf("WebAssembly: %w", err)
	}
	return p, nil
}

// memory returns the resident bytes of the process outside of Go's memory.
func (b *builds) memory() int64 {
	if b.foreign == nil {
		return foreignMemory()
	}
	return b.foreign()
}

// port opens the solver's backend. Auto tries both; the error lists all
// attempts. If ctx ends first, port returns its error, and the opening
// continues for later solves.
func (s Solver) port(ctx context.Context) (port, error) {
	if ctx.Done() == nil {
		return s.open()
	}
	type opened struct {
		p   port
		err error
	}
	result := make(chan opened, 1)
	go func() {
		p, err := s.open()
		result <- opened{p, err}
	}()
	select {
	case o := <-result:
		return o.p, o.err
	case <-ctx.Done():
		go func() {
			if o := <-result; o.err == nil {
				o.p.close()
			}
		}()
		return nil, fmt.Errorf("highs: stopped while HiGHS was being loaded: %w", ctx.Err())
	}
}

// open opens the solver's backend.
func (s Solver) open() (port, error) {
	b := s.process()
	order := []Backend{Native, Wasm}
	switch {
	case s.Backend != Auto:
		order = []Backend{s.Backend}
	case b.abandoned.Load() >= maxAbandoned:
		slices.Reverse(order)
	}
	var attempts faults.List
	for _, backend := range order {
		p, err := b.open(backend, s.memoryLimit())
		if err == nil {
			return p, nil
		}
		attempts.Add(err)
	}
	advice := howToGet
	if s.Backend != Auto {
		advice = b.instead(s.Backend, s.memoryLimit())
	}
	return nil, fmt.Errorf("highs: %w%s Attempts: %w", ErrNotInstalled, advice, attempts.Err())
}

// instead returns the advice if the chosen backend cannot be opened: the other
// one, if it can.
func (b *builds) instead(chosen Backend, limit int64) string {
	other, as, get := Wasm, " as a native library", "install the library ("+packages+"), or point HIGHS_LIBRARY at one."
	if chosen == Wasm {
		other, as, get = Native, " as WebAssembly", "run \"go run github.com/trigrid/trigrid/milp/highs/install\", "+
			"or point HIGHS_WASM at a folder with highs.wasm and highs.js."
	}
	p, err := b.open(other, limit)
	if err != nil {
		return howToGet
	}
	defer p.close() // it was opened only to find the build
	return fmt.Sprintf("%s, but there is %s. Leave out the backend (-backend auto) to use it; or %s", as, p.name(), get)
}

// counted is a native object that counts its calls left behind.
type counted struct {
	port
	builds *builds
}

// leave implements [port].
func (c counted) leave(returned <-chan struct{}) {
	c.builds.abandoned.Add(1)
	c.port.leave(returned)
}

// newWasm returns an instance of the WebAssembly build with a new HiGHS object
// and a limit of its memory.
func newWasm(limit int64) (port, error) {
	folder, err := wasmFolder()
	if err != nil {
		return nil, err
	}
	build, err := openWasm(folder)
	if err != nil {
		return nil, err
	}
	w, err := build.limited(limit)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// wasmFolder returns the folder of the WebAssembly build.
func wasmFolder() (string, error) {
	if folder := os.Getenv("HIGHS_WASM"); folder != "" {
		return folder, nil
	}
	return cacheFolder()
}

// cacheFolder returns the folder into which [Install] unpacks the WebAssembly
// build. It contains the version, so that two versions of trigrid do not
// disturb each other.
func cacheFolder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("highs: there is no cache folder; set HIGHS_WASM: %w", err)
	}
	return filepath.Join(folder, "trigrid", "highs-"+npmVersion), nil
}
