package scenario

import "time"

// Grid is a row of equal time steps; step t covers [Start+t*Step, Start+(t+1)*Step).
type Grid struct {
	Start time.Time     // beginning of step 0; the zero time is allowed where no calendar matters
	Step  time.Duration // length of one step, positive
	Steps int           // number of steps, at least one
}

// Hours returns the length of one step in hours: the factor between MW and MWh.
func (g Grid) Hours() float64 { return g.Step.Hours() }

// Time returns the beginning of step t. Values outside [0, Steps) extend the grid in both directions.
func (g Grid) Time(t int) time.Time { return g.Start.Add(time.Duration(t) * g.Step) }

// Validate reports every reason why the grid cannot be used.
func (g Grid) Validate() error {
	bad := violations("scenario: grid ")
	bad.Require(g.Step > 0, "step is %v, want a positive duration", g.Step)
	bad.Require(g.Steps > 0, "has %d steps, want at least 1", g.Steps)
	return bad.Err()
}
