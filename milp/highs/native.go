//go:build (darwin || linux || windows || (cgo && (freebsd || netbsd))) && (amd64 || arm64 || loong64 || riscv64) && !android && !ios && !nonative

package highs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/trigrid/trigrid/internal/faults"
)

// nativeLibrary is a loaded shared library with the entry points that this
// package calls. functions holds the functions that take a HiGHS object and
// return a status.
type nativeLibrary struct {
	path      string
	create    func() uintptr
	destroy   func(object uintptr)
	version   func() string
	item      func(data uintptr, name string) unsafe.Pointer // reads one item of callback data
	reset     func(blocking int32)                           // ends HiGHS's worker threads
	functions map[string]func(args ...any) int32
	checksum  func() (string, error) // reads the file at the first call
}

// nativeLibraries holds one library per value of HIGHS_LIBRARY. A failure is
// kept as well: a search by the loader takes longer than a small solve.
var nativeLibraries shared[*nativeLibrary]

// native returns the library of HIGHS_LIBRARY, or the first one that the loader
// finds.
func native() (*nativeLibrary, error) {
	wanted := os.Getenv("HIGHS_LIBRARY")
	return nativeLibraries.get(wanted, func() (*nativeLibrary, error) { return loadNative(wanted) })
}

// forgetMissing drops a failed search for the library of HIGHS_LIBRARY, so that
// the next one calls the loader again. A loaded library stays.
func forgetMissing() {
	if _, err := native(); err != nil {
		nativeLibraries.forget(os.Getenv("HIGHS_LIBRARY"))
	}
}

// nativePath returns the file name under which the loader found the library, or
// "".
func nativePath() string {
	library, err := native()
	if err != nil {
		return ""
	}
	return library.path
}

// openNative returns a new HiGHS object of the machine's library.
func openNative() (port, error) {
	library, err := native()
	if err != nil {
		return nil, err
	}
	return library.object(), nil
}

// candidates returns the file names under which the loader searches for HiGHS,
// in order.
func candidates(wanted string) []string {
	switch {
	case wanted != "":
		return []string{wanted}
	case runtime.GOOS == "windows":
		return []string{"highs.dll", "libhighs.dll"}
	case runtime.GOOS == "darwin":
		// Homebrew's folders are not on the loader's path.
		return []string{
			"libhighs.1.dylib", "libhighs.dylib",
			"/opt/homebrew/lib/libhighs.dylib", "/usr/local/lib/libhighs.dylib",
		}
	}
	return []string{"libhighs.so.1", "libhighs.so"}
}

// loadNative returns the first candidate that loads, has all functions and
// passes trust.
func loadNative(wanted string) (*nativeLibrary, error) {
	var attempts faults.List
	for _, path := range candidates(wanted) {
		handle, err := loadLibrary(path)
		if err != nil {
			if strings.HasPrefix(err.Error(), path) { // loaders of most systems name the file
				attempts.Add(err)
			} else {
				attempts.Addf("%s: %w", path, err)
			}
			continue
		}
		library, err := bind(path, handle)
		if err == nil {
			err = library.trust()
		}
		if err != nil {
			attempts.Addf("%s: %w", path, err)
			continue
		}
		return library, nil
	}
	return nil, attempts.Err()
}

// bind finds the entry points of a loaded library and reports all that are
// missing.
func bind(path string, handle uintptr) (*nativeLibrary, error) {
	var (
		l       = &nativeLibrary{path: path, functions: make(map[string]func(...any) int32)}
		missing faults.List
	)
	register := func(name string, to any) {
		address, err := symbol(handle, name)
		if err != nil {
			missing.Add(err)
			return
		}
		purego.RegisterFunc(to, address)
	}
	l.checksum = sync.OnceValues(func() (string, error) {
		address, err := symbol(handle, "Highs_create")
		if err != nil {
			return "", err
		}
		file, err := fileOf(handle, address)
		if err != nil {
			return "", err
		}
		return fileSum(file)
	})
	register("Highs_create", &l.create)
	register("Highs_destroy", &l.destroy)
	register("Highs_version", &l.version)
	register("Highs_getCallbackDataOutItem", &l.item)
	register("Highs_resetGlobalScheduler", &l.reset)
	for _, name := range append(required[:], "Highs_getSizeofHighsInt") {
		var f func(args ...any) int32
		register(name, &f)
		l.functions[name] = f
	}
	return l, missing.Err()
}

// trust rejects a library with integers of another size than this package
// passes, and one that fails presolveTrap. The test takes a few milliseconds
// and does not rely on a version number.
func (l *nativeLibrary) trust() error {
	p := l.object()
	defer p.close()
	if size, _ := p.call(context.Background(), "Highs_getSizeofHighsInt"); size != 4 {
		return fmt.Errorf("HiGHS %s has integers of %d bytes; install a build with 4 bytes", l.version(), size)
	}
	return presolveTrap(object{p})
}

// object returns a new HiGHS object.
func (l *nativeLibrary) object() *nativeObject {
	return &nativeObject{library: l, object: l.create()}
}

// nativeObject is a HiGHS object of a shared library.
type nativeObject struct {
	library *nativeLibrary
	object  uintptr
	id      uintptr // of the listener, 0 for none
	threads int
	left    atomic.Bool // a call was left behind
}

// call implements [port]. A solve ends through callbacks, so call does not use
// ctx.
func (o *nativeObject) call(_ context.Context, function string, args ...any) (int32, error) {
	if o.left.Load() {
		return 0, fmt.Errorf("%s: %w in an earlier call", function, ErrAbandoned)
	}
	f := o.library.functions[function]
	if f == nil {
		return 0, fmt.Errorf("%s has no %s", o.name(), function)
	}
	if function == "Highs_run" && o.threads > 1 {
		// HiGHS keeps its worker threads in a thread-local variable of its
		// caller and refuses to change their number. A goroutine can move to
		// another thread, so it is locked to one. The reset before the run
		// allows another number, the reset after it ends the workers.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		o.library.reset(1)
		defer o.library.reset(1)
	}
	// The HiGHS object is the first argument of every function in functions.
	all := make([]any, 0, len(args)+1)
	return f(append(append(all, o.object), args...)...), nil
}

// alive implements [port].
func (o *nativeObject) alive() bool { return !o.left.Load() && o.object != 0 }

// leave implements [port]. The listener stays until the call returns, because
// it interrupts HiGHS.
func (o *nativeObject) leave(returned <-chan struct{}) {
	o.left.Store(true)
	go func() {
		<-returned
		o.release()
	}()
}

// useThreads implements [port].
func (o *nativeObject) useThreads(n int) int {
	o.threads = n
	return n
}

// name implements [port].
func (o *nativeObject) name() string {
	return fmt.Sprintf("HiGHS %s, native", o.library.version())
}

// checksum implements [port].
func (o *nativeObject) checksum() (string, error) { return o.library.checksum() }

// close implements [port].
func (o *nativeObject) close() {
	// Closing twice must not free the object twice.
	if o.alive() {
		o.release()
	}
}

// release frees the object and removes its listener.
func (o *nativeObject) release() {
	listeners.Delete(o.id)
	o.library.destroy(o.object)
	o.id, o.object = 0, 0
}

// purego never frees a C function pointer. The process therefore has one, and
// the user data that HiGHS passes back identifies the listener.
var (
	nativeCallback = sync.OnceValue(func() uintptr { return purego.NewCallback(onNativeCallback) })
	listeners      sync.Map // uintptr → *nativeListener
	lastListener   atomic.Uintptr
)

// nativeListener is a listener with the library that decodes its events.
type nativeListener struct {
	library *nativeLibrary
	f       func(event) bool
}

// listen implements [port].
func (o *nativeObject) listen(f func(event) bool) error {
	if o.id != 0 {
		listeners.Delete(o.id)
		o.id = 0
	}
	if f == nil {
		return nil
	}
	o.id = lastListener.Add(1)
	listeners.Store(o.id, &nativeListener{o.library, f})
	status, err := o.call(context.Background(), "Highs_setCallback", nativeCallback(), o.id)
	if err == nil && status < 0 {
		err = errors.New("Highs_setCallback refused")
	}
	return err
}

// onNativeCallback is called by HiGHS, on the thread that runs the solve. The
// pointers are valid during the call only.
func onNativeCallback(kind int32, message *byte, dataOut uintptr, dataIn *int32, id uintptr) uintptr {
	// A late callback may arrive after its listener was removed.
	found, ok := listeners.Load(id)
	if !ok {
		return 0
	}
	l := found.(*nativeListener)
	e := event{
		kind:    kind,
		message: func() string { return goString(message) },
		float: func(item string) float64 {
			if p := l.library.item(dataOut, item); p != nil {
				return *(*float64)(p)
			}
			return math.NaN()
		},
		integer: func(item string) int64 {
			if p := l.library.item(dataOut, item); p != nil {
				return *(*int64)(p)
			}
			return 0
		},
	}
	if l.f(e) && dataIn != nil {
		*dataIn = 1 // user_interrupt, the first member of the structure
	}
	return 0
}

// goString copies a NUL-terminated string.
func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
