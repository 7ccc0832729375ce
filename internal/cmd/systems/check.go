package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// system is a target of the go command.
type system struct{ os, arch string }

// pkg is a package as "go list -json" prints it. With the -test flag, a package
// under test appears once more, as p and p.test in brackets, with the files of
// its tests.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	ImportMap  map[string]string // from the path in the source to the ImportPath that it means
	Standard   bool
	Module     *struct {
		Main      bool
		GoVersion string
	}
	Error *struct{ Err string }
}

// check type-checks the packages of the patterns, their tests and all of their
// dependencies, and returns the number of packages of the main module. Its
// error joins all violations.
func check(ctx context.Context, s system, patterns ...string) (int, error) {
	if types.SizesFor("gc", s.arch) == nil {
		return 0, fmt.Errorf("%q is not an architecture of the compiler", s.arch)
	}
	packages, err := list(ctx, s, patterns)
	if err != nil {
		return 0, err
	}
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	files := token.NewFileSet()
	own := 0
	// All violations are collected, because a mistake often appears in several
	// packages at once.
	var errs []error
	// A package comes after its dependencies.
	for _, p := range packages {
		// The main package of a test has a generated file only.
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		result, err := p.check(s, files, checked)
		checked[p.ImportPath] = result
		errs = append(errs, err)
		if p.Module != nil && p.Module.Main {
			own++
		}
	}
	return own, errors.Join(errs...)
}

// list returns the packages of the patterns with tests and dependencies,
// dependencies first.
func list(ctx context.Context, s system, patterns []string) ([]pkg, error) {
	// With -e, a package that cannot be loaded is listed with its error, and
	// others are checked.
	args := []string{"list", "-e", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,ImportMap,Standard,Module,Error"}
	c := exec.CommandContext(ctx, "go", append(args, patterns...)...)
	// Other systems have no C compiler here, and the module needs none.
	c.Env = append(os.Environ(), "GOOS="+s.os, "GOARCH="+s.arch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	var packages []pkg
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages = append(packages, p)
	}
}

// check type-checks one package, whose dependencies stand in checked. Function
// bodies of the standard library are skipped, because its releases are built
// for all systems.
func (p *pkg) check(s system, files *token.FileSet, checked map[string]*types.Package) (*types.Package, error) {
	var errs []error
	if p.Error != nil {
		errs = append(errs, errors.New(p.Error.Err))
	}
	// A file that does not parse leaves the others, whose violations are
	// reported as well.
	var syntax []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		syntax = append(syntax, file)
	}
	// The sizes decide whether a constant fits an int. The checker reports each
	// violation to Error and goes on.
	config := types.Config{
		Importer:         importer{p.ImportMap, checked},
		Sizes:            types.SizesFor("gc", s.arch),
		IgnoreFuncBodies: p.Standard,
		Error:            func(err error) { errs = append(errs, err) },
	}
	// A module is written in the language of its go directive, such as loops
	// with a variable each.
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	// The path of a package under test is that of the package, which rules of
	// types depend on.
	path, _, _ := strings.Cut(p.ImportPath, " ")
	result, _ := config.Check(path, files, syntax, nil) // config.Error takes the errors
	return result, errors.Join(errs...)
}

// importer resolves the imports of one package among those that are checked.
type importer struct {
	paths   map[string]string
	checked map[string]*types.Package
}

// Import implements types.Importer.
func (i importer) Import(path string) (*types.Package, error) {
	// A test imports the package with its tests, and the standard library its
	// vendored packages.
	if mapped, ok := i.paths[path]; ok {
		path = mapped
	}
	if found := i.checked[path]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("package %s is not among the dependencies", path)
}
