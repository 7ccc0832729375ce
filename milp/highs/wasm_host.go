package highs

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// endInstance ends the running instance from inside a host function. wazero
// recovers the panic and returns it as the error of the running call. The
// reason is stored as well, because wazero's error mostly consists of a stack
// trace.
func endInstance(ctx context.Context, how string) {
	w, ok := ctx.Value(instanceKey{}).(*wasmInstance)
	err := fmt.Errorf("HiGHS ended itself: %s", how)
	if ok && w.full {
		err = fmt.Errorf("%w: HiGHS ended itself: %s, because its memory of at most 2 GiB is full", errMemory, how)
	}
	if ok {
		w.reason = err
	}
	panic(err)
}

// hostFunctions returns the functions of the C library and of Emscripten that
// the build imports, by their C names without leading underscores. Models and
// solutions are passed in memory, so no files exist and the environment is
// empty.
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
		// Functions that end the program end the instance instead of the Go
		// process.
		"cxa_throw": end("an uncaught C++ exception"),
		"abort_js":  end("abort"),
		"exit":      exit,
		"proc_exit": exit,

		// Files: HiGHS opens none, because models, options and the log go
		// through memory.
		"syscall_openat":  negative(notSupported),
		"syscall_fcntl64": negative(notSupported),
		"syscall_ioctl":   negative(notSupported),
		"fd_read":         refuse,
		"fd_close":        refuse,
		"fd_seek":         refuse,
		"fd_write":        discard,

		// Functions that may do nothing.
		"emscripten_runtime_keepalive_clear": nothing,
		"setitimer_js":                       nothing,
		"tzset_js":                           nothing, // the time zone stays at its zero value, UTC

		// An empty environment.
		"environ_get":       nothing,
		"environ_sizes_get": noEnvironment,

		// Clocks. HiGHS compares them with its time limit; see clock.
		"emscripten_get_now": func(ctx context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(float64(clock(ctx, time.Since(epoch))) / 1e6)
		},
		"emscripten_date_now": func(ctx context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(float64(clock(ctx, time.Duration(time.Now().UnixNano()))) / 1e6)
		},
		"clock_time_get": func(ctx context.Context, m api.Module, stack []uint64) {
			now := time.Since(epoch)
			if stack[0] == 0 { // the wall clock; all other clocks have an arbitrary origin
				now = time.Duration(time.Now().UnixNano())
			}
			m.Memory().WriteUint64Le(uint32(stack[2]), uint64(clock(ctx, now)))
			stack[0] = 0
		},
		"emscripten_resize_heap": resize,
	}
}

// A solve is cancelled through the clock. HiGHS reads it frequently to compare
// with its time limit, also in presolve and the root relaxation, which make no
// callbacks. After the end of the context the clock is a century ahead, HiGHS
// stops regularly and the instance stays intact. The alternative, wazero's
// check in every loop of the compiled code, makes a solve four times slower and
// destroys the instance.
//
// An instance that continues for gracePeriod is ended, and one whose call was
// left behind when it next reads the clock.
const century = 100 * 365 * 24 * time.Hour

// clock returns the time that HiGHS reads instead of now.
func clock(ctx context.Context, now time.Duration) time.Duration {
	endIfLeft(ctx)
	if ctx.Err() == nil {
		return now
	}
	w, ok := ctx.Value(instanceKey{}).(*wasmInstance)
	if !ok {
		return now
	}
	if w.cancelled.IsZero() { // the first read after the end of the context
		w.cancelled = time.Now()
	} else if time.Since(w.cancelled) > gracePeriod {
		endInstance(ctx, "cancelled, and it did not stop in time")
	}
	return now + century
}

// endIfLeft ends an instance whose call was left behind.
func endIfLeft(ctx context.Context) {
	if w, ok := ctx.Value(instanceKey{}).(*wasmInstance); ok && w.left.Load() {
		endInstance(ctx, "left behind")
	}
}

// negative returns a system call that fails with a negative error number, as in
// Linux.
func negative(code int32) api.GoModuleFunc {
	return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = api.EncodeI32(-code) }
}

// discard implements fd_write and reports all bytes as written. The log arrives
// through HiGHS's callback, so that this output is not needed.
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

// noEnvironment implements environ_sizes_get with zero variables.
func noEnvironment(_ context.Context, m api.Module, stack []uint64) {
	m.Memory().WriteUint32Le(uint32(stack[0]), 0)
	m.Memory().WriteUint32Le(uint32(stack[1]), 0)
	stack[0] = 0
}

// resize implements emscripten_resize_heap. It grows the memory to the
// requested size, or by a fifth if that is more, because each growth copies the
// memory. It returns 1, or 0 if the build's limit is reached. At the caller's
// limit it ends the instance.
func resize(ctx context.Context, m api.Module, stack []uint64) {
	const page = 1 << 16
	endIfLeft(ctx)
	memory := m.Memory()
	have, want := uint64(memory.Size()), uint64(uint32(stack[0]))
	more := max(want, have+have/5)
	w, ok := ctx.Value(instanceKey{}).(*wasmInstance)
	if ok && w.limit > 0 {
		if want > max(w.limit, have) {
			// HiGHS would end itself after a failed allocation, with less of a
			// reason.
			w.reason = fmt.Errorf("%w: HiGHS needs more than %d bytes", errMemory, w.limit)
			panic(w.reason)
		}
		more = min(more, max(w.limit, want))
	}
	// If the larger size exceeds the limit, the requested size may still fit.
	for _, size := range []uint64{more, want} {
		if size <= have {
			stack[0] = 1
			return
		}
		if _, ok := memory.Grow(uint32((size - have + page - 1) / page)); ok {
			stack[0] = 1
			return
		}
	}
	if ok {
		w.full = true
	}
	stack[0] = 0
}

// hook returns a WebAssembly module that adds the host function env.callback to
// the function table of HiGHS, so that C code can call it through a pointer.
// wazero has no function for this. The exported function "install" returns the
// pointer. In text form:
//
//	(module
//	  (type $callback (func (param i32 i32 i32 i32 i32)))
//	  (type $install (func (result i32)))
//	  (import "env" "callback" (func $f (type $callback)))
//	  (import "highs" TABLE (table 1 funcref))
//	  (func (export "install") (type $install) ref.func $f  i32.const 1  table.grow 0)
//	  (elem declare func $f))
//
// The section numbers in the code are those of the WebAssembly specification: 1
// types, 2 imports, 3 functions, 7 exports, 9 elements, 10 code.
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
