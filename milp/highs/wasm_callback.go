package highs

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// listen implements [port]. The listener is on the Go side, so that a new one
// needs no new C function pointer.
func (w *wasmInstance) listen(f func(event) bool) error {
	w.listener = f
	if f == nil {
		return nil
	}
	if w.pointer == 0 {
		if err := w.hook(); err != nil {
			return err
		}
	}
	_, err := w.raw(context.Background(), "Highs_setCallback", uint64(w.object), uint64(w.pointer), 0)
	return err
}

// hook adds the host's callback to the instance's function table, once per
// instance.
func (w *wasmInstance) hook() error {
	ctx := context.WithValue(context.Background(), instanceKey{}, w)
	resolve := experimental.WithImportResolver(ctx, func(name string) api.Module {
		if name == "highs" {
			return w.module
		}
		return nil // found by wazero under its own name
	})
	// Without a name the hook can be instantiated once per instance of HiGHS.
	config := wazero.NewModuleConfig().WithName("")
	m, err := w.build.runtime.InstantiateModule(resolve, w.build.hook, config)
	if err != nil {
		return fmt.Errorf("callback hook: %w", err)
	}
	// table.grow returns the old size of the table, the index of the new entry,
	// or −1.
	pointer, err := m.ExportedFunction("install").Call(ctx)
	if err != nil || int32(pointer[0]) <= 0 {
		return fmt.Errorf("callback hook: table did not grow: %w", err)
	}
	w.pointer = uint32(pointer[0])
	return nil
}

// callback is called by HiGHS, in any instance; the context of the outer call
// holds the instance. Its parameters are the callback's type, message, data
// out, data in and user data.
func callback(ctx context.Context, _ api.Module, stack []uint64) {
	w := ctx.Value(instanceKey{}).(*wasmInstance)
	endIfLeft(ctx)
	// A session without progress and log has no listener any more, but HiGHS
	// keeps the pointer.
	if w.listener == nil {
		return
	}
	message, dataOut, dataIn := uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	e := event{
		kind:    api.DecodeI32(stack[0]),
		message: func() string { return w.text(message) },
		float: func(item string) float64 {
			if at := w.item(ctx, dataOut, item); at != 0 {
				if bits, ok := w.memory.ReadUint64Le(at); ok {
					return math.Float64frombits(bits)
				}
			}
			return math.NaN()
		},
		integer: func(item string) int64 {
			if at := w.item(ctx, dataOut, item); at != 0 {
				if v, ok := w.memory.ReadUint64Le(at); ok {
					return int64(v)
				}
			}
			return 0
		},
	}
	if w.listener(e) && dataIn != 0 {
		w.memory.WriteUint32Le(dataIn, 1) // user_interrupt, the first member of the structure
	}
}

// item returns the address of one item of a callback's data, or 0 if there is
// none. It runs inside a call of HiGHS, so it must not use the cached function
// objects of [wasmInstance.raw], which are busy.
func (w *wasmInstance) item(ctx context.Context, data uint32, item string) uint32 {
	const malloc, free = "malloc", "free"
	call := func(function string, args ...uint64) uint64 {
		result, err := w.module.ExportedFunction(w.build.names.functions[function]).Call(ctx, args...)
		if err != nil || len(result) == 0 {
			return 0
		}
		return result[0]
	}
	text := uint32(call(malloc, uint64(len(item)+1)))
	if text == 0 {
		return 0
	}
	w.put(text, item)
	at := call("Highs_getCallbackDataOutItem", uint64(data), uint64(text))
	call(free, uint64(text))
	return uint32(at)
}

// text reads a NUL-terminated string.
func (w *wasmInstance) text(at uint32) string {
	if at == 0 {
		return ""
	}
	memory, _ := w.memory.Read(at, w.memory.Size()-at)
	if end := bytes.IndexByte(memory, 0); end >= 0 {
		memory = memory[:end]
	}
	return string(memory)
}
