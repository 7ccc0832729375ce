package highs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// wasmInstance is one instance of the build: a memory of its own and at most one HiGHS object.
type wasmInstance struct {
	build     *wasmBuild
	module    api.Module
	memory    api.Memory
	functions map[string]api.Function
	object    uint32 // the HiGHS object
	pointer   uint32 // of the callback in the function table
	listener  func(event) bool
	cancelled time.Time // when the running call was first seen to be cancelled
	reason    error     // why the instance ended itself
	full      bool      // more memory was asked for than there can be
	dead      bool
}

type instanceKey struct{}

const maxMemory = 2 << 30 // bytes, a limit of the build

// instance returns an instance with a fresh HiGHS object.
func (b *wasmBuild) instance() (_ *wasmInstance, err error) {
	b.mu.Lock()
	var w *wasmInstance
	if n := len(b.idle); n > 0 {
		w, b.idle = b.idle[n-1], b.idle[:n-1]
	}
	b.mu.Unlock()
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
	w.object = uint32(object)
	return w, nil
}

func (b *wasmBuild) start() (*wasmInstance, error) {
	w := &wasmInstance{build: b, functions: make(map[string]api.Function)}
	ctx := context.WithValue(context.Background(), instanceKey{}, w)
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

// raw calls an export with arguments as WebAssembly takes them.
func (w *wasmInstance) raw(ctx context.Context, function string, args ...uint64) (uint64, error) {
	if w.dead {
		return 0, errors.New("this instance of HiGHS has ended")
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
	w.cancelled, w.full = time.Time{}, false
	result, err := f.Call(context.WithValue(ctx, instanceKey{}, w), args...)
	if err != nil {
		w.dead = true
		switch {
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

// call implements [port]. Arrays and strings of one call share one allocation inside the instance.
func (w *wasmInstance) call(ctx context.Context, function string, args ...any) (int32, error) {
	size := uint64(0)
	for _, a := range args {
		size += aligned(sizeOf(a))
	}
	if size > maxMemory {
		return 0, fmt.Errorf("%s: arguments of %d bytes do not fit into the 2 GiB of the WebAssembly build", function, size)
	}
	var block uint32
	if size > 0 {
		p, err := w.raw(context.Background(), "malloc", size)
		if err != nil {
			return 0, err
		}
		if block = uint32(p); block == 0 {
			return 0, fmt.Errorf("%s: no memory for %d bytes of arguments", function, size)
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
		if sizeOf(a) == 0 {
			stack = append(stack, 0)
			continue
		}
		stack = append(stack, uint64(at))
		w.put(at, a)
		at += uint32(aligned(sizeOf(a)))
	}
	result, err := w.raw(ctx, function, stack...)
	if err != nil {
		return 0, err
	}
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

func aligned(n uint64) uint64 { return (n + 7) &^ 7 }

// sizeOf returns the bytes that an argument of call needs inside the instance.
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

// put copies an argument into the instance. The memory was allocated for it, so it is in range.
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

// get copies what HiGHS wrote out of the instance.
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
func (w *wasmInstance) alive() bool { return !w.dead }

// useThreads implements [port]; the build has no threads.
func (w *wasmInstance) useThreads(int) int { return 1 }

// name implements [port].
func (w *wasmInstance) name() string {
	version := "of unknown version"
	if at, err := w.raw(context.Background(), "Highs_version"); err == nil {
		version = w.text(uint32(at))
	}
	return fmt.Sprintf("HiGHS %s, WebAssembly (npm %s)", version, npmVersion)
}

// close implements [port]. The HiGHS object is destroyed; the instance stays for the next user,
// because starting one and growing its memory costs more than the object.
func (w *wasmInstance) close() {
	if w.module == nil {
		return
	}
	if !w.dead && w.object != 0 {
		w.raw(context.Background(), "Highs_destroy", uint64(w.object))
	}
	w.object, w.listener = 0, nil
	b := w.build
	b.mu.Lock()
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
