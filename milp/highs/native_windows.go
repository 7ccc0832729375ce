//go:build (amd64 || arm64 || loong64 || riscv64) && !nonative

package highs

import (
	"syscall"
	"unsafe"
)

// loadLibrary loads a library by file name.
func loadLibrary(path string) (uintptr, error) {
	handle, err := syscall.LoadLibrary(path)
	return uintptr(handle), err
}

// symbol returns the address of a function.
func symbol(library uintptr, name string) (uintptr, error) {
	return syscall.GetProcAddress(syscall.Handle(library), name)
}

// fileOf returns the file of a loaded library.
func fileOf(library, _ uintptr) (string, error) {
	var (
		name   [1 << 15]uint16 // the longest path of Windows
		module = syscall.NewLazyDLL("kernel32.dll").NewProc("GetModuleFileNameW")
	)
	if err := module.Find(); err != nil {
		return "", err
	}
	n, _, err := module.Call(library, uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)))
	if n == 0 {
		return "", err
	}
	return syscall.UTF16ToString(name[:n]), nil
}
