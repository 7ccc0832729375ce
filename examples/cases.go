// Package examples contains the calibrated case, so that programs of other
// modules can read it from any folder. The programs of the folders below show
// one subject each; see README.md.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed threelevel/case.json
var cases embed.FS

// Cases returns the case files of the examples. It has one file,
// threelevel/case.json: two VPPs, two wind farms, two gas turbines and one
// battery, with calibrated data. For example,
//
//	c, err := casefile.Load(examples.Cases(), "threelevel/case.json")
func Cases() fs.FS { return cases }
