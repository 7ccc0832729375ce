package trigrid_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/trigrid/trigrid"

// allowed is the layer table: which packages of this module each package may import. Folders below
// a package that are not named here follow the package's own rule; any package may import packages
// of an internal folder that the language lets it see.
var allowed = map[string][]string{
	"milp":      {},
	"scenario":  {},
	"market":    {},
	"weights":   {},
	"evogame":   {},
	"pbft":      {},
	"der":       {"milp", "scenario"},
	"cvar":      {"milp"},
	"ledger":    {"pbft"},
	"vpp":       {"der", "cvar", "market", "milp", "scenario", "weights"},
	"":          {"milp", "milp/highs", "scenario", "market", "weights", "evogame", "pbft", "der", "cvar", "ledger", "vpp"},
	"report":    {"", "milp", "milp/highs", "scenario", "market", "weights", "evogame", "pbft", "der", "cvar", "ledger", "vpp"},
	"casefile":  {"", "milp", "milp/highs", "scenario", "market", "weights", "evogame", "pbft", "der", "cvar", "ledger", "vpp"},
	"cmd":       nil, // everything
	"examples":  nil, // everything
	"studies":   nil,
	"internal/": {},
	"codec":     {},
	"optional":  {},
}

// TestImportsPointDownTheLayers fails on an import that the layer table of DESIGN.md does not
// allow.
func TestImportsPointDownTheLayers(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name != "." && (strings.HasPrefix(name, ".") || name == "testdata" || isNestedModule(file)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil // tests may use any solver and any conformance suite
		}
		from := path.Dir(filepath.ToSlash(file))
		if from == "." {
			from = ""
		}
		if strings.Contains(from, "internal/test") {
			return nil // code that only tests import
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if to != module && !strings.HasPrefix(to, module+"/") {
				continue
			}
			checked++
			to = strings.TrimPrefix(strings.TrimPrefix(to, module), "/")
			if !mayImport(from, to) {
				t.Errorf("%s imports %q: the layer table does not allow %q to import it", file, to, owner(from))
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, checked, "no import of the module's own was seen; the walk looks in the wrong place")
}

func mayImport(from, to string) bool {
	packageOf := owner(from)
	if allowed[packageOf] == nil || owner(to) == packageOf {
		return true // examples import everything; a package may be split into folders
	}
	if strings.HasPrefix(to, "internal/") || strings.Contains(to, "/internal/") || to == "codec" || to == "optional" {
		return true
	}
	for _, target := range allowed[packageOf] {
		if to == target || (target != "" && target != "milp" && strings.HasPrefix(to, target+"/")) {
			return true
		}
	}
	return false
}

// owner returns the entry of the layer table that a folder falls under.
func owner(folder string) string {
	if strings.HasPrefix(folder, "internal/") {
		return "internal/"
	}
	top, _, _ := strings.Cut(folder, "/")
	return top
}

func isNestedModule(folder string) bool {
	matches, _ := filepath.Glob(filepath.Join(folder, "go.mod"))
	return folder != "." && len(matches) > 0
}

// TestTheLayerTableRefuses tries imports that would turn the layers upside down.
func TestTheLayerTableRefuses(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"milp", "der", false},
		{"milp/highs", "milp", true},
		{"der", "milp/highs", false},
		{"der", "milp", true},
		{"vpp", "ledger", false},
		{"market", "vpp", false},
		{"", "milp/highs", true},
		{"", "report", false},
		{"", "casefile", false},
		{"casefile", "", true},
		{"report", "", true},
		{"studies/crosschain", "vpp", true},
		{"cmd/trigrid", "report", true},
		{"ledger", "pbft/sim", true},
	} {
		require.Equal(t, c.want, mayImport(c.from, c.to), "%q importing %q", c.from, c.to)
	}
}
