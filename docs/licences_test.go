package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// phrases are words of each licence by its SPDX identifier.
var phrases = map[string]string{
	"MIT":          "Permission is hereby granted, free of charge",
	"BSD-2-Clause": "Redistributions in binary form must reproduce the above copyright notice, this list of conditions",
	"BSD-3-Clause": "Redistributions in binary form must reproduce the above copyright",
	"Apache-2.0":   "Apache License Version 2.0",
	"CC-BY-4.0":    "Creative Commons Attribution 4.0 International",
	"FTL":          "The FreeType Project LICENSE",
	"OFL-1.1":      "SIL OPEN FONT LICENSE Version 1.1",
}

// The table of licences has the modules that both commands link on the three
// desktop systems, and each licence is in the files of its row.
func TestLicencesAreThoseOfTheLinkedModules(t *testing.T) {
	text, err := os.ReadFile("licences.md")
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\|$")
	file := regexp.MustCompile("`([^`]+)`")
	dirs := map[string]string{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./cmd/trigrid", "./cmd/trigrid-node")
		list.Dir = ".."
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := list.Output()
		require.NoError(t, err)
		for line := range strings.Lines(string(out)) {
			if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				dirs[path] = dir
			}
		}
	}
	listed := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		module, licences, files := m[1], m[2], m[3]
		listed[module] = true
		if !assert.Contains(t, dirs, module, "%s is listed and not linked", module) {
			continue
		}
		var content strings.Builder
		for _, name := range file.FindAllStringSubmatch(files, -1) {
			path := filepath.Join(dirs[module], name[1])
			info, err := os.Stat(path)
			require.NoError(t, err, module)
			if info.IsDir() {
				continue
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			content.WriteString(strings.Join(strings.Fields(string(data)), " "))
		}
		for _, licence := range strings.Split(licences, ", ") {
			require.Contains(t, phrases, licence)
			assert.Contains(t, content.String(), phrases[licence], "%s: %s", module, licence)
		}
	}
	for module := range dirs {
		assert.Contains(t, listed, module, "%s is linked; add its licence to docs/licences.md", module)
	}
}
