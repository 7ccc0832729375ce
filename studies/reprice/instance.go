package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// instance is a unit commitment problem, independent of the file format. Power
// is in MW, time in steps.
type instance struct {
	steps           int
	hours           float64   // length of a step
	demand, reserve []float64 // MW per step; a nil reserve is no requirement
	mismatch        float64   // currency per MWh; +Inf if demand must be met
	shortfall       float64   // currency per MWh; +Inf if reserve must be held
	thermal         map[string]*unit
	renewable       map[string]*band
}

// unit is a thermal unit. Ramps limit the change from one step to the next.
type unit struct {
	min, max         float64 // MW, while on
	rampUp, rampDown float64 // MW per step
	start, stop      float64 // highest output in the first step and in the last step on, MW
	stopHeld         float64 // highest output and reserve in the last step on, MW; 0: stop
	minUp, minDown   int     // steps
	mustRun          bool

	wasOn     bool     // state before the first step
	past      int      // steps in that state
	hold      *int     // steps for which that state must last; nil: the minimum time less past
	before    float64  // output before the first step, MW
	firstStop *float64 // highest output before a stop in the first step, MW; nil: stop

	// Data per step: limits and start limits in MW, nil for the numbers above;
	// and states that are fixed (1 on, 0 off, −1 free), nil for none.
	leastAt, mostAt, startAt, stopAt []float64
	fixed                            []int

	// Output in MW while off: before a start and from a stop on, the nearest
	// step first. The unit has been off for offFor steps before the horizon and
	// starts startsIn steps after its end; 0 if it is not so.
	rising, falling  []float64
	offFor, startsIn int

	points     [][2]float64 // production cost: MW and currency per hour, MW ascending
	lags       []int        // steps off from which the start cost of the same index applies
	startCosts []float64    // currency per start
	stopCost   float64      // currency per stop
}

// band holds the limits of a renewable unit, MW per step.
type band struct{ least, most []float64 }

// readInstance reads an instance file. A file with the key "elements" has the
// format of Egret, any other the format of pglib-uc. ignore has the keys of an
// Egret file to leave out although they change the problem.
func readInstance(name string, ignore []string) (*instance, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var (
		kind map[string]json.RawMessage
		inst *instance
	)
	if err = json.Unmarshal(data, &kind); err == nil {
		if kind["elements"] != nil {
			inst, err = readEgret(data, ignore)
		} else {
			inst, err = readPGLib(data)
		}
	}
	if err == nil {
		err = inst.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return inst, nil
}

// check reports all violations that would make an audit read past the end of a
// list.
func (x *instance) check() error {
	var bad faults.List
	bad.Require(x.steps >= 1 && x.hours > 0,
		"%d steps of %v h, want at least one of some length", x.steps, x.hours)
	length := func(list string, n int) {
		bad.Require(n == x.steps, "%s has %d values, want one for each of %d steps", list, n, x.steps)
	}
	length("the demand", len(x.demand))
	if x.reserve != nil {
		length("the reserve requirement", len(x.reserve))
	}
	for _, name := range slices.Sorted(maps.Keys(x.renewable)) {
		length("the lower limit of "+name, len(x.renewable[name].least))
		length("the upper limit of "+name, len(x.renewable[name].most))
	}
	for _, name := range slices.Sorted(maps.Keys(x.thermal)) {
		bad.Require(len(x.thermal[name].points) > 0, "unit %s has no production cost", name)
	}
	return bad.Err()
}
