package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/report"
)

// The report of a coordinated case is written into a folder.
func Example() {
	region, result := small()
	parent, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(parent)
	fmt.Println(report.Write(filepath.Join(parent, "out"), region, result))

	tables, _ := report.Tables(region, result)
	fmt.Println(tables[1].Title)
	// Output:
	// <nil>
	// Each VPP with the members that chose it, in expectation over the horizon
}

// A folder with files of a user is rejected before the long run, not after it.
func ExampleCheck() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	fmt.Println(report.Check(dir))
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("text"), 0o666); err != nil {
		panic(err)
	}
	fmt.Println(strings.ReplaceAll(report.Check(dir).Error(), dir, "out"))
	// Output:
	// <nil>
	// report: out contains thesis.tex, which is not part of a report; choose a new or empty folder, or that of an older report
}

// Files have full precision; Decimals applies to the page only.
func ExampleTable_CSV() {
	table := report.Table{
		Name: "prices", Title: "Prices of two steps",
		Columns: []report.Column{{Name: "step"}, {Name: "price_per_mwh", Title: "price", Decimals: 1}, {Name: "note"}},
		Rows:    [][]any{{0, 41.256, nil}, {1, 1.0 / 3, "wind, sun"}},
	}
	var b strings.Builder
	if err := table.CSV(&b); err != nil {
		panic(err)
	}
	fmt.Print(strings.ReplaceAll(b.String(), "\r\n", "\n"))
	// Output:
	// step,price_per_mwh,note
	// 0,41.256,
	// 1,0.3333333333333333,"wind, sun"
}

// small returns a small region and its result.
func small() (trigrid.Region, *trigrid.Result) {
	c, err := casefile.Load(os.DirFS("../cmd/trigrid/testdata"), "small.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(context.Background(), casefile.Options{})
	if err != nil {
		panic(err)
	}
	result, err := trigrid.Run(context.Background(), region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	return region, result
}

// Tables can be used without writing a report.
func ExampleTables() {
	tables, err := report.Tables(small())
	if err != nil {
		panic(err)
	}
	for _, t := range tables[:4] {
		fmt.Printf("%s: %d columns, %d rows\n", t.Name, len(t.Columns), len(t.Rows))
	}
	// Output:
	// summary: 2 columns, 26 rows
	// vpps: 14 columns, 2 rows
	// ders: 9 columns, 2 rows
	// payoffs: 4 columns, 6 rows
}

// Figures can be drawn as SVG or PNG.
func ExampleFigures() {
	figures, err := report.Figures(small())
	if err != nil {
		panic(err)
	}
	for _, f := range figures {
		if f.Table == "dispatch" {
			fmt.Println(f.Name, "with the numbers of", f.Table+".csv")
		}
	}
	// Output:
	// dispatch-1 with the numbers of dispatch.csv
	// dispatch-2 with the numbers of dispatch.csv
}

// Files returns a report without writing it.
func ExampleFiles() {
	files, err := report.Files(small())
	if err != nil {
		panic(err)
	}
	fmt.Println(files[0].Name, files[1].Name)
	// Output:
	// index.html result.json
}
