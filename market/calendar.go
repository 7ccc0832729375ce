package market

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Period is the length of a settlement period in hours: how long quantities are netted before they
// are priced. It matters wherever the price depends on the quantity. A ladder settled daily and the
// same ladder settled hourly differ by a quarter on a published case (see [Ladder]).
type Period float64

// Usual periods.
const (
	EachStep Period = 0  // the default: every step by itself
	Hour     Period = 1  //
	Day      Period = 24 //
	Horizon  Period = -1 // all steps together
)

// A Calendar maps steps to settlement periods. Markets embed it; so may a market of your own, which
// then has Periods and Span already.
type Calendar struct {
	Steps     int     // steps in the horizon, at least 1
	StepHours float64 // length of a step, hours; 0 means 1
	Period    Period  // settlement period; the default settles every step
}

// Hours returns the length of a step in hours.
func (c Calendar) Hours() float64 {
	if c.StepHours == 0 {
		return 1
	}
	return c.StepHours
}

// Periods returns the number of settlement periods, 0 if the calendar is not valid.
func (c Calendar) Periods() int {
	n := c.length()
	if n == 0 {
		return 0
	}
	return c.Steps / n
}

// Span returns the steps of a period: from ≤ step < to.
func (c Calendar) Span(period int) (from, to int) {
	n := c.length()
	return period * n, (period + 1) * n
}

// PeriodOf returns the period that settles a step. The calendar must be valid.
func (c Calendar) PeriodOf(step int) int { return step / c.length() }

// Net adds a quantity per step into one per period. It panics if the number of steps differs.
func (c Calendar) Net(perStep []float64) []float64 {
	if len(perStep) != c.Steps {
		panic("market: Net needs one quantity per step of the calendar")
	}
	net := make([]float64, c.Periods())
	for p := range net {
		from, to := c.Span(p)
		for _, q := range perStep[from:to] {
			net[p] += q
		}
	}
	return net
}

// Validate reports a calendar whose periods are not whole numbers of steps, or whose horizon is not a
// whole number of periods. A last day of twelve hours would silently halve the room in a ladder's
// bands, so it is refused; choose [Horizon] or a shorter period.
func (c Calendar) Validate() error {
	var bad faults.List
	if c.Steps < 1 {
		bad.Addf("calendar: %d steps; it needs at least 1", c.Steps)
	}
	if math.IsNaN(c.StepHours) || math.IsInf(c.StepHours, 0) || c.StepHours < 0 {
		bad.Addf("calendar: a step of %v hours; give a positive length, or 0 for one hour", c.StepHours)
	}
	if math.IsNaN(float64(c.Period)) || math.IsInf(float64(c.Period), 0) || (c.Period < 0 && c.Period != Horizon) {
		bad.Addf("calendar: a period of %v hours; give a positive length, EachStep, or Horizon", float64(c.Period))
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	switch n := c.stepsPerPeriod(); {
	case n == 0:
		bad.Addf("calendar: a period of %v hours is not a whole number of steps of %v hours", float64(c.Period), c.Hours())
	case c.Steps%n != 0:
		bad.Addf("calendar: %d steps are not a whole number of periods of %d steps; shorten the period or use Horizon", c.Steps, n)
	}
	return bad.Err()
}

// length returns the steps per period of a valid calendar and 0 otherwise.
func (c Calendar) length() int {
	if c.Validate() != nil {
		return 0
	}
	return c.stepsPerPeriod()
}

// stepsPerPeriod returns 0 if the period is not a whole number of steps. Steps such as a third of an
// hour have no exact binary form, hence the tolerance.
func (c Calendar) stepsPerPeriod() int {
	const tolerance = 1e-9
	switch c.Period {
	case EachStep:
		return 1
	case Horizon:
		return c.Steps
	}
	ratio := float64(c.Period) / c.Hours()
	n := math.Round(ratio)
	if n < 1 || n > math.MaxInt32 || math.Abs(ratio-n) > tolerance*n {
		return 0
	}
	return int(n)
}
