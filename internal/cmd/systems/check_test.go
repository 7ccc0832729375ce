package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module writes the files of a module into a folder and makes it the current
// folder.
func module(t *testing.T, files map[string]string) {
	t.Helper()
	folder := t.TempDir()
	files["go.mod"] = "module example.org/a\n\ngo 1.24\n"
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	t.Chdir(folder)
}

// output runs the program and returns its output.
func output(t *testing.T, systems ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), systems, &out, nil)
	return out.String(), err
}

// Each mistake is one that the compiler reports for one of the systems only.
func TestMistakesAreFoundOnTheirSystem(t *testing.T) {
	module(t, map[string]string{
		"a.go":                "package a\n\nimport \"example.org/a/b\"\n\nvar Far int = b.Far\n",
		"b/b.go":              "package b\n\nconst Far = 1 << 40\n",
		"c/c.go":              "package c\n\nimport \"os\"\n\nvar Name = os.Args[0]\n",
		"c/c_windows.go":      "package c\n\nvar Handle int = Name\n",
		"c/c_test.go":         "package c\n\nimport \"testing\"\n\nfunc TestC(t *testing.T) { t.Log(Name) }\n",
		"c/outer_test.go":     "package c_test\n\nimport (\"testing\"; \"example.org/a/c\")\n\nfunc TestO(t *testing.T) { t.Log(c.Name, c.Hook) }\n",
		"c/export_test.go":    "package c\n\nvar Hook = Name\n",
		"c/x_freebsd_test.go": "package c\n\nimport \"fmt\"\n",
	})
	out, err := output(t, "linux/amd64")
	require.NoError(t, err)
	// Packages a, b and c, c with its tests, and the tests outside of c.
	assert.Equal(t, "systems: linux/amd64: 5 packages and test packages of the module type-check\n", out)

	_, err = output(t, "linux/386")
	require.ErrorContains(t, err, "linux/386")
	assert.ErrorContains(t, err, "a.go:5:15")
	assert.ErrorContains(t, err, "overflows")

	_, err = output(t, "windows/amd64", "freebsd/amd64")
	require.ErrorContains(t, err, "c_windows.go:3:18: cannot use Name")
	assert.ErrorContains(t, err, "x_freebsd_test.go:3:8: \"fmt\" imported and not used")
}

func TestASyntaxErrorIsFound(t *testing.T) {
	module(t, map[string]string{"a.go": "package a\n", "a_js.go": "package a\n\nfunc {\n"})
	_, err := output(t, "js/wasm")
	assert.ErrorContains(t, err, "a_js.go:3:6")
}

func TestSystemsAreNamedAndKnown(t *testing.T) {
	module(t, map[string]string{"a.go": "package a\n"})
	_, err := output(t)
	assert.ErrorContains(t, err, "no system given")
	_, err = output(t, "windows", "linux/i386")
	assert.ErrorContains(t, err, `"windows" is not of the form os/arch`)
	assert.ErrorContains(t, err, `linux/i386: "i386" is not an architecture`)
}
