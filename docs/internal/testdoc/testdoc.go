// Package testdoc compares the code blocks of Markdown documents with their
// sources, so that the compiler and the tests have seen all code that a reader
// copies.
//
// A comment before a block names its source. With the sources "file" and
// "output" of a test:
//
//	<!-- file: step1_weights.go -->
//	<!-- output: step 1 -->
//
// Blocks of Go code must have a source. Other blocks may have one.
package testdoc

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the code blocks of documents from their sources")

// block matches the comment, the language and the text of a block.
var block = regexp.MustCompile("(?s)<!-- ([a-z]+): ([^\n]*) -->\n```([a-z]*)\n(.*?)```\n")

// Block is a code block with a source.
type Block struct{ Kind, Name, Language, Text string }

// Blocks returns the blocks of a document that have a source, in their order.
func Blocks(text []byte) []Block {
	var list []Block
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		list = append(list, Block{m[1], m[2], m[3], m[4]})
	}
	return list
}

// Check requires that each block of the document equals its source: sources has
// a function by kind, which returns the text for a name. With -update, Check
// writes the document instead.
func Check(t *testing.T, document string, sources map[string]func(name string) (string, error)) {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	code := 0
	want := block.ReplaceAllStringFunc(string(text), func(found string) string {
		m := block.FindStringSubmatch(found)
		source, ok := sources[m[1]]
		require.True(t, ok, "%s: no source of kind %q", document, m[1])
		content, err := source(m[2])
		require.NoError(t, err, document)
		if m[3] == "go" {
			code++
		}
		return fmt.Sprintf("<!-- %s: %s -->\n```%s\n%s```\n", m[1], m[2], m[3], content)
	})
	require.Equal(t, strings.Count(string(text), "```go\n"), code, "%s: a Go block without a source", document)
	require.Positive(t, code, "%s has no Go block", document)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "%s: run the test of this package with -update", document)
}

// File returns the content of a file of the working folder.
func File(name string) (string, error) {
	content, err := os.ReadFile(name)
	return string(content), err
}
