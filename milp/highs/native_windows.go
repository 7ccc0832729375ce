//go:build (amd64 || arm64 || loong64 || riscv64) && !nonative

package highs

import "syscall"

// loadLibrary loads a library by file name.
func loadLibrary(path string) (uintptr, error) {
	handle, err := syscall.LoadLibrary(path)
	return uintptr(handle), err
}

// symbol returns the address of a function.
func symbol(library uintptr, name string) (uintptr, error) {
	return syscall.GetProcAddress(syscall.Handle(library), name)
}
