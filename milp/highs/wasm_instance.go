package highs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// wasmInstance is one instance of the build, with its own memory and at most
// one HiGHS object.
type wasmInstance struct {
	build     *wasmBuild
	module    api.Module
	memory    api.Memory
	functions map[string]api.Function // exports that were called before, by C name
	version   string                  // of HiGHS
	object    uint32                  // address of the HiGHS object, 0 for none
	pointer   uint32                  // of the callback in the function table, 0 for none
	listener  func(event) bool
	cancelled time.Time   // time of the first clock read after the context ended; zero before
	reason    error       // of the end of the instance
	full      bool        // the memory reached its limit
	dead      bool        // the instance has ended
	limit     uint64      // of the memory in bytes, 0 for none but maxMemory
	left      atomic.Bool // a call was left behind; it ends when it next calls the host
}

// instanceKey is the context key of the running instance, for host functions.
type instanceKey struct{}

// maxMemory is the limit of the build's memory in bytes.
const maxMemory = 2 << 30

// instance returns an idle or new instance with a new HiGHS object and without
// a limit of its memory.
func (b *wasmBuild) instance() (*wasmInstance, error) { return b.limited(0) }

// limited returns an idle or new instance with a new HiGHS object, whose memory
// may grow to limit bytes. A limit of 0 is none; one below the size of a new
// instance forbids any growth.
func (b *wasmBuild) limited(limit int64) (_ *wasmInstance, err error) {
	w := b.takeIdle(limit)
	if w == nil {
		if w, err = b.start(); err != nil {
			return nil, err
		}
	}
	object, err := w.raw(context.Background(), "Highs_create")
	if err != nil {
		w.close()
		return nil, err
	}
	w.object, w.limit = uint32(object), uint64(max(limit, 0))
	at, err := w.raw(context.Background(), "Highs_version")
	if err != nil {
		w.close()
		return nil, err
	}
	w.version = w.text(uint32(at))
	return w, nil
}

// takeIdle returns an idle instance within the limit, or nil. An instance never
// shrinks.
func (b *wasmBuild) takeIdle(limit int64) *wasmInstance {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range slices.Backward(b.idle) {
		if limit <= 0 || int64(w.memory.Size()) <= limit {
			b.idle = slices.Delete(b.idle, i, i+1)
			return w
		}
	}
	return nil
}

// start creates an instance and runs its static constructors.
func (b *wasmBuild) start() (*wasmInstance, error) {
	w := &wasmInstance{build: b, functions: make(map[string]api.Function)}
	ctx := context.WithValue(context.Background(), instanceKey{}, w)
	// WithStartFunctions without arguments prevents a call of _start, which the
	// build lacks.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	var err error
	if w.module, err = b.runtime.InstantiateModule(ctx, b.compiled, config); err != nil {
		return nil, fmt.Errorf("starting HiGHS: %w", err)
	}
	w.memory = w.module.ExportedMemory(b.names.memory)
	if _, err := w.module.ExportedFunction(b.names.construct).Call(ctx); err != nil {
		w.module.Close(ctx)
		return nil, fmt.Errorf("starting HiGHS: %w", err)
	}
	return w, nil
}

// raw calls an export with arguments in WebAssembly's form. An error ends the
// instance; if ctx ended or the instance stored a reason, the error is that
// one.
func (w *wasmInstance) raw(ctx context.Context, function string, args ...uint64) (uint64, error) {
	if w.left.Load() {
		return 0, fmt.Errorf("%s: %w in an earlier call", function, ErrAbandoned)
	}
	if w.dead {
		return 0, errors.New("the instance of HiGHS has ended")
	}
	f := w.functions[function]
	if f == nil {
		export, ok := w.build.names.functions[function]
		if !ok {
			return 0, fmt.Errorf("%s has no %s", w.name(), function)
		}
		f = w.module.ExportedFunction(export)
		w.functions[function] = f
	}
	// The state of the previous call must not influence this one.
	w.cancelled, w.full = time.Time{}, false
	result, err := f.Call(context.WithValue(ctx, instanceKey{}, w), args...)
	if err != nil {
		// A trapped instance has undefined memory and must not run again.
		w.dead = true
		switch {
		// The end of the context explains more than a stored reason, and both
		// more than wazero's error.
		case ctx.Err() != nil:
			err = ctx.Err()
		case w.reason != nil:
			err = w.reason
		}
		return 0, fmt.Errorf("%s: %w", function, err)
	}
	if len(result) == 0 {
		return 0, nil
	}
	return result[0], nil
}

// call implements [port]. Arrays and strings of one call share one allocation
// inside the instance. Numbers are passed on the stack.
func (w *wasmInstance) call(ctx context.Context, function string, args ...any) (int32, error) {
	size := uint64(0)
	for _, a := range args {
		size += aligned(sizeOf(a))
	}
	// The check also protects the 32-bit addresses below from overflow.
	if size > maxMemory {
		return 0, fmt.Errorf("%s: arguments of %d bytes exceed the 2 GiB of the WebAssembly build; "+
			"install the native library", function, size)
	}
	var block uint32
	if size > 0 {
		p, err := w.raw(context.Background(), "malloc", size)
		if err != nil {
			return 0, err
		}
		if block = uint32(p); block == 0 {
			return 0, fmt.Errorf("%s: the memory has no room for %d bytes of arguments", function, size)
		}
	}
	var (
		stack = append(make([]uint64, 0, len(args)+1), uint64(w.object))
		at    = block
	)
	for _, a := range args {
		switch a := a.(type) {
		case int32:
			stack = append(stack, api.EncodeI32(a))
			continue
		case float64:
			stack = append(stack, api.EncodeF64(a))
			continue
		}
		// An empty array is the null pointer, as in C.
		if sizeOf(a) == 0 {
			stack = append(stack, 0)
			continue
		}
		stack = append(stack, uint64(at))
		w.put(at, a)
		at += uint32(aligned(sizeOf(a)))
	}
	// Memory may be reallocated during the call, so put and get read its
	// address each time.
	result, err := w.raw(ctx, function, stack...)
	if err != nil {
		return 0, err
	}
	// The output arguments are at the same addresses as before the call.
	at = block
	for _, a := range args {
		w.get(at, a)
		at += uint32(aligned(sizeOf(a)))
	}
	if block != 0 {
		if _, err := w.raw(context.Background(), "free", uint64(block)); err != nil {
			return 0, err
		}
	}
	return api.DecodeI32(result), nil
}

// aligned rounds up to a multiple of 8, the alignment of float64.
func aligned(n uint64) uint64 { return (n + 7) &^ 7 }

// sizeOf returns the number of bytes that an argument of call needs inside the
// instance.
func sizeOf(arg any) uint64 {
	switch a := arg.(type) {
	case string:
		return uint64(len(a)) + 1
	case []int32:
		return 4 * uint64(len(a))
	case []float64:
		return 8 * uint64(len(a))
	case fill:
		return 8 * uint64(len(a))
	case *int32, *int64, *float64:
		return 8
	}
	return 0
}

// put copies an argument into the instance. The address range was allocated for
// it and is therefore valid.
func (w *wasmInstance) put(at uint32, arg any) {
	to, _ := w.memory.Read(at, uint32(sizeOf(arg)))
	switch a := arg.(type) {
	case string:
		to[copy(to, a)] = 0
	case []int32:
		for i, v := range a {
			binary.LittleEndian.PutUint32(to[4*i:], uint32(v))
		}
	case []float64:
		for i, v := range a {
			binary.LittleEndian.PutUint64(to[8*i:], math.Float64bits(v))
		}
	}
}

// get copies HiGHS's output out of the instance.
func (w *wasmInstance) get(at uint32, arg any) {
	switch arg.(type) {
	case fill, *int32, *int64, *float64:
	default:
		return
	}
	from, _ := w.memory.Read(at, uint32(sizeOf(arg)))
	switch a := arg.(type) {
	case fill:
		for i := range a {
			a[i] = math.Float64frombits(binary.LittleEndian.Uint64(from[8*i:]))
		}
	case *int32:
		*a = int32(binary.LittleEndian.Uint32(from))
	case *int64:
		*a = int64(binary.LittleEndian.Uint64(from))
	case *float64:
		*a = math.Float64frombits(binary.LittleEndian.Uint64(from))
	}
}

// alive implements [port].
func (w *wasmInstance) alive() bool { return !w.left.Load() && !w.dead }

// limitsMemory implements [memoryLimiter].
func (w *wasmInstance) limitsMemory() {}

// leave implements [port].
func (w *wasmInstance) leave(returned <-chan struct{}) {
	w.left.Store(true)
	go func() {
		<-returned
		w.module.Close(context.Background())
	}()
}

// useThreads implements [port]; the build has no threads.
func (w *wasmInstance) useThreads(int) int { return 1 }

// name implements [port].
func (w *wasmInstance) name() string {
	return fmt.Sprintf("HiGHS %s, WebAssembly (npm %s)", w.version, npmVersion)
}

// checksum implements [port]. Only one build is accepted, see readBuild.
func (w *wasmInstance) checksum() (string, error) { return wasmSHA256, nil }

// close implements [port]. It destroys the HiGHS object and keeps the instance
// for the next user, because creating an instance and growing its memory takes
// longer than creating an object.
func (w *wasmInstance) close() {
	if w.left.Load() || w.module == nil {
		return
	}
	if !w.dead && w.object != 0 {
		w.raw(context.Background(), "Highs_destroy", uint64(w.object))
	}
	w.object, w.listener, w.limit = 0, nil, 0
	b := w.build
	b.mu.Lock()
	// One idle instance per core is enough for one solve per core.
	keep := !w.dead && w.memory.Size() <= keepIdleMemory && len(b.idle) < runtime.GOMAXPROCS(0)
	if keep {
		b.idle = append(b.idle, w)
	}
	b.mu.Unlock()
	if !keep {
		w.module.Close(context.Background())
		w.module, w.dead = nil, true
	}
}
