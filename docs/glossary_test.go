package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/evogame"
)

// The glossary has each verdict of the dynamic, each kind of equilibrium, and
// each word of Reason and Result.Planning.
func TestGlossaryHasTheVerdictsOfARun(t *testing.T) {
	text, err := os.ReadFile("glossary.md")
	require.NoError(t, err)
	var words []string
	for v := evogame.Verdict(0); !strings.HasPrefix(v.String(), "Verdict("); v++ {
		words = append(words, v.String())
	}
	for k := evogame.Kind(0); !strings.HasPrefix(k.String(), "Kind("); k++ {
		words = append(words, k.String())
	}
	words = append(words, wordsOf(t, "Reason")...)
	words = append(words, trigrid.PlanningEnumerated, trigrid.PlanningSearched, trigrid.PlanningSearchedFirst)
	require.Len(t, words, 4+3+7+3, "%q", words)
	for _, word := range words {
		assert.Contains(t, string(text), "\n| `"+word+"` |")
	}
}

// wordsOf returns the constants of a type of strings in package trigrid.
func wordsOf(t *testing.T, name string) (words []string) {
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if is, ok := spec.Type.(*ast.Ident); ok && is.Name == name && len(spec.Values) == 1 {
				word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				words = append(words, word)
			}
			return true
		})
	}
	return words
}
