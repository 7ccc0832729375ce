package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
)

// readRun reads a result of -json or -results for a comparison. The name of the run is that of its
// file, such as "without storage" for "out/without storage.json".
func readRun(name string) (*report.Run, error) {
	run := &report.Run{Name: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
	if results.Check(name) == nil {
		res, err := results.ReadResult(name)
		run.Result = res
		return run, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	run.Result = &trigrid.Result{}
	if err := json.Unmarshal(data, run.Result); err != nil {
		return nil, fmt.Errorf("want a result of -json: %w", err)
	}
	// Other JSON files, such as cases, have none of the keys.
	if len(run.Result.VPPs) == 0 || len(run.Result.DERs) == 0 {
		return nil, errors.New("the file has no VPPs or no DERs; give a result of -json")
	}
	return run, nil
}

// readPlans adds the plans of a table of -compare, if the table is of this region. They are needed
// for energies and deliveries. The results of other regions are compared without.
func (o *options) readPlans(region trigrid.Region) {
	if o.other == nil || results.Check(o.comparePath) != nil {
		return
	}
	if res, err := results.ReadFile(o.comparePath, region); err == nil && len(res.Settlement) > 0 {
		o.other.Result, o.other.Region = res, &region
	}
}
