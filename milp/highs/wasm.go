package highs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/trigrid/trigrid/internal/faults"
)

// The only accepted build of HiGHS for WebAssembly: npm package highs, which
// contains HiGHS 1.15.1. Another build has other minified names and may behave
// differently, so it must be tested first.
const (
	npmVersion     = "1.15.3"
	tarballSHA256  = "218533577886c69023739024bb92cfc2831ba45ff1fd1fd981753c04cded9793"
	highsWasm      = "highs.wasm"
	highsJS        = "highs.js"
	wasmSHA256     = "528be4365bea1d4188988646b244263f50320df55782e14d6af5bce7cd45c840"
	jsSHA256       = "0bd23843c9795753f2276e9901eb2a1e66288547b6bcba84fa0665dc037b5c7c"
	keepIdleMemory = 64 << 20 // bytes; an instance never shrinks, a larger one is not reused
)

// wasmBuild is a compiled build with its idle instances, shared by all solvers
// of the process.
type wasmBuild struct {
	names    *names
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	hook     wazero.CompiledModule // see hook in wasm_host.go

	mu   sync.Mutex
	idle []*wasmInstance
}

// wasmBuilds holds one build per folder.
var wasmBuilds shared[*wasmBuild]

// openWasm returns the build of a folder and compiles it at first use.
func openWasm(folder string) (*wasmBuild, error) {
	build, err := wasmBuilds.get(folder, func() (*wasmBuild, error) { return compileWasm(folder) })
	if err != nil {
		wasmBuilds.forget(folder) // Install may add the missing files later
	}
	return build, err
}

// files are the two files of a build with the expected checksums.
type files struct{ wasm, js []byte }

// readBuild reads a build and verifies its checksums.
func readBuild(folder string) (f files, err error) {
	if f.wasm, err = readPinned(folder, highsWasm, wasmSHA256); err != nil {
		return files{}, err
	}
	if f.js, err = readPinned(folder, highsJS, jsSHA256); err != nil {
		return files{}, err
	}
	return f, nil
}

// compileWasm reads and compiles a build.
func compileWasm(folder string) (*wasmBuild, error) {
	f, err := readBuild(folder)
	if err != nil {
		return nil, err
	}
	b := &wasmBuild{}
	if b.names, err = parseNames(f.js); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, highsJS), err)
	}

	// Compiling takes seconds on one core; the workers divide the functions
	// among all cores.
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	config := wazero.NewRuntimeConfig()
	if cache := compilationCache(); cache != nil {
		config = config.WithCompilationCache(cache)
	}
	b.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := b.compile(ctx, f.wasm); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Join(folder, highsWasm), err), b.runtime.Close(ctx))
	}
	return b, nil
}

// compile compiles the module and provides the host functions that it imports,
// under their minified names.
func (b *wasmBuild) compile(ctx context.Context, code []byte) (err error) {
	if b.compiled, err = b.runtime.CompileModule(ctx, code); err != nil {
		return err
	}
	if b.hook, err = b.runtime.CompileModule(ctx, hook(b.names.table)); err != nil {
		return fmt.Errorf("callback hook: %w", err)
	}
	var (
		functions = hostFunctions()
		modules   = map[string]wazero.HostModuleBuilder{}
		unknown   faults.List
	)
	// The set of imports depends on the build, so each is looked up and an
	// unknown one is an error.
	for _, f := range b.compiled.ImportedFunctions() {
		module, minified, _ := f.Import()
		host, ok := functions[b.names.imports[minified]]
		if !ok {
			unknown.Addf("unknown import %s.%s (%s)", module, minified, b.names.imports[minified])
			continue
		}
		if modules[module] == nil {
			modules[module] = b.runtime.NewHostModuleBuilder(module)
		}
		modules[module].NewFunctionBuilder().
			WithGoModuleFunction(host, f.ParamTypes(), f.ResultTypes()).Export(minified)
	}
	if err := unknown.Err(); err != nil {
		return err
	}
	for _, m := range modules {
		if _, err := m.Instantiate(ctx); err != nil {
			return err
		}
	}
	// The signature of HiGHS's callback: type, message, data out, data in, user
	// data.
	i32 := api.ValueTypeI32
	_, err = b.runtime.NewHostModuleBuilder("env").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(callback), []api.ValueType{i32, i32, i32, i32, i32}, nil).
		Export("callback").Instantiate(ctx)
	return err
}

// readPinned reads a file and verifies its checksum.
func readPinned(folder, name, want string) ([]byte, error) {
	path := filepath.Join(folder, name)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
		return nil, fmt.Errorf("%s differs from npm package highs %s: its sha256 is %x, want %s; "+
			"remove it and install again", path, npmVersion, sum, want)
	}
	return content, nil
}

// compilationCache returns a cache of machine code in the user's cache folder,
// or nil if there is no such folder. With the cache a process starts in a tenth
// of a second instead of several seconds.
func compilationCache() wazero.CompilationCache {
	folder, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(folder, "trigrid", "wazero"))
	if err != nil {
		return nil
	}
	return cache
}
