package results

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
)

// Case is a file of one run with the name of its case.
//
// Names differ within a merged table.
type Case struct {
	Name string // value of the column case
	File string // written by this package, .parquet or .csv
}

// Merge writes the rows of several runs to one file, .parquet or .csv, with the
// column case before the others. It reads and writes part by part, so that a
// table may be larger than the memory. The descriptions of the runs are kept
// under their names.
//
// For example, Merge("all.parquet", Case{"calm", "calm.parquet"}, Case{"windy",
// "windy.csv"}).
//
// A merged table is for queries. It cannot be read back as a run, because it
// has several:
//
//	case,vpp,der,scenario,step,…
//	calm,Town,battery,0,0,…
//	windy,Town,battery,0,0,…
func Merge(name string, cases ...Case) error {
	format, err := formatOf(name)
	bad := faults.List{Prefix: "results: "}
	bad.Add(err)
	bad.Require(len(cases) > 0, "nothing to merge; give at least one case")
	for i, c := range cases {
		bad.Require(c.Name != "", "the case of %s has no name", c.File)
		bad.Require(slices.IndexFunc(cases, func(x Case) bool { return x.Name == c.Name }) == i, "two cases are named %q", c.Name)
		bad.Require(!files.Same(c.File, name), "case %q: its file is the one to be written", c.Name)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	merged := head{Schema: Schema}
	// All heads are read before the rows, because the writer takes the metadata
	// at its start.
	for k, c := range cases {
		in, err := open(c.File)
		if err != nil {
			return err
		}
		in.close()
		// The column case has one level: a merged file has it already.
		if len(in.head.Cases) > 0 {
			bad.Addf("case %q: %s is merged already; merge files of single runs", c.Name, c.File)
			continue
		}
		run, err := json.Marshal(in.head)
		if err != nil {
			return fmt.Errorf("results: %w", err)
		}
		merged.Cases = append(merged.Cases, caseHead{c.Name, run})
		// One column of local time has one zone.
		if k == 0 {
			merged.Zone = in.head.Zone
		} else if merged.Zone != in.head.Zone {
			merged.Zone = "several" // each run has its own
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	parts := mergedParts(cases)
	if format == ".parquet" {
		return files.Write(name, func(w io.Writer) error { return writeParquet(w, true, &merged, parts) })
	}
	if err := files.Write(name, func(w io.Writer) error { return writeCSV(w, true, parts) }); err != nil {
		return err
	}
	return files.Write(name+".json", func(w io.Writer) error { return writeHead(w, &merged) })
}

// mergedParts returns the parts of the files with the names of their cases.
//
// Each file is open only while its parts are read, and a part is valid until
// the next one. An error ends the sequence and names the file.
func mergedParts(cases []Case) iter.Seq2[*columns, error] {
	return func(yield func(*columns, error) bool) {
		for _, c := range cases {
			in, err := open(c.File)
			if err != nil {
				yield(nil, err)
				return
			}
			// Rows go from file to file, so that merging needs the memory of
			// one part.
			for part, err := range in.parts {
				if err == nil {
					part.cases = slices.Repeat([]string{c.Name}, part.len())
				} else {
					err = fmt.Errorf("%s: %w", c.File, err)
				}
				if !yield(part, err) || err != nil {
					in.close()
					return
				}
			}
			in.close()
		}
	}
}
