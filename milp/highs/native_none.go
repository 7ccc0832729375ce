//go:build !((darwin || linux || windows || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64)) || android || ios || nonative

package highs

import "errors"

// openNative returns an error: either the system cannot load a library from
// pure Go, or the program has the build tag nonative. The tag removes the
// loader, so that a Linux binary is fully static.
func openNative() (port, error) {
	return nil, errors.New("this build of the program cannot load libraries; use the WebAssembly build")
}

// forgetMissing does nothing: there is no search to repeat.
func forgetMissing() {}

// nativePath returns "": no library can be loaded.
func nativePath() string { return "" }
