package highs

import (
	"regexp"

	"github.com/trigrid/trigrid/internal/faults"
)

// names maps the C names of HiGHS to the minified names of one WebAssembly
// build.
type names struct {
	functions map[string]string // C function → export
	imports   map[string]string // minified import → C function
	memory    string            // export of the linear memory
	table     string            // export of the function table
	construct string            // export that runs the static constructors
}

// Patterns of the names in the minified JavaScript file, for example
// Module["_Highs_run"]=wasmExports["aB"].
var (
	// The C function and its export.
	jsFunction = regexp.MustCompile(`Module\["_(\w+)"\]=wasmExports\["([^"]+)"\]`)
	// The exports of the linear memory and of the function table.
	jsMemory = regexp.MustCompile(`wasmMemory=wasmExports\["([^"]+)"\]`)
	jsTable  = regexp.MustCompile(`__indirect_function_table=wasmTable=wasmExports\["([^"]+)"\]`)
	// The call in initRuntime that runs the static constructors.
	jsConstruct = regexp.MustCompile(`function initRuntime\(\)\{[^}]*wasmExports\["([^"]+)"\]\(\)`)
	// The whole import object, and one entry of it: minified name and C name.
	jsImports = regexp.MustCompile(`wasmImports=\{([^}]*)\}`)
	jsImport  = regexp.MustCompile(`([\w$]+):_*([\w$]+)`)
)

// parseNames reads the names from the JavaScript file of the build. Emscripten
// minifies the names of a WebAssembly module and records the mapping only
// there. All missing names are reported at once.
func parseNames(js []byte) (*names, error) {
	bad := faults.List{Prefix: "highs.js: "}
	one := func(what string, pattern *regexp.Regexp) string {
		found := pattern.FindSubmatch(js)
		if !bad.Require(found != nil, "there is no name of %s", what) {
			return ""
		}
		return string(found[1])
	}
	n := &names{
		functions: make(map[string]string),
		imports:   make(map[string]string),
		memory:    one("the memory", jsMemory),
		table:     one("the function table", jsTable),
		construct: one("the constructors", jsConstruct),
	}
	for _, found := range jsFunction.FindAllSubmatch(js, -1) {
		n.functions[string(found[1])] = string(found[2])
	}
	for _, found := range jsImport.FindAllStringSubmatch(one("the imports", jsImports), -1) {
		n.imports[found[1]] = found[2]
	}
	for _, function := range append(required[:], "Highs_create", "Highs_destroy", "malloc", "free") {
		bad.Require(n.functions[function] != "", "there is no name of %s", function)
	}
	return n, bad.Err()
}
