//go:build (darwin || linux || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64) && !android && !ios && !nonative

package highs

import "github.com/ebitengine/purego"

func loadLibrary(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func symbol(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }
