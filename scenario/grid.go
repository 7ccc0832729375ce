package scenario

import "time"

// Grid is a row of equal time steps. Step t covers [Start+t·Step, Start+(t+1)·Step).
//
// For example, Grid{Step: 15 * time.Minute, Steps: 96} is one day in quarters of an hour.
type Grid struct {
	Start time.Time     // beginning of step 0; the zero time if no calendar is needed
	Step  time.Duration // length of one step, positive
	Steps int           // number of steps, at least one
}

// Hours returns the length of one step in hours, which is the factor between MW and MWh.
func (g Grid) Hours() float64 { return g.Step.Hours() }

// Time returns the beginning of step t. Values of t outside [0, Steps) extend the grid.
func (g Grid) Time(t int) time.Time { return g.Start.Add(time.Duration(t) * g.Step) }

// Validate returns an error that lists every violation: a step or a number of steps that is not
// positive.
func (g Grid) Validate() error {
	bad := violations("scenario: grid ")
	bad.Require(g.Step > 0, "step is %v, want a positive duration", g.Step)
	bad.Require(g.Steps > 0, "has %d steps, want at least 1", g.Steps)
	return bad.Err()
}
