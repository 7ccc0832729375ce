package trigrid_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/trigrid/trigrid"

// root is the name of the module's root package in the table, and everything
// stands for all packages except those in testOnly.
const (
	root       = "root"
	everything = "all"
)

// layers is the layer table of DESIGN.md: a package may import the packages of
// its row and all that these may import. A folder without a row follows the row
// of the nearest folder above it, so that der/unitcommitment follows der. Each
// package may import optional, codec and the internal packages of its own row
// and of the rows that it may import.
var layers = map[string][]string{
	"optional": {}, "codec": {}, "internal": {},

	"milp": {}, "scenario": {}, "market": {}, "weights": {}, "evogame": {}, "pbft": {},
	"internal/store":       {"milp"},
	"internal/fingerprint": {"scenario"},
	"milp/highs":           {"milp"},
	"milp/ipm":             {"milp"},
	"milp/decompose":       {"milp"},
	"market/published":     {"market"},
	"pbft/replica":         {"pbft"},
	"pbft/sim":             {"pbft"},

	"der":    {"milp", "scenario"},
	"cvar":   {"milp"},
	"ledger": {"pbft"},

	"ledger/contracts": {"ledger"},
	"ledger/engine":    {"ledger", "pbft/replica"},
	"ledger/client":    {"ledger", "ledger/contracts", "ledger/engine"},
	"ledger/relay":     {"ledger", "ledger/contracts", "ledger/engine", "ledger/client"},

	"ledger/node":      {"ledger", "ledger/contracts", "ledger/engine", "ledger/client", "pbft/replica"},
	"ledger/node/disk": {"ledger/node"}, // links bbolt

	"vpp/audit": {"der"}, // recomputes plans; an import of vpp would be code of the model
	"vpp":       {"der", "cvar", "market", "milp", "scenario", "vpp/audit", "weights"},
	"fleet":     {"vpp", "evogame"},
	"farm":      {"vpp", "internal/fingerprint"},

	root:       {"vpp", "fleet", "farm", "evogame", "weights", "ledger/client", "ledger/engine", "milp/highs", "milp/ipm", "internal/store"},
	"casefile": {root},
	"sweep":    {root, "casefile"},
	"operate":  {root, "casefile"},
	"results":  {root, "operate", "sweep", "internal/fingerprint"},
	"report":   {root, "results", "sweep", "operate"},

	// The second statement would prove nothing with code of the library.
	"internal/cmd/differential": {everything}, "internal/cmd/differential/second": {}, "internal/cmd/differential/draw": {},

	"internal/cmd/sweeping": {everything}, // shared with the module sweep/nats
	"internal/cmd/bench":    {everything},

	"cmd": {everything}, "studies": {everything}, "docs": {everything},
	"examples": {everything, "pbft/sim"}, // examples/byzantine shows the simulator

	"milp/milptest":     {"milp"},
	"der/dertest":       {"der"},
	"market/markettest": {"market"},
	"ledger/ledgertest": {"ledger/client"},
	"sweep/sweeptest":   {root},
}

// testOnly lists the conformance suites and the simulator. Code that is not a
// test imports them only if a row names them.
var testOnly = []string{"milp/milptest", "der/dertest", "market/markettest", "ledger/ledgertest", "sweep/sweeptest", "pbft/sim"}

// TestImportsFollowTheLayerTable checks every import of the module's own
// packages outside tests.
func TestImportsFollowTheLayerTable(t *testing.T) {
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
		from := path.Dir(filepath.ToSlash(file))
		// Tests, and the internal packages that only tests import, may use any
		// solver and any suite.
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || isTestHelper(from) {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		if rowOf(from) == "" {
			t.Errorf("%s: the layer table has no row for package %q; add one here and in DESIGN.md", file, from)
		}
		for _, spec := range parsed.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if to != module && !strings.HasPrefix(to, module+"/") {
				continue
			}
			checked++
			to = strings.TrimPrefix(strings.TrimPrefix(to, module), "/")
			if !mayImport(from, to) {
				t.Errorf("%s imports %q: the layer table does not allow %q to import it", file, to, rowOf(from))
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, checked, "the walk found no import of the module's own packages")
}

// TestOnlyResultsLinksParquet requires that no other package imports a module
// of Parquet. The root cannot link it then, because the table keeps it from
// results.
func TestOnlyResultsLinksParquet(t *testing.T) {
	importedOnlyBy(t, "results", "github.com/parquet-go/", func(file string) bool { return !strings.HasSuffix(file, "_test.go") })
	require.False(t, reachable(root)["results"])
}

// TestOnlyTheDiskOfNodesLinksBbolt requires that no other package imports the
// database, so that programs with nodes in memory do not link it.
func TestOnlyTheDiskOfNodesLinksBbolt(t *testing.T) {
	importedOnlyBy(t, "ledger/node/disk", "go.etcd.io/bbolt", func(string) bool { return true })
}

// importedOnlyBy requires that of the Go files that counts selects only those
// of one package import modules with a prefix, and that this package does.
func importedOnlyBy(t *testing.T, pkg, prefix string, counts func(file string) bool) {
	t.Helper()
	found := 0
	require.NoError(t, filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || !counts(file) {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return nil // a file of testdata that is wrong on purpose
		}
		for _, spec := range parsed.Imports {
			if to, _ := strconv.Unquote(spec.Path.Value); strings.HasPrefix(to, prefix) {
				found++
				require.Equal(t, pkg, path.Dir(filepath.ToSlash(file)), "%s imports %q; use package %s", file, to, pkg)
			}
		}
		return nil
	}))
	require.Positive(t, found, "package %s imports no module %s", pkg, prefix)
}

// mayImport reports whether the table allows an import. Folders are relative to
// the module.
func mayImport(from, to string) bool {
	row, target := rowOf(from), rowOf(to)
	switch {
	case from == "ledger/relay" && strings.HasPrefix(to, "ledger/internal/"):
		return false // the relay uses exported names of ledger only
	case strings.HasPrefix(from+"/", "examples/customcontract/") && strings.Contains("/"+to+"/", "/internal/"):
		return false // the example is a contract of another module
	case row == "" || target == "" || isTestHelper(to):
		return false
	case row == target, target == "optional", target == "codec", target == "internal":
		return true
	}
	return reachable(row)[target]
}

// reachable returns the rows that a row may import: those that it names and all
// that these may import. A simulator or suite is never inherited.
func reachable(row string) map[string]bool {
	found := map[string]bool{}
	var visit func(string)
	visit = func(row string) {
		for _, target := range layers[row] {
			if target == everything {
				for other := range layers {
					found[other] = found[other] || !slices.Contains(testOnly, other)
				}
				continue
			}
			if !found[target] {
				found[target] = true
				visit(target)
			}
		}
	}
	visit(row)
	return found
}

// rowOf returns the row of a folder: its own, or that of the nearest folder
// above it. The packages of pbft/internal follow the row pbft. It returns "" if
// there is no row.
func rowOf(folder string) string {
	if folder == "" || folder == "." {
		return root
	}
	for ; folder != "."; folder = path.Dir(folder) {
		if _, ok := layers[folder]; ok && folder != root {
			return folder
		}
	}
	return ""
}

// isTestHelper reports whether only tests import a folder, such as
// internal/testsolver.
func isTestHelper(folder string) bool { return strings.Contains("/"+folder, "/internal/test") }

func isNestedModule(folder string) bool {
	matches, _ := filepath.Glob(filepath.Join(folder, "go.mod"))
	return folder != "." && len(matches) > 0
}

func TestTheLayerTableAllowsAndRefuses(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"milp", "optional", true},
		{"weights", "internal/faults", true},
		{"milp/highs", "milp", true},
		{"milp/highs/install", "milp/highs", true}, // follows its folder's row
		{"der/unitcommitment", "scenario", true},
		{"vpp", "vpp/audit", true},
		{"vpp", "milp", true},
		{"pbft", "codec", true},
		{"pbft/sim", "internal/planted", true},
		{"ledger/engine", "pbft/replica", true},
		{"ledger/engine", "pbft", true}, // through ledger
		{"ledger/engine", "ledger/internal/trie", true},
		{"ledger/ledgertest", "ledger/engine", true},
		{"", "der", true}, // through vpp
		{"", "milp/highs", true},
		{"casefile", "", true},
		{"casefile", "market", true},
		{"report", "", true},
		{"operate", "", true},
		{"operate", "ledger/client", true}, // through root
		{"operate", "casefile", true},
		{"results", "operate", true},
		{"report", "operate", true},
		{"results", "", true},
		{"report", "results", true},
		{"studies/crosschain", "ledger/relay", true},
		{"cmd/trigrid", "report", true},
		{"cmd/trigrid", "ledger/node", true},
		{"ledger/node/disk", "pbft/replica", true}, // through ledger/node
		{"docs/tutorial", "", true},
		{"examples/byzantine", "pbft/sim", true},

		{"milp", "der", false},
		{"milp", "milp/highs", false}, // formulating does not load a solver
		{"market", "vpp", false},
		{"market", "market/published", false},
		{"der", "milp/highs", false},
		{"vpp", "ledger", false},
		{"vpp/audit", "vpp", false},
		{"evogame", "vpp", false},
		{"pbft", "pbft/replica", false},
		{"pbft", "pbft/sim", false},
		{"ledger", "pbft/sim", false},
		{"ledger", "pbft/replica", false},
		{"ledger", "ledger/contracts", false},
		{"ledger/contracts", "ledger/engine", false},
		{"ledger/engine", "ledger/contracts", false},
		{"ledger/client", "ledger/relay", false},
		{"ledger/relay", "ledger/internal/trie", false},
		{"ledger/node", "ledger/node/disk", false}, // nodes in memory link no database
		{"ledger/engine", "ledger/node", false},
		{"", "ledger/node", false},
		{"examples/customcontract/reserve", "internal/faults", false},
		{"", "ledger/relay", false},
		{"", "casefile", false},
		{"", "report", false},
		{"", "operate", false},
		{"", "results", false},
		{"casefile", "results", false},
		{"casefile", "operate", false},
		{"operate", "results", false},
		{"results", "report", false},
		{"casefile", "report", false},
		{"internal/faults", "milp", false},
		{"codec", "pbft", false},
		{"vpp", "cmd/trigrid", false},

		// Conformance suites, the simulator and helpers of tests.
		{"", "milp/milptest", false},
		{"vpp", "der/dertest", false},
		{"examples/customder", "der/dertest", false},
		{"studies/crosschain", "pbft/sim", false},
		{"cmd/trigrid", "ledger/ledgertest", false},
		{"market", "market/markettest", false},
		{"cmd/trigrid", "internal/testsolver", false},

		// A folder without a row.
		{"utilities", "milp", false},
		{"cmd/trigrid", "utilities", false},
	} {
		require.Equal(t, c.want, mayImport(c.from, c.to), "%q importing %q", c.from, c.to)
	}
}

func TestTheLayerTableHasNoCycle(t *testing.T) {
	for row, targets := range layers {
		for _, target := range targets {
			if target != everything {
				require.Contains(t, layers, target, "row %q", row)
			}
		}
		if !slices.Contains(targets, everything) { // programs may share packages, such as studies/internal
			require.NotContains(t, reachable(row), row, "row %q may import itself", row)
		}
	}
}

// TestTheLayerTableIsThatOfDESIGN requires that DESIGN.md has each row of the
// table, and no other.
func TestTheLayerTableIsThatOfDESIGN(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| package | may import |\n|---|---|\n")
	require.True(t, found, "DESIGN.md has no layer table")
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	for _, row := range slices.Sorted(maps.Keys(layers)) {
		targets := "none"
		if len(layers[row]) > 0 {
			targets = "`" + strings.Join(layers[row], "`, `") + "`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s |", row, targets))
	}
	require.ElementsMatch(t, want, strings.Split(strings.TrimSpace(table), "\n"))
}

// TestTheRaceDetectorRunsPackagesWithGoroutines requires that the Makefile
// lists each package that starts goroutines, in code or in tests, as one for
// the race detector.
func TestTheRaceDetectorRunsPackagesWithGoroutines(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	raced := map[string]bool{}
	for line := range strings.Lines(strings.ReplaceAll(string(makefile), "\\\n", " ")) {
		name, list, _ := strings.Cut(line, ":=")
		if name = strings.TrimSpace(name); name == "RACED" || name == "RACED_PARTS" {
			for _, folder := range strings.Fields(list) {
				raced[path.Clean(folder)] = true
			}
		}
	}
	require.True(t, raced["."])
	for folder, file := range concurrent(t) {
		assert.True(t, raced[folder], "%s starts a goroutine; add ./%s to RACED or RACED_PARTS of the Makefile", file, folder)
	}
}

// concurrent returns the folders of packages that start goroutines, each with a
// file that does. Programs in studies and internal/cmd run jobs that the
// library runs in parallel in its own tests. Nested modules have targets of
// their own.
func concurrent(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != "." {
			_, noModule := os.Stat(filepath.Join(file, "go.mod"))
			if noModule == nil || slices.Contains([]string{"studies", "internal/cmd", "findings"}, filepath.ToSlash(file)) {
				return fs.SkipDir
			}
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			if startsGoroutine(n) {
				out[filepath.ToSlash(filepath.Dir(file))] = file
			}
			return true
		})
		return nil
	}))
	return out
}

// startsGoroutine reports whether a node is a go statement, or a call of a
// method Go, such as that of sync.WaitGroup, or of parallel.Run.
func startsGoroutine(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		x, ok := f.X.(*ast.Ident)
		return f.Sel.Name == "Go" || ok && x.Name == "parallel" && f.Sel.Name == "Run"
	}
	return false
}
