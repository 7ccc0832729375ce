package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
)

// A case is coordinated, and the report of it written into a folder.
func Example() {
	c, err := trigrid.LoadCase(os.DirFS("../examples/run/testdata"), "small.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(context.Background(), trigrid.CaseOptions{})
	if err != nil {
		panic(err)
	}
	result, err := trigrid.Run(context.Background(), region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	parent, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(parent)
	fmt.Println(report.Write(filepath.Join(parent, "out"), region, result))

	tables, _ := report.Tables(region, result)
	fmt.Println(tables[1].Title)
	// Output:
	// <nil>
	// Each VPP with the members that chose it, in expectation over the horizon
}
