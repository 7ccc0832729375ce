package highs

import "context"

// port is one HiGHS object behind one of the two backends. Everything this package says to HiGHS
// goes through call, so that the C API is written down once, in object.go, and the backends
// differ only in how they pass arguments.
//
// A port belongs to one goroutine at a time.
type port interface {
	// call calls a function of the C API with the HiGHS object as its first argument and returns
	// what the function returns. Arguments are
	//
	//	int32, float64, string      passed by value
	//	[]int32, []float64          arrays that HiGHS reads; nil is the null pointer
	//	*int32, *int64, *float64    single numbers that HiGHS writes
	//	fill                        arrays that HiGHS writes
	//
	// When ctx ends while HiGHS runs, HiGHS stops at its next check. An error means that the object is
	// lost: nothing but close may follow.
	call(ctx context.Context, function string, args ...any) (int32, error)

	// listen routes HiGHS's callbacks to f until the next listen; nil ends it. f returns true to
	// interrupt the solve.
	listen(f func(event) bool) error

	// alive reports whether the object can still be used.
	alive() bool

	// useThreads says how many threads the following solves should use and returns how many they
	// will.
	useThreads(n int) int

	// close gives the object back. The backend may keep what was expensive to make.
	close()

	// name says which build of HiGHS this is, "HiGHS 1.10.0 native".
	name() string
}

// fill marks an array that HiGHS writes into.
type fill []float64

// The callback types of HiGHS that this package listens to, numbered as in HighsCallbackType.
const (
	callbackLogging          = 0
	callbackSimplexInterrupt = 1
	callbackIpmInterrupt     = 2
	callbackMipImproving     = 4
	callbackMipLogging       = 5
	callbackMipInterrupt     = 6
)

// event is one callback from HiGHS. Its numbers are read on demand, because most events are
// polls for an interrupt that need none.
type event struct {
	kind    int32
	message func() string
	float   func(item string) float64 // NaN where HiGHS does not offer the item
	integer func(item string) int64   // 0 where HiGHS does not offer the item
}
