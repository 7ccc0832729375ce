package highs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNotInstalled is wrapped by the error of a solve that found no build of HiGHS.
var ErrNotInstalled = errors.New("HiGHS is not installed")

// How to get a build of HiGHS, for errors.
const howToGet = "Either install the shared library (Debian 13 and Ubuntu 25.04: apt install libhighs1; " +
	"Homebrew and conda-forge: highs) or point HIGHS_LIBRARY at one; or run " +
	"\"go run github.com/trigrid/trigrid/milp/highs/install\", which needs npm and no root, to fetch the " +
	"WebAssembly build into your cache folder, or point HIGHS_WASM at a folder with its highs.wasm and highs.js."

// Build returns the name of the build of HiGHS that the solver uses on this machine, as it stands
// in [milp.Solution.Backend], or an error that wraps [ErrNotInstalled].
func (s Solver) Build() (string, error) {
	p, err := s.port()
	if err != nil {
		return "", err
	}
	defer p.close()
	return p.name(), nil
}

// port opens the backend that the solver asks for.
func (s Solver) port() (port, error) {
	var problems []error
	if s.Backend != Wasm {
		p, err := openNative()
		if err == nil {
			return p, nil
		}
		problems = append(problems, fmt.Errorf("native: %w", err))
	}
	if s.Backend != Native {
		p, err := newWasm()
		if err == nil {
			return p, nil
		}
		problems = append(problems, fmt.Errorf("WebAssembly: %w", err))
	}
	return nil, fmt.Errorf("highs: %w. %s What was tried: %w", ErrNotInstalled, howToGet, errors.Join(problems...))
}

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

// wasmFolder returns the folder in which the WebAssembly build is expected.
func wasmFolder() (string, error) {
	if folder := os.Getenv("HIGHS_WASM"); folder != "" {
		return folder, nil
	}
	return cacheFolder()
}

// cacheFolder is where Install puts the WebAssembly build.
func cacheFolder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("highs: no cache folder; set HIGHS_WASM: %w", err)
	}
	return filepath.Join(folder, "trigrid", "highs-"+npmVersion), nil
}
