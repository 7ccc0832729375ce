package highs

import "context"

// port is one HiGHS object of one of the two backends. All communication with
// HiGHS uses call, so that the C API appears once, in backend_object.go, and
// the backends differ only in how they pass arguments.
//
// One goroutine at a time uses a port.
type port interface {
	// call calls a function of the C API with the HiGHS object as its first
	// argument and returns the function's result. Arguments are
	//
	//	int32, float64, string      passed by value
	//	[]int32, []float64          arrays that HiGHS reads; nil is the null pointer
	//	*int32, *int64, *float64    single numbers that HiGHS writes
	//	fill                        arrays that HiGHS writes
	//
	// If ctx ends while HiGHS runs, HiGHS stops at its next check. After an
	// error the object is lost and only close may follow.
	call(ctx context.Context, function string, args ...any) (int32, error)

	// listen routes HiGHS's callbacks to f until the next call of listen; nil
	// ends it. If f returns true, HiGHS interrupts the solve.
	listen(f func(event) bool) error

	// alive reports whether the object is still usable.
	alive() bool
	// leave gives up the object while one of its calls runs on another
	// goroutine. From then on alive returns false, close does nothing and call
	// returns an error. The object is released when the running call has closed
	// returned.
	leave(returned <-chan struct{})

	// useThreads sets the number of threads of later solves and returns the
	// number that the backend will use.
	useThreads(n int) int

	// close releases the object. The backend may keep an instance for reuse.
	close()

	// name returns version and build, for example "HiGHS 1.10.0, native".
	name() string
	// checksum returns the SHA-256 of the file of the build in hexadecimal
	// digits.
	checksum() (string, error)
}

// memoryLimiter is a port that limits the memory of its object: a call that
// needs more ends with an error that wraps errMemory. The memory of other ports
// is watched from outside; see watch.
type memoryLimiter interface{ limitsMemory() }

// fill marks an array that HiGHS writes into.
type fill []float64

// Callback types of HiGHS used by this package, numbered as in
// HighsCallbackType.
const (
	callbackLogging          = 0 // a line of the log
	callbackSimplexInterrupt = 1 // poll for an interrupt, simplex method
	callbackIpmInterrupt     = 2 // poll for an interrupt, interior point method
	callbackMipImproving     = 4 // a better solution
	callbackMipLogging       = 5 // progress of branch and bound
	callbackMipInterrupt     = 6 // poll for an interrupt, branch and bound
)

// event is one callback of HiGHS. Its numbers are read on demand, because most
// events are polls for an interrupt, which need none.
type event struct {
	kind    int32
	message func() string
	float   func(item string) float64 // NaN if this version of HiGHS does not offer the item
	integer func(item string) int64   // 0 if this version of HiGHS does not offer the item
}
