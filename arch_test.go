package trigrid_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/trigrid/trigrid"

// allowed is the layer table: which packages of this module each package may import. A folder without an
// entry of its own falls under the entry of the nearest folder above it. Packages of an internal folder may
// be imported wherever the language permits it.
var allowed = map[string][]string{
	"optional": {}, "codec": {}, "internal": {},
	"milp": {}, "scenario": {}, "market": {}, "weights": {}, "evogame": {}, "pbft": {},
	"milp/highs":       {"milp"},
	"pbft/replica":     {"pbft"},
	"pbft/sim":         {"pbft"},
	"der":              {"milp", "scenario"},
	"cvar":             {"milp"},
	"vpp":              {"der", "cvar", "market", "milp", "scenario", "weights"},
	"ledger":           {"pbft"},
	"ledger/contracts": {"ledger", "pbft"},
	"ledger/engine":    {"ledger", "pbft", "pbft/replica"},
	"ledger/client":    {"ledger", "ledger/contracts", "ledger/engine", "pbft", "pbft/replica"},
	"ledger/relay":     {"ledger", "ledger/contracts", "ledger/engine", "ledger/client", "pbft", "pbft/replica"},
	"":                 root,
	"report":           append([]string{""}, root...),
	"examples":         nil, // everything
}

// root lists what the root package may import: everything below it.
var root = []string{
	"milp", "milp/highs", "scenario", "market", "weights", "evogame", "pbft", "der", "cvar", "vpp",
	"ledger", "ledger/contracts", "ledger/engine", "ledger/client",
}

// TestImportsPointDownTheLayers fails on an import that the layer table of DESIGN.md does not allow.
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
	importer, imported := owner(from), owner(to)
	switch {
	case onlyForTests(to):
		return onlyForTests(from) || importer == "examples" // a program may run a simulation
	case onlyForTests(from), allowed[importer] == nil, importer == imported:
		return true
	case strings.HasPrefix(from, "ledger/relay") && strings.HasPrefix(to, "ledger/internal"):
		return false // relay shows that exported names suffice
	case strings.HasPrefix(to, "internal/"), strings.Contains(to, "/internal/"), to == "codec", to == "optional":
		return true
	}
	return slices.Contains(allowed[importer], imported)
}

// onlyForTests reports whether a package is a conformance suite, a simulator or a helper of tests.
// Production code imports none of them.
func onlyForTests(folder string) bool {
	name := path.Base(folder)
	return folder == "pbft/sim" || strings.HasSuffix(name, "test") || strings.HasPrefix(name, "test") && strings.Contains(folder, "internal/")
}

// owner returns the entry of the layer table that a folder falls under.
func owner(folder string) string {
	for folder != "" {
		if _, has := allowed[folder]; has {
			return folder
		}
		folder = path.Dir(folder)
		if folder == "." {
			folder = ""
		}
	}
	return ""
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
		{"report", "", true},
		{"examples/run", "report", true},
		{"ledger", "pbft/sim", false},
		{"ledger", "pbft", true},
		{"ledger", "pbft/replica", false},
		{"ledger", "ledger/contracts", false},
		{"ledger/contracts", "ledger", true},
		{"ledger/contracts", "ledger/engine", false},
		{"ledger/engine", "ledger/contracts", false},
		{"ledger/engine", "pbft/replica", true},
		{"ledger/client", "ledger/ledgertest", false},
		{"ledger/ledgertest", "ledger/client", true},
		{"ledger/relay", "ledger/client", true},
		{"ledger/relay", "ledger/internal/entropy", false},
		{"ledger/client", "ledger/internal/entropy", true},
	} {
		require.Equal(t, c.want, mayImport(c.from, c.to), "%q importing %q", c.from, c.to)
	}
}
