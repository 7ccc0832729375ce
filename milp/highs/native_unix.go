//go:build (darwin || linux || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64) && !android && !ios && !nonative

package highs

import (
	"fmt"
	"path/filepath"
	"unsafe"

	"github.com/ebitengine/purego"
)

// loadLibrary loads a library by file name. Its symbols stay local, so that a
// second version of HiGHS in the process does not collide.
func loadLibrary(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// symbol returns the address of a function.
func symbol(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }

// fileOf returns the file of the loaded library that has a function at an
// address. The name given to the loader is not enough, because the loader
// searches several folders.
func fileOf(_, address uintptr) (string, error) {
	var (
		// info is the Dl_info of dlfcn.h.
		info struct {
			file   *byte
			base   uintptr
			symbol *byte
			nearby uintptr
		}
		dladdr func(address uintptr, info unsafe.Pointer) int32
	)
	found, err := purego.Dlsym(purego.RTLD_DEFAULT, "dladdr")
	if err != nil {
		return "", err
	}
	purego.RegisterFunc(&dladdr, found)
	status := dladdr(address, unsafe.Pointer(&info))
	if status == 0 || info.file == nil {
		return "", fmt.Errorf("the loader has no file for address %#x", address)
	}
	return filepath.EvalSymlinks(goString(info.file))
}
