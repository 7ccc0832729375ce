package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// By hand: 30 MW of north at 8.50 and 20 of south's 40 MW at 12.00 cover 50 MW;
// south sets the price.
func TestCheapestOffersAreAcceptedAndOthersRefused(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	want, err := os.ReadFile("output.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

func TestProgramImportsNothingInternal(t *testing.T) {
	files, err := filepath.Glob("reserve/*.go")
	require.NoError(t, err)
	for _, file := range append(files, "main.go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			require.False(t, strings.Contains(spec.Path.Value, "internal"), "%s imports %s", file, spec.Path.Value)
		}
	}
}
