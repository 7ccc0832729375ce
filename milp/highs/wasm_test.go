package highs

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"github.com/trigrid/trigrid/milp"
)

// build returns the installed WebAssembly build, or skips the test.
func build(t *testing.T) *wasmBuild {
	t.Helper()
	folder, err := wasmFolder()
	require.NoError(t, err)
	b, err := openWasm(folder)
	if err != nil {
		t.Skip("no wasm HiGHS on this machine")
	}
	return b
}

func TestWasmRefusesAnUnknownBuild(t *testing.T) {
	build(t)
	installed, err := wasmFolder()
	require.NoError(t, err)
	for _, name := range []string{highsWasm, highsJS} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for _, file := range []string{highsWasm, highsJS} {
				content, err := os.ReadFile(filepath.Join(installed, file))
				require.NoError(t, err)
				if file == name {
					content[len(content)/2] ^= 1
				}
				require.NoError(t, os.WriteFile(filepath.Join(folder, file), content, 0o644))
			}
			t.Setenv("HIGHS_WASM", folder)
			_, err = Solver{Backend: Wasm}.Solve(t.Context(), small())
			require.ErrorContains(t, err, filepath.Join(folder, name))
			assert.ErrorContains(t, err, "sha256")
		})
	}
}

func TestWasmFailureEndsOneSolveNotTheProcess(t *testing.T) {
	b := build(t)
	for name, fail := range map[string]func(w *wasmInstance) error{
		"memory out of bounds": func(w *wasmInstance) error {
			_, err := w.raw(context.Background(), "Highs_run", 0xffff_0000)
			return err
		},
		"no such function": func(w *wasmInstance) error {
			_, err := w.raw(context.Background(), "Highs_call", 1, 1)
			w.dead = true
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := b.instance()
			require.NoError(t, err)
			require.Error(t, fail(w))
			assert.False(t, w.alive())
			_, err = w.raw(context.Background(), "Highs_create")
			require.Error(t, err, "an instance that has ended stays ended")
			w.close()
			got, err := Solver{Backend: Wasm}.Solve(t.Context(), small())
			require.NoError(t, err)
			assert.InDelta(t, 18, got.Objective, 1e-6)
		})
	}
}

func TestWasmOutOfMemoryIsAnError(t *testing.T) {
	build(t)
	folder, err := wasmFolder()
	require.NoError(t, err)
	files, err := readBuild(folder)
	require.NoError(t, err)
	limited := &wasmBuild{}
	limited.names, err = parseNames(files.js)
	require.NoError(t, err)
	const pages = 340 // of 64 KiB; the build starts with 324
	limited.runtime = wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().
		WithCompilationCache(compilationCache()).WithMemoryLimitPages(pages))
	defer limited.runtime.Close(context.Background())
	require.NoError(t, limited.compile(t.Context(), files.wasm))

	w, err := limited.instance()
	require.NoError(t, err)
	m := milp.New()
	for j := range 20_000 {
		m.Bin(milp.At("", "x", j))
	}
	for i := range 20_000 {
		m.AtMost(milp.At("", "row", i), milp.Sum(m.VarAt(i).Expr(), m.VarAt((i+1)%20_000).Expr()), milp.Const(1))
	}
	h := object{w}
	err = h.pass(m.Data())
	if err == nil {
		_, err = h.run(&watch{ctx: t.Context()})
	}
	require.Error(t, err)
	assert.ErrorContains(t, err, "its memory of at most 2 GiB is full")
	h.close()
}

// 300 arrays of 16 MB do not fit into the 4 GiB that an address of the build
// can reach, let alone into its memory. It has to be noticed although their
// size modulo 2³² is small.
func TestWasmArgumentsLargerThanItsMemoryAreAnError(t *testing.T) {
	w, err := build(t).instance()
	require.NoError(t, err)
	defer w.close()
	array := make([]float64, 2<<20)
	args := make([]any, 300)
	for i := range args {
		args[i] = array
	}
	_, err = w.call(t.Context(), "Highs_run", args...)
	require.ErrorContains(t, err, "2 GiB")
	assert.True(t, w.alive(), "nothing has happened to the instance")
}

func TestWasmInstancesAreReusedAndDoNotLeak(t *testing.T) {
	b := build(t)
	m := dayAhead(2, 1, 1)
	size := uint32(0)
	var first *wasmInstance
	for k := range 60 {
		w, err := b.instance()
		require.NoError(t, err)
		if first == nil {
			first = w
		}
		require.Same(t, first, w, "what was given back is used again")
		h := object{w}
		require.NoError(t, h.pass(m.Data()))
		_, err = h.run(&watch{ctx: t.Context()})
		require.NoError(t, err)
		if k == 20 {
			size = w.memory.Size()
		}
		if k > 20 {
			require.LessOrEqual(t, w.memory.Size(), size, "the memory has grown after %d equal solves", k)
		}
		h.close()
	}
}

func TestNamesAreReadFromTheJavaScript(t *testing.T) {
	js := `function initRuntime(){x=true;wasmExports["v"]();FS.init()}` +
		`_Highs_run=Module["_Highs_run"]=wasmExports["N"];_free=Module["_free"]=wasmExports["tc"];` +
		`memory=wasmMemory=wasmExports["u"];__indirect_function_table=wasmTable=wasmExports["sc"]` +
		`var wasmImports={a:___cxa_throw,$:_fd_write};`
	n, err := parseNames([]byte(js))
	assert.Equal(t, "N", n.functions["Highs_run"])
	assert.Equal(t, "tc", n.functions["free"])
	assert.Equal(t, map[string]string{"a": "cxa_throw", "$": "fd_write"}, n.imports)
	assert.Equal(t, []string{"u", "sc", "v"}, []string{n.memory, n.table, n.construct})
	assert.ErrorContains(t, err, "Highs_passMip", "missing functions are named")
	assert.NotContains(t, err.Error(), "Highs_run")
}
