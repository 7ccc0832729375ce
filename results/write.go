package results

import (
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/files"
)

// WriteFile writes the table of a run to a file. The name ends in .parquet, or
// in .csv: then the description of the run goes to NAME.csv.json. An existing
// file is replaced once the new one is complete.
//
//	err = results.WriteFile("run.parquet", region, result)
func WriteFile(name string, r trigrid.Region, res *trigrid.Result) error {
	format, err := formatOf(name)
	if err != nil {
		return err
	}
	t, err := New(r, res)
	if err != nil {
		return err
	}
	return writeTable(name, format, t)
}

// fileTable is a table with both forms of a file.
type fileTable interface {
	WriteParquet(io.Writer) error
	WriteCSV(io.Writer) error
	WriteHead(io.Writer) error
}

// writeTable writes a table to one Parquet file, or to a CSV file with its
// description beside it.
func writeTable(name, format string, t fileTable) error {
	if format == ".parquet" {
		return files.Write(name, t.WriteParquet)
	}
	// The description comes last, so that it never describes a table that is
	// not complete.
	if err := files.Write(name, t.WriteCSV); err != nil {
		return err
	}
	return files.Write(name+".json", t.WriteHead)
}
