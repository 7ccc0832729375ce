package report_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/report"
)

// tree returns the content of every file below a folder by its name; folders
// end in a slash.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() {
			out[name+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		out[name] = string(data)
		return err
	})
	require.NoError(t, err)
	return out
}

func TestWriteMakesTheFolderAndReplacesAnOlderReport(t *testing.T) {
	r, res := fixture(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "deep", "below", "out")
	require.NoError(t, report.Check(dir))
	assert.Equal(t, map[string]string{"./": ""}, tree(t, parent), "Check leaves nothing behind")

	require.NoError(t, report.Write(dir, r, res))
	written := tree(t, dir)
	list, err := report.Files(r, res)
	require.NoError(t, err)
	for _, f := range list {
		assert.Equal(t, string(f.Data), written[f.Name], f.Name)
	}
	assert.Len(t, written, len(list)+3, "three folders and nothing else")

	// A report of a region with fewer pictures leaves none of the older one's.
	res.Plans[0].Prices = nil
	require.NoError(t, report.Check(dir))
	require.NoError(t, report.Write(dir, r, res))
	assert.NoFileExists(t, filepath.Join(dir, "figures", "prices-1.svg"))
	assert.Len(t, tree(t, filepath.Join(parent, "deep", "below")), len(list)-3+4, "three files of the figure less, four folders, and nothing beside the report")
}

// onlySVG makes reports fast whose pictures no test reads.
var onlySVG = report.Options{Formats: []report.Format{report.SVG}}

func TestWriteTakesAnEmptyFolder(t *testing.T) {
	r, res := fixture(t)
	dir := t.TempDir()
	require.NoError(t, report.WriteWith(dir, r, res, onlySVG))
	assert.FileExists(t, filepath.Join(dir, "index.html"))
}

func TestWriteFollowsALink(t *testing.T) {
	r, res := fixture(t)
	parent := t.TempDir()
	real, link := filepath.Join(parent, "real"), filepath.Join(parent, "link")
	require.NoError(t, os.Mkdir(real, 0o777))
	if err := os.Symlink(real, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	require.NoError(t, report.WriteWith(link, r, res, onlySVG))
	assert.FileExists(t, filepath.Join(real, "index.html"))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&fs.ModeSymlink)
}

func TestWriteRefusesFoldersOfOthersAndLeavesThemAlone(t *testing.T) {
	r, res := fixture(t)
	for name, content := range map[string]string{
		"thesis.tex":           "years of work",
		"index.html":           "<!doctype html> another page",
		"figures/mine.png":     "picture",
		"result.json":          "the result of another run, beside which a page is wanted",
		"tables/deeper/my.csv": "1,2",
	} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "out")
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o666))
		before := tree(t, parent)
		assert.ErrorContains(t, report.Check(dir), name)
		assert.ErrorContains(t, report.WriteWith(dir, r, res, onlySVG), "which is not part of a report; choose a new or empty folder")
		assert.Equal(t, before, tree(t, parent), name)
	}
}

// A file that a user added to the folder of an older report is not deleted.
func TestWriteRefusesAReportWithSomethingInIt(t *testing.T) {
	r, res := fixture(t)
	dir := filepath.Join(t.TempDir(), "out")
	require.NoError(t, report.WriteWith(dir, r, res, onlySVG))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "figures", "notes.txt"), []byte("mine"), 0o666))
	before := tree(t, dir)
	assert.ErrorContains(t, report.WriteWith(dir, r, res, onlySVG), "contains figures/notes.txt")
	assert.Equal(t, before, tree(t, dir))
}

func TestFailuresLeaveNothingBehind(t *testing.T) {
	r, res := fixture(t)
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	require.NoError(t, os.WriteFile(file, []byte("content"), 0o666))
	locked := filepath.Join(parent, "locked")
	require.NoError(t, os.Mkdir(locked, 0o555))
	before := tree(t, parent)

	assert.ErrorContains(t, report.WriteWith(file, r, res, onlySVG), "is a file; choose a folder")
	assert.Error(t, report.WriteWith(filepath.Join(file, "out"), r, res, onlySVG), "a file has no folders in it")
	assert.Error(t, report.Check(filepath.Join(file, "deep", "out")))
	if os.Geteuid() > 0 { // permissions bind neither root nor, in this way, Windows
		assert.Error(t, report.WriteWith(filepath.Join(locked, "out"), r, res, onlySVG))
		assert.Error(t, report.Check(filepath.Join(locked, "deep", "out")))
	}
	res.Plans = nil
	assert.Error(t, report.WriteWith(filepath.Join(parent, "new", "out"), r, res, onlySVG))
	assert.Equal(t, before, tree(t, parent))
}
