package highs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/internal/faults"
)

// ErrNotInstalled is wrapped by the error of a solve if no build of HiGHS was found.
var ErrNotInstalled = errors.New("HiGHS is not installed")

// howToGet is the part of an error that describes how to install HiGHS.
const howToGet = "Run \"go run github.com/trigrid/trigrid/milp/highs/install\", which fetches the WebAssembly " +
	"build with npm into your cache folder, or as root installs a library with apt. Or install the shared library " +
	"(Debian 13 and Ubuntu 25.04: apt install libhighs1; Homebrew and conda-forge: highs), point HIGHS_LIBRARY at " +
	"one, or point HIGHS_WASM at a folder with highs.wasm and highs.js."

// Build returns version and build of the HiGHS that the solver uses on this machine, the
// same text as [milp.Solution.Backend]. If there is none, the error wraps
// [ErrNotInstalled].
func (s Solver) Build() (string, error) {
	p, err := s.port()
	if err != nil {
		return "", err
	}
	// The object was created only to find the build.
	defer p.close()
	return p.name(), nil
}

// Found is the result of the search for one backend. Exactly one of Name and Err is set.
type Found struct {
	Backend Backend // Native or Wasm
	Name    string  // version and build, as [milp.Solution.Backend]
	From    string  // file name given to the loader, or folder of the WebAssembly build
	Err     error   // the reason if the backend cannot be used
}

// Builds searches for both backends with the code of a solve, in the order in which [Auto] tries
// them. It searches again after an earlier failure, so that an installer can call it twice. For
// example, on a machine with the WebAssembly build only, the first entry has an Err from the
// loader and the second one has the Name "HiGHS 1.15.1, WebAssembly".
func Builds() []Found {
	forgetMissing()
	library := Found{Backend: Native}
	library.describe(openNative())
	if library.Err == nil {
		library.From = nativePath()
	}
	wasm := Found{Backend: Wasm}
	wasm.describe(newWasm())
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

// port opens the solver's backend. Auto tries both; the error lists all attempts.
func (s Solver) port() (port, error) {
	var attempts faults.List
	if s.Backend != Wasm {
		p, err := openNative()
		if err == nil {
			return p, nil
		}
		attempts.Addf("native: %w", err)
	}
	if s.Backend != Native {
		p, err := newWasm()
		if err == nil {
			return p, nil
		}
		attempts.Addf("WebAssembly: %w", err)
	}
	return nil, fmt.Errorf("highs: %w. %s Attempts: %w", ErrNotInstalled, howToGet, attempts.Err())
}

// newWasm returns an instance of the WebAssembly build with a new HiGHS object.
func newWasm() (port, error) {
	folder, err := wasmFolder()
	if err != nil {
		return nil, err
	}
	build, err := openWasm(folder)
	if err != nil {
		return nil, err
	}
	return build.instance()
}

// wasmFolder returns the folder of the WebAssembly build.
func wasmFolder() (string, error) {
	if folder := os.Getenv("HIGHS_WASM"); folder != "" {
		return folder, nil
	}
	return cacheFolder()
}

// cacheFolder returns the folder into which [Install] unpacks the WebAssembly build. It
// contains the version, so that two versions of trigrid do not disturb each other.
func cacheFolder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("highs: there is no cache folder; set HIGHS_WASM: %w", err)
	}
	return filepath.Join(folder, "trigrid", "highs-"+npmVersion), nil
}
