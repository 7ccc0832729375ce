//go:build (darwin || linux || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64) && !android && !ios && !nonative

package highs

import "github.com/ebitengine/purego"

// loadLibrary loads a library by file name. Its symbols stay local, so that a second
// version of HiGHS in the process does not collide.
func loadLibrary(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// symbol returns the address of a function.
func symbol(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }
