package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table of the README has each package that a user can import, and the map
// of doc.go its name. Programs, documents and conformance suites have their own
// places.
func TestEveryPackageIsOnTheMaps(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	doc, err := os.ReadFile("../doc.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(readme), "\n## Packages\n")
	require.True(t, found)
	elsewhere := regexp.MustCompile(`^(cmd|docs|examples|studies|testdata|findings)/|(^|/)(internal|testdata|cmd|examples)/|test$`)
	packages := map[string]bool{}
	walk(t, func(file string) {
		path, err := filepath.Rel(root, filepath.Dir(file))
		require.NoError(t, err)
		path = filepath.ToSlash(path)
		source := strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go")
		if source && path != "." && !elsewhere.MatchString(path+"/") && !strings.HasSuffix(path, "test") {
			packages[path] = true
		}
	})
	require.Greater(t, len(packages), 30)
	for path := range packages {
		assert.Contains(t, table, "`"+path+"`", "the table of the README has no package %s", path)
		name := path[strings.LastIndex(path, "/")+1:]
		assert.Regexp(t, `(?m)^//\t.*\b`+name+`\b`, string(doc), "the map of doc.go has no package %s", path)
	}
}
