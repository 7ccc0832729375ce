package highs

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// endInstance ends the running instance from inside a host function. wazero recovers the panic and
// makes it the error of the call that was running; the reason is kept apart because wazero's error
// is mostly a stack trace.
func endInstance(ctx context.Context, how string) {
	w, ok := ctx.Value(instanceKey{}).(*wasmInstance)
	if ok && w.full {
		how += ", because its memory of at most 2 GiB is full"
	}
	err := fmt.Errorf("HiGHS ended itself: %s", how)
	if ok {
		w.reason = err
	}
	panic(err)
}

// hostFunctions are the functions of the C library and of Emscripten that the build imports, under
// their C names without leading underscores. Models and solutions go through memory, so files do
// not exist and the environment is empty.
func hostFunctions() map[string]api.GoModuleFunc {
	epoch := time.Now()
	const notSupported = 52 // ENOSYS of WASI

	end := func(how string) api.GoModuleFunc {
		return func(ctx context.Context, _ api.Module, _ []uint64) { endInstance(ctx, how) }
	}
	exit := func(ctx context.Context, _ api.Module, stack []uint64) {
		endInstance(ctx, fmt.Sprintf("exit %d", api.DecodeI32(stack[0])))
	}
	refuse := func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = notSupported }
	nothing := func(_ context.Context, _ api.Module, stack []uint64) {
		if len(stack) > 0 {
			stack[0] = 0
		}
	}
	return map[string]api.GoModuleFunc{
		"cxa_throw": end("a C++ exception that nobody catches"),
		"abort_js":  end("abort"),
		"exit":      exit,
		"proc_exit": exit,

		"syscall_openat":  negative(notSupported),
		"syscall_fcntl64": negative(notSupported),
		"syscall_ioctl":   negative(notSupported),
		"fd_read":         refuse,
		"fd_close":        refuse,
		"fd_seek":         refuse,
		"fd_write":        discard,

		"emscripten_runtime_keepalive_clear": nothing,
		"setitimer_js":                       nothing,
		"tzset_js":                           nothing, // leaves the zone at its zero value, UTC

		"environ_get":       nothing,
		"environ_sizes_get": noEnvironment,

		"emscripten_get_now": func(ctx context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(float64(clock(ctx, time.Since(epoch))) / 1e6)
		},
		"emscripten_date_now": func(ctx context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(float64(clock(ctx, time.Duration(time.Now().UnixNano()))) / 1e6)
		},
		"clock_time_get": func(ctx context.Context, m api.Module, stack []uint64) {
			now := time.Since(epoch)
			if stack[0] == 0 { // the wall clock; every other one counts from an arbitrary moment
				now = time.Duration(time.Now().UnixNano())
			}
			m.Memory().WriteUint64Le(uint32(stack[2]), uint64(clock(ctx, now)))
			stack[0] = 0
		},
		"emscripten_resize_heap": resize,
	}
}

// The clock is how a solve is cancelled. HiGHS reads it all the time, also deep inside presolve and
// the root relaxation where no callback is made, to see whether its time limit has passed. Once the
// context has ended, the clock is a century ahead and HiGHS stops by itself, in order and with the
// instance intact. wazero's own way, a check in every loop of the compiled code, makes every solve
// four times slower and destroys the instance.
//
// An instance that goes on all the same is ended after a grace period.
const (
	century     = 100 * 365 * 24 * time.Hour
	gracePeriod = 500 * time.Millisecond
)

// clock returns the time that HiGHS is told.
func clock(ctx context.Context, now time.Duration) time.Duration {
	if ctx.Err() == nil {
		return now
	}
	w, ok := ctx.Value(instanceKey{}).(*wasmInstance)
	if !ok {
		return now
	}
	if w.cancelled.IsZero() {
		w.cancelled = time.Now()
	} else if time.Since(w.cancelled) > gracePeriod {
		endInstance(ctx, "cancelled, and it did not stop in time")
	}
	return now + century
}

// negative answers a system call with a negative error number, as Linux does.
func negative(code int32) api.GoModuleFunc {
	return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = api.EncodeI32(-code) }
}

// discard implements fd_write: the log arrives through HiGHS's callback, what is printed past it
// has no reader.
func discard(_ context.Context, m api.Module, stack []uint64) {
	memory, list, count, written := m.Memory(), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	total := uint32(0)
	for i := range count {
		size, _ := memory.ReadUint32Le(list + 8*i + 4)
		total += size
	}
	memory.WriteUint32Le(written, total)
	stack[0] = 0
}

func noEnvironment(_ context.Context, m api.Module, stack []uint64) {
	m.Memory().WriteUint32Le(uint32(stack[0]), 0)
	m.Memory().WriteUint32Le(uint32(stack[1]), 0)
	stack[0] = 0
}

// resize implements emscripten_resize_heap: it grows the memory to at least the size asked for,
// by a fifth at least, because growing copies. It answers 1, or 0 where the build's limit is reached.
func resize(ctx context.Context, m api.Module, stack []uint64) {
	const page = 1 << 16
	memory := m.Memory()
	have, want := uint64(memory.Size()), uint64(uint32(stack[0]))
	for _, size := range []uint64{max(want, have+have/5), want} {
		if size <= have {
			stack[0] = 1
			return
		}
		if _, ok := memory.Grow(uint32((size - have + page - 1) / page)); ok {
			stack[0] = 1
			return
		}
	}
	if w, ok := ctx.Value(instanceKey{}).(*wasmInstance); ok {
		w.full = true
	}
	stack[0] = 0
}

// hook is a WebAssembly module that puts the host function env.callback into the function table
// of HiGHS, where C code can call it through a pointer; wazero offers no other way to do that.
// The exported function "install" returns the pointer. In text form:
//
//	(module
//	  (type $callback (func (param i32 i32 i32 i32 i32)))
//	  (type $install (func (result i32)))
//	  (import "env" "callback" (func $f (type $callback)))
//	  (import "highs" TABLE (table 1 funcref))
//	  (func (export "install") (type $install) ref.func $f  i32.const 1  table.grow 0)
//	  (elem declare func $f))
func hook(table string) []byte {
	str := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	section := func(id byte, parts ...[]byte) []byte {
		var body []byte
		for _, p := range parts {
			body = append(body, p...)
		}
		return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
	}
	const i32, function, funcref = 0x7f, 0x60, 0x70
	var out []byte
	for _, part := range [][]byte{
		{0, 'a', 's', 'm', 1, 0, 0, 0},
		section(1, []byte{2, function, 5, i32, i32, i32, i32, i32, 0, function, 0, 1, i32}),
		section(2, []byte{2},
			str("env"), str("callback"), []byte{0, 0},
			str("highs"), str(table), []byte{1, funcref, 0, 1}),
		section(3, []byte{1, 1}),
		section(7, []byte{1}, str("install"), []byte{0, 1}),
		section(9, []byte{1, 3, 0, 1, 0}),
		section(10, []byte{1, 9, 0, 0xd2, 0, 0x41, 1, 0xfc, 15, 0, 0x0b}),
	} {
		out = append(out, part...)
	}
	return out
}
