package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
)

// run is the schedule of one unit. All slices have one entry per step.
type run struct {
	on              []bool
	output, reserve []float64 // MW
	seen            []bool    // the file has a line for the step
}

// readSchedule reads a CSV file as unitcommitment -o writes it:
//
//	unit,step,on,output_mw,reserve_mw
//	base,0,1,82.5,10
//
// Lines can have any order. A unit can lack steps, which the audit reports; a
// step that appears twice is an error.
func readSchedule(name string, steps int) (map[string]*run, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	plan := map[string]*run{}
	for i, line := range lines {
		if i == 0 {
			continue // the header
		}
		if len(line) != 5 {
			return nil, fmt.Errorf("%s, line %d: %d fields, want 5", name, i+1, len(line))
		}
		t, err := strconv.Atoi(line[1])
		if err != nil || t < 0 || t >= steps {
			return nil, fmt.Errorf("%s, line %d: step %q, want 0 to %d", name, i+1, line[1], steps-1)
		}
		output, err1 := strconv.ParseFloat(line[3], 64)
		reserve, err2 := strconv.ParseFloat(line[4], 64)
		if err1 != nil || err2 != nil || line[2] != "0" && line[2] != "1" {
			return nil, fmt.Errorf("%s, line %d: want 0 or 1 and two numbers", name, i+1)
		}
		r := plan[line[0]]
		// The lines of the file fill the entries of a unit one by one.
		if r == nil {
			r = &run{make([]bool, steps), make([]float64, steps), make([]float64, steps), make([]bool, steps)}
			plan[line[0]] = r
		}
		if r.seen[t] {
			return nil, fmt.Errorf("%s, line %d: step %d of unit %s is there twice", name, i+1, t, line[0])
		}
		r.on[t], r.output[t], r.reserve[t], r.seen[t] = line[2] == "1", output, reserve, true
	}
	return plan, nil
}
