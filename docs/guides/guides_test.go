package guides_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/docs/internal/testdoc"
)

// Every code block of a guide equals its source: a file of this folder, or an
// interface as "folder Name".
//
//	<!-- file: dynamic_test.go -->
//	<!-- interface: evogame Dynamic -->
func TestCodeBlocksEqualTheirSources(t *testing.T) {
	guides, err := filepath.Glob("*.md")
	require.NoError(t, err)
	require.NotEmpty(t, guides)
	for _, guide := range guides {
		testdoc.Check(t, guide, map[string]func(string) (string, error){
			"file": testdoc.File, "interface": interfaceOf,
		})
	}
}

// interfaceOf returns the declaration of an interface that name gives as
// "folder Name".
func interfaceOf(name string) (string, error) {
	folder, declared, _ := strings.Cut(name, " ")
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		// Without comments: the guide explains the methods in its own words.
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, d := range parsed.Decls {
			types, ok := d.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, spec := range types.Specs {
				if s := spec.(*ast.TypeSpec); s.Name.Name == declared {
					return printed(s)
				}
			}
		}
	}
	return "", fmt.Errorf("%s: no type %s", folder, declared)
}

// printed returns the declaration of an interface, one method per line.
func printed(s *ast.TypeSpec) (string, error) {
	methods, ok := s.Type.(*ast.InterfaceType)
	if !ok {
		return "", fmt.Errorf("%s is no interface", s.Name)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "type %s interface {\n", s.Name)
	for _, m := range methods.Methods.List {
		var signature bytes.Buffer
		if err := format.Node(&signature, token.NewFileSet(), m.Type); err != nil {
			return "", err
		}
		name := ""
		if len(m.Names) > 0 {
			name = m.Names[0].Name
		}
		fmt.Fprintf(&out, "\t%s%s\n", name, strings.TrimPrefix(signature.String(), "func"))
	}
	out.WriteString("}\n")
	code, err := format.Source(out.Bytes())
	return string(code), err
}
