package guides_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the code blocks of the guides from their sources")

// block matches a code block whose source is named by the comment before it: a file of this folder, or an
// interface as "folder Name".
//
//	<!-- file: dynamic_test.go -->
//	<!-- interface: evogame Dynamic -->
var block = regexp.MustCompile("(?s)<!-- (file|interface): ([^\n]*) -->\n```go\n(.*?)```\n")

// Every code block of a guide is equal to code that the compiler and the tests of this package have seen.
func TestCodeBlocksEqualTheirSources(t *testing.T) {
	guides, err := filepath.Glob("*.md")
	require.NoError(t, err)
	require.NotEmpty(t, guides)
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		require.NoError(t, err)
		blocks := 0
		want := block.ReplaceAllFunc(text, func(found []byte) []byte {
			blocks++
			parts := block.FindSubmatch(found)
			code, err := source(string(parts[1]), string(parts[2]))
			require.NoError(t, err, guide)
			return fmt.Appendf(nil, "<!-- %s: %s -->\n```go\n%s```\n", parts[1], parts[2], code)
		})
		require.Equal(t, strings.Count(string(text), "```go\n"), blocks, "%s: a Go block without a source", guide)
		require.Positive(t, blocks, guide)
		if *update && !bytes.Equal(want, text) {
			require.NoError(t, os.WriteFile(guide, want, 0o644))
			continue
		}
		require.Equal(t, string(want), string(text), "%s: run go test ./docs/guides -update", guide)
	}
}

// source returns the code of a block.
func source(kind, name string) (string, error) {
	if kind == "file" {
		code, err := os.ReadFile(name)
		return string(code), err
	}
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
