package highs

import (
	"errors"
	"fmt"
	"regexp"
)

// names translates between the C names of HiGHS and the minified names of one WebAssembly build.
type names struct {
	functions map[string]string // C function → export
	imports   map[string]string // minified import → C function
	memory    string            // export of the linear memory
	table     string            // export of the function table
	construct string            // export that runs the static constructors
}

var (
	jsFunction  = regexp.MustCompile(`Module\["_(\w+)"\]=wasmExports\["([^"]+)"\]`)
	jsMemory    = regexp.MustCompile(`wasmMemory=wasmExports\["([^"]+)"\]`)
	jsTable     = regexp.MustCompile(`__indirect_function_table=wasmTable=wasmExports\["([^"]+)"\]`)
	jsConstruct = regexp.MustCompile(`function initRuntime\(\)\{[^}]*wasmExports\["([^"]+)"\]\(\)`)
	jsImports   = regexp.MustCompile(`wasmImports=\{([^}]*)\}`)
	jsImport    = regexp.MustCompile(`([\w$]+):_*([\w$]+)`)
)

// parseNames reads the names out of the JavaScript file that accompanies the build. Emscripten
// minifies the names of a WebAssembly module and leaves the only record of them there.
func parseNames(js []byte) (*names, error) {
	var problems []error
	one := func(what string, pattern *regexp.Regexp) string {
		found := pattern.FindSubmatch(js)
		if found == nil {
			problems = append(problems, fmt.Errorf("highs.js does not name %s", what))
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
		if n.functions[function] == "" {
			problems = append(problems, fmt.Errorf("highs.js does not name %s", function))
		}
	}
	return n, errors.Join(problems...)
}
