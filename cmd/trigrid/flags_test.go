package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of flags in docs/command.md")

// docs/command.md has a row for each flag, as -h prints it, and the package
// comment names each.
func TestDocumentsHaveAllFlags(t *testing.T) {
	const document = "../../docs/command.md"
	var (
		table strings.Builder
		names []string
		o     options
	)
	table.WriteString("| flag | meaning |\n|---|---|\n")
	o.flags().VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.TrimSpace("-"+f.Name+" "+value), strings.ReplaceAll(usage, "|", "\\|"))
		names = append(names, f.Name)
	})
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	part := regexp.MustCompile("(?s)(<!-- flags -->\n).*(<!-- end -->)")
	require.True(t, part.Match(text))
	want := part.ReplaceAllString(string(text), "${1}"+strings.ReplaceAll(table.String(), "$", "$$")+"${2}")
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(want), 0o644))
	}
	text, err = os.ReadFile(document)
	require.NoError(t, err)
	assert.Equal(t, want, string(text), "run this test with -update")

	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	for _, name := range names {
		assert.Regexp(t, "(?m)^//\t-"+name+" ", string(source), "the package comment has -%s", name)
	}
}
