//go:build !((darwin || linux || windows || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64)) || android || ios || nonative

package highs

import "errors"

// openNative has no library to offer: this system cannot load one from pure Go, or the program was
// built with the tag nonative, which drops the loader (a Linux binary with it is not fully static).
func openNative() (port, error) {
	return nil, errors.New("not supported by this build of the program")
}
