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
const howToGet = "Either install the shared library (Debian 13 and Ubuntu 25.04: apt install libhighs1; " +
	"Homebrew and conda-forge: highs) or point HIGHS_LIBRARY at one; or run " +
	"\"go run github.com/trigrid/trigrid/milp/highs/install\", which needs npm and no root, to fetch the " +
	"WebAssembly build into your cache folder, or point HIGHS_WASM at a folder with its highs.wasm and highs.js."

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
