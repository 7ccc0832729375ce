package docs_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// documents returns the text of every Markdown file of the module by its path.
func documents(t *testing.T) map[string]string {
	found := map[string]string{}
	walk(t, func(file string) {
		if filepath.Ext(file) == ".md" {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			found[file] = string(text)
		}
	})
	require.NotEmpty(t, found)
	return found
}

// walk calls visit for every file of the module, except in hidden folders.
func walk(t *testing.T, visit func(file string)) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if file != root && strings.HasPrefix(entry.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		visit(file)
		return nil
	}))
}

// Links to other hosts are not followed.
func TestLinksLeadToFiles(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for file, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(file), m[1]))
			require.NoError(t, err, "%s links to %s", file, m[1])
		}
	}
}

// Commands of the documents name programs and targets that exist. NAME stands
// for a program.
func TestCommandsNameProgramsAndTargets(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	program := regexp.MustCompile(`go run\s+(\./[a-z/]+)`)
	target := regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)")
	commands := 0
	for file, text := range documents(t) {
		for _, m := range program.FindAllStringSubmatch(text, -1) {
			commands++
			_, err := os.Stat(filepath.Join("..", m[1]))
			require.NoError(t, err, "%s runs %s", file, m[1])
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			commands++
			require.Contains(t, string(makefile), "\n"+m[1]+":", "%s has make %s", file, m[1])
		}
	}
	require.Positive(t, commands)
}

// Names such as vpp.Solve in the prose of documents are exported by a package
// of that name. The changelog keeps names of the past.
func TestNamesExist(t *testing.T) {
	exported := exportedNames(t)
	name := regexp.MustCompile("`([a-z]+)\\.([A-Z][A-Za-z0-9]*)(?:\\.([A-Z][A-Za-z0-9]*))?[`({]")
	checked := 0
	for file, text := range documents(t) {
		if filepath.Base(file) == "CHANGELOG.md" {
			continue
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			names, ours := exported[m[1]]
			if !ours {
				continue // a package of the standard library or of a dependency
			}
			checked++
			want := m[2]
			if m[3] != "" {
				want += "." + m[3]
			}
			if !names[want] {
				t.Errorf("%s: package %s has no %s", file, m[1], want)
			}
		}
	}
	require.Positive(t, checked)
}

// exportedNames returns the exported names by package name, with fields and
// methods as Type.Name.
func exportedNames(t *testing.T) map[string]map[string]bool {
	packages := map[string]map[string]bool{}
	walk(t, func(file string) {
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		names := packages[parsed.Name.Name]
		if names == nil {
			names = map[string]bool{}
			packages[parsed.Name.Name] = names
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(names, spec)
				}
			}
		}
	})
	delete(packages, "main")
	return packages
}

// receiver returns "Type." for a method and "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return "?."
		}
	}
}

// addSpec adds the names of a declaration, and the fields or methods of a type.
func addSpec(names map[string]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names[n.Name] = true
		}
	case *ast.TypeSpec:
		names[s.Name.Name] = true
		var members *ast.FieldList
		switch x := s.Type.(type) {
		case *ast.StructType:
			members = x.Fields
		case *ast.InterfaceType:
			members = x.Methods
		default:
			return
		}
		for _, f := range members.List {
			for _, n := range f.Names {
				names[s.Name.Name+"."+n.Name] = true
			}
		}
	}
}

// The quick start of the README is a complete program of a module of its own,
// in any folder. The test runs it on a smaller case; examples/cases_test.go
// reads the case of the README.
func TestQuickStartRuns(t *testing.T) {
	testsolver.New(t)
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	require.Len(t, blocks, 1)
	program := string(blocks[0][1])
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, change := range [][2]string{
		{`examples.Cases(), "threelevel/case.json"`, `os.DirFS("` + filepath.ToSlash(root) + `/docs/tutorial"), "case.json"`},
		{`"github.com/trigrid/trigrid/examples"`, `"os"`},
	} {
		require.Equal(t, 1, strings.Count(program, change[0]), "the quick start has %s once", change[0])
		program = strings.Replace(program, change[0], change[1], 1)
	}

	// The module requires the versions of this one, so that the module cache
	// has them.
	folder := t.TempDir()
	gomod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	gosum, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	gomod = bytes.Replace(gomod, []byte("module github.com/trigrid/trigrid\n"), []byte("module quickstart\n"), 1)
	gomod = append(gomod, "\nrequire github.com/trigrid/trigrid v0.0.0\n\nreplace github.com/trigrid/trigrid => "+filepath.ToSlash(root)+"\n"...)
	for name, content := range map[string][]byte{"main.go": []byte(program), "go.mod": gomod, "go.sum": gosum} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	command := exec.CommandContext(t.Context(), "go", "run", "-mod=mod", ".")
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	require.NoError(t, command.Run(), stderr.String())
	require.Contains(t, stdout.String(), "converged to a strict Nash profile (proven: true, cut: false)\nmap[battery:Works turbine:Homes wind:Homes]\n")
}
