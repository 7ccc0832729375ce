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
)

// readRun reads a result of -json for a comparison. The name of the run is that of its file, such as
// "without storage" for "out/without storage.json".
func readRun(name string) (*report.Run, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	res := &trigrid.Result{}
	if err := json.Unmarshal(data, res); err != nil {
		return nil, fmt.Errorf("want a result of -json: %w", err)
	}
	// Other JSON files, such as cases, have none of the keys.
	if len(res.VPPs) == 0 || len(res.DERs) == 0 {
		return nil, errors.New("the file has no VPPs or no DERs; give a result of -json")
	}
	return &report.Run{Name: strings.TrimSuffix(filepath.Base(name), ".json"), Result: res}, nil
}
