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

// readRun reads a result of -json or -results for a comparison. The name of the
// run is that of its file, such as "without storage" for "out/without
// storage.json".
//
// It returns an error for other JSON files, such as cases, and for runs without
// an allocation.
func readRun(name string) (*report.Run, error) {
	run := &report.Run{Name: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
	if results.Check(name) == nil {
		res, err := results.ReadResult(name)
		if err != nil {
			return nil, err
		}
		run.Result = res
		return run, allocated(res)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	run.Result = &trigrid.Result{}
	if err := json.Unmarshal(data, run.Result); err != nil {
		// The error of package json names Go types.
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			place := strings.TrimSuffix("$."+wrong.Field, ".") // the whole file has no field
			return nil, fmt.Errorf("want a result of -json, and the file has %s at %q", wrong.Value, place)
		}
		return nil, fmt.Errorf("want a result of -json: %w", err)
	}
	// Other JSON files, such as cases, have none of the keys.
	if len(run.Result.VPPs) == 0 || len(run.Result.DERs) == 0 {
		return nil, errors.New("the file has no VPPs or no DERs; give a result of -json")
	}
	return run, allocated(run.Result)
}

// allocated returns an error if a run ended without an allocation. Its zeros
// are not comparable.
func allocated(res *trigrid.Result) error {
	if rec := res.Recommendation; rec != nil && (rec.Reason == trigrid.NothingFeasible || rec.Reason == trigrid.NothingSolved) {
		return fmt.Errorf("the run has no allocation to compare: %s", rec.Explanation)
	}
	return nil
}

// readPlans adds the plans of a table of -compare, if the table is of this
// region, or of one with other costs or limits. They are needed for energies
// and deliveries. The results of other regions are compared without.
func (o *options) readPlans(region trigrid.Region) {
	if o.other == nil || results.Check(o.comparePath) != nil {
		return
	}
	if res, err := results.ReadOther(o.comparePath, region); err == nil && len(res.Settlement) > 0 {
		o.other.Result, o.other.Region = res, &region
	}
}
