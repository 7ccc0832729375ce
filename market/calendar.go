package market

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
)

// A Period is the length of a settlement period in hours: quantities are netted within a period
// before they are priced. It matters for every price that depends on the quantity. For example, a
// published [Ladder] costs a quarter more per day if it is settled daily instead of hourly.
type Period float64

// Usual periods.
const (
	EachStep Period = 0  // every step is a period, the default
	Hour     Period = 1  // one hour
	Day      Period = 24 // one day
	Horizon  Period = -1 // all steps form one period
)

// A Calendar maps steps to settlement periods. The markets of this package embed it. A custom
// market that embeds it has the methods Periods and Span.
//
// For example, Calendar{Steps: 96, StepHours: 0.25, Period: Hour} has 24 periods of four steps.
type Calendar struct {
	Steps     int     // number of steps in the horizon, at least 1
	StepHours float64 // length of a step, hours; 0: 1, see [Calendar.Fits]
	Period    Period  // length of a settlement period; default EachStep

	// Start is the beginning of step 0, with its time zone. Periods of a [Day] then follow the
	// dates, so that days of 23 and 25 hours are days. Zero: days of 24 hours, of which the last
	// may have 23 or 25.
	Start time.Time
}

// Hours returns the length of a step in hours.
func (c Calendar) Hours() float64 {
	if c.StepHours == 0 {
		return 1
	}
	return c.StepHours
}

// Fits returns an error if the calendar belongs to steps of another length than the given one,
// hours. Only its number of steps counts if StepHours is 0 and no period is longer than a step. For
// example, Calendar{Steps: 96, Period: Hour} has 96 periods of one hour, and does not fit
// quarter-hours; with StepHours: 0.25 it has 24 periods and fits.
func (c Calendar) Fits(hours float64) error {
	const tolerance = 1e-9
	if c.StepHours == 0 && (c.Period == EachStep || c.Period == Horizon) || math.Abs(c.Hours()-hours) <= tolerance*hours {
		return nil
	}
	given := fmt.Sprintf("%v h", c.Hours())
	if c.StepHours == 0 {
		given = "1 h, because StepHours is 0"
	}
	return fmt.Errorf("calendar: its steps have %s, want the %v h of the scenarios; set StepHours to %v", given, hours, hours)
}

// Periods returns the number of settlement periods, or 0 if the calendar is invalid.
func (c Calendar) Periods() int {
	n := c.length()
	switch {
	case n == 0:
		return 0
	case c.Period == Day:
		return len(c.days())
	}
	return c.Steps / n
}

// days returns the first step of each day.
func (c Calendar) days() []int {
	return days.Starts(c.Start, time.Duration(math.Round(c.Hours()*float64(time.Hour))), c.Steps)
}

// Span returns the steps of a period: from ≤ step < to.
func (c Calendar) Span(period int) (from, to int) {
	n := c.length()
	if c.Period == Day && n > 0 {
		starts := append(c.days(), c.Steps)
		return starts[period], starts[period+1]
	}
	return period * n, (period + 1) * n
}

// PeriodOf returns the period of a step. The calendar must be valid.
func (c Calendar) PeriodOf(step int) int {
	if c.Period == Day {
		starts := c.days()
		return sort.Search(len(starts), func(i int) bool { return starts[i] > step }) - 1
	}
	return step / c.length()
}

// Net returns the sum of a quantity over the steps of each period. perStep has one value per step;
// another length panics.
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

// Validate returns an error that lists every violation. A period must be a whole number of steps,
// and the horizon a whole number of periods: a last day of twelve hours would halve the width of a
// ladder's bands without notice. Use [Horizon] or a shorter period in that case. Days may have 23
// and 25 hours.
func (c Calendar) Validate() error {
	var bad faults.List
	if c.Steps < 1 {
		bad.Addf("calendar: %d steps, want at least 1", c.Steps)
	}
	if math.IsNaN(c.StepHours) || math.IsInf(c.StepHours, 0) || c.StepHours < 0 {
		bad.Addf(
			"calendar: a step of %v hours, want a positive length, or 0 for one hour", c.StepHours)
	}
	if math.IsNaN(float64(c.Period)) || math.IsInf(float64(c.Period), 0) || (c.Period < 0 && c.Period != Horizon) {
		bad.Addf("calendar: a period of %v hours, want a positive length, EachStep or Horizon",
			float64(c.Period))
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	switch n := c.stepsPerPeriod(); {
	case n == 0:
		bad.Addf("calendar: a period of %v hours is not a whole number of steps of %v hours",
			float64(c.Period), c.Hours())
	case c.Period == Day:
		c.validateDays(&bad)
	case c.Steps%n != 0:
		bad.Addf("calendar: %d steps are not a whole number of periods of %d steps; "+
			"shorten the period or use Horizon", c.Steps, n)
	}
	return bad.Err()
}

// validateDays adds a violation for a day that does not last 23 to 25 hours.
func (c Calendar) validateDays(bad *faults.List) {
	const change, tolerance = 1, 1e-9 // hours
	starts := append(c.days(), c.Steps)
	for i, from := range starts[:len(starts)-1] {
		hours := float64(starts[i+1]-from) * c.Hours()
		bad.Require(math.Abs(hours-float64(Day)) <= change+tolerance, "calendar: %d steps are not whole days: day %d has %v hours; "+
			"shorten the period or use Horizon", c.Steps, i, hours)
	}
}

// length returns the number of steps per period, or 0 for an invalid calendar.
func (c Calendar) length() int {
	if c.Validate() != nil {
		return 0
	}
	return c.stepsPerPeriod()
}

// stepsPerPeriod returns the number of steps per period, or 0 if that is not a whole number. Steps
// such as a third of an hour have no exact binary form, which the tolerance absorbs.
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
