package market

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
)

// A Period is the length of a settlement period in hours: quantities are netted
// within a period before they are priced. It matters for every price that
// depends on the quantity. For example, a published [Ladder] costs a quarter
// more per day if it is settled daily instead of hourly.
type Period float64

// Usual periods.
const (
	EachStep Period = 0  // every step is a period, the default
	Hour     Period = 1  // one hour
	Day      Period = 24 // one day
	Horizon  Period = -1 // all steps form one period
)

// A Calendar maps steps to settlement periods. The markets of this package
// embed it. A custom market that embeds it has the methods Periods and Span.
//
// For example, Calendar{Steps: 96, StepHours: 0.25, Period: Hour} has 24
// periods of four steps.
type Calendar struct {
	Steps     int     // number of steps in the horizon, at least 1
	StepHours float64 // length of a step, hours; 0: 1, see [Calendar.Fits]
	Period    Period  // length of a settlement period; default EachStep

	// StepLengths are the lengths of the steps, hours, one per step. Nil: every
	// step has StepHours, which must be 0 if StepLengths is given.
	StepLengths []float64

	// Start is the beginning of step 0, with its time zone. Periods of a [Day]
	// then follow the dates, so that days of 23 and 25 hours are days. Zero:
	// days of 24 hours, of which the last may have 23 or 25.
	//
	// If steps differ in length, periods that divide a day follow the clock,
	// and the first one may be a part of a period: a plan from 10:53 on,
	// settled by the hour, has a first period of seven minutes. Bands,
	// tolerances and limits of that period are those of the part. Zero: periods
	// count from step 0.
	Start time.Time
}

// normal returns the calendar with StepHours instead of StepLengths if the
// lengths are equal.
func (c Calendar) normal() Calendar {
	if len(c.StepLengths) == 0 || len(c.StepLengths) != c.Steps || c.StepHours != 0 {
		return c
	}
	for _, hours := range c.StepLengths {
		if hours != c.StepLengths[0] {
			return c
		}
	}
	c.StepHours, c.StepLengths = c.StepLengths[0], nil
	return c
}

// HoursAt returns the length of step t in hours.
func (c Calendar) HoursAt(t int) float64 {
	if c.StepLengths != nil {
		return c.StepLengths[t]
	}
	return c.Hours()
}

// HoursTo returns the hours from the beginning of the calendar to the beginning
// of step t.
func (c Calendar) HoursTo(t int) float64 {
	if c = c.normal(); c.StepLengths == nil {
		return float64(t) * c.Hours()
	}
	sum := 0.0
	for _, hours := range c.StepLengths[:t] {
		sum += hours
	}
	return sum
}

// Hours returns the length of every step in hours. It panics if the lengths
// differ; read [Calendar.HoursAt] then.
func (c Calendar) Hours() float64 {
	if c = c.normal(); c.StepLengths != nil {
		panic("market: Hours of a calendar whose steps differ in length; read HoursAt")
	}
	if c.StepHours == 0 {
		return 1
	}
	return c.StepHours
}

// Fits returns an error if the calendar belongs to steps of another length than
// the given one, hours. Only its number of steps counts if StepHours is 0 and
// no period is longer than a step. For example, Calendar{Steps: 96, Period:
// Hour} has 96 periods of one hour, and does not fit quarter-hours; with
// StepHours: 0.25 it has 24 periods and fits.
func (c Calendar) Fits(hours float64) error {
	const tolerance = 1e-9
	if c = c.normal(); c.StepLengths != nil {
		return fmt.Errorf("calendar: its steps differ in length, want the %v h of the scenarios; set StepHours to %v", hours, hours)
	}
	if c.StepHours == 0 && (c.Period == EachStep || c.Period == Horizon) || math.Abs(c.Hours()-hours) <= tolerance*hours {
		return nil
	}
	given := fmt.Sprintf("%v h", c.Hours())
	if c.StepHours == 0 {
		given = "1 h, because StepHours is 0"
	}
	return fmt.Errorf("calendar: its steps have %s, want the %v h of the scenarios; set StepHours to %v", given, hours, hours)
}

// FitsSteps is Fits for scenarios whose steps differ in length; hours has one
// length per step.
func (c Calendar) FitsSteps(hours []float64) error {
	const tolerance = 1e-9
	if c.StepLengths == nil && c.StepHours == 0 && (c.Period == EachStep || c.Period == Horizon) {
		return nil // only the number of steps counts
	}
	if len(c.StepLengths) == 0 {
		return fmt.Errorf("calendar: its steps have one length, those of the scenarios differ; set StepLengths")
	}
	for t := range min(len(hours), len(c.StepLengths)) {
		if math.Abs(c.StepLengths[t]-hours[t]) > tolerance*hours[t] {
			return fmt.Errorf("calendar: step %d has %v h, want the %v h of the scenarios; set StepLengths to their lengths",
				t, c.StepLengths[t], hours[t])
		}
	}
	return nil
}

// Periods returns the number of settlement periods, or 0 if the calendar is
// invalid.
func (c Calendar) Periods() int {
	c = c.normal()
	n := c.length()
	switch {
	case n == 0:
		return 0
	case c.uneven():
		return len(c.starts())
	}
	return c.Steps / n
}

// uneven reports whether periods can have different numbers of steps, so that
// starts has them.
func (c Calendar) uneven() bool {
	return c.Period == Day || c.StepLengths != nil && c.Period > 0
}

// starts returns the first step of each period of a valid calendar for which
// uneven returns true.
func (c Calendar) starts() []int {
	if c.Period == Day {
		return c.days()
	}
	out, _ := c.clock()
	return out
}

// clock returns the first step of each period of c.Period hours over steps of
// different lengths, and an error if a period does not end at the end of a
// step.
//
//	period k ends c.Period·(k+1) − offset hours after step 0
//
// offset is the part of the first period before step 0: 0 without Start, or if
// c.Period does not divide a day.
func (c Calendar) clock() (starts []int, err error) {
	const tolerance = 1e-9 // hours
	length := float64(c.Period)
	offset := 0.0
	if parts := float64(Day) / length; !c.Start.IsZero() && math.Abs(parts-math.Round(parts)) <= tolerance*parts {
		clock := time.Duration(c.Start.Hour())*time.Hour + time.Duration(c.Start.Minute())*time.Minute +
			time.Duration(c.Start.Second())*time.Second + time.Duration(c.Start.Nanosecond())
		offset = math.Mod(clock.Hours(), length)
		if length-offset <= tolerance { // 10:59:59.999… is 11:00
			offset = 0
		}
	}
	at, end := 0.0, -offset
	for t, hours := range c.StepLengths {
		if at >= end-tolerance {
			starts = append(starts, t)
			for end <= at+tolerance {
				end += length
			}
		}
		at += hours
		if at > end+tolerance {
			return nil, fmt.Errorf("calendar: step %d, which ends %v h after the start, spans the end of a period of %v h "+
				"at %v h; cut the step there, shorten the period, or set Start so that periods follow the clock", t, at, length, end)
		}
	}
	if math.Abs(at-end) > tolerance {
		return nil, fmt.Errorf("calendar: the last period of %v h ends %v h after the steps; shorten the period or use Horizon",
			length, end-at)
	}
	return starts, nil
}

// days returns the first step of each day.
func (c Calendar) days() []int {
	if c = c.normal(); c.StepLengths != nil {
		return days.StartsOf(c.Start, func(t int) time.Duration {
			return time.Duration(math.Round(c.HoursTo(t) * float64(time.Hour)))
		}, c.Steps)
	}
	return days.Starts(c.Start, time.Duration(math.Round(c.Hours()*float64(time.Hour))), c.Steps)
}

// Span returns the steps of a period: from ≤ step < to.
func (c Calendar) Span(period int) (from, to int) {
	c = c.normal()
	n := c.length()
	if c.uneven() && n > 0 {
		starts := append(c.starts(), c.Steps)
		return starts[period], starts[period+1]
	}
	return period * n, (period + 1) * n
}

// PeriodOf returns the period of a step. The calendar must be valid.
func (c Calendar) PeriodOf(step int) int {
	if c = c.normal(); c.uneven() {
		starts := c.starts()
		return sort.Search(len(starts), func(i int) bool { return starts[i] > step }) - 1
	}
	return step / c.length()
}

// Net returns the sum of a quantity over the steps of each period. perStep has
// one value per step; another length panics.
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

// Validate returns an error that lists every violation. A period must be a
// whole number of steps, and the horizon a whole number of periods: a last day
// of twelve hours would halve the width of a ladder's bands without notice. Use
// [Horizon] or a shorter period in that case. Days may have 23 and 25 hours.
func (c Calendar) Validate() error {
	var bad faults.List
	c = c.normal()
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
	if c.StepLengths != nil {
		bad.Require(c.StepHours == 0, "calendar: StepHours is %v beside StepLengths, want one of them", c.StepHours)
		bad.Require(len(c.StepLengths) == c.Steps, "calendar: %d StepLengths for %d steps, want one each", len(c.StepLengths), c.Steps)
		for t, hours := range c.StepLengths {
			bad.Require(hours > 0 && !math.IsInf(hours, 1), "calendar: step %d of %v hours, want a positive length", t, hours)
		}
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	if c.StepLengths != nil {
		switch {
		case c.Period == Day:
			c.validateDays(&bad)
		case c.Period > 0:
			_, err := c.clock()
			bad.Add(err)
		}
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
		hours := c.HoursTo(starts[i+1]) - c.HoursTo(from)
		if c.StepLengths == nil {
			hours = float64(starts[i+1]-from) * c.Hours()
		}
		bad.Require(math.Abs(hours-float64(Day)) <= change+tolerance, "calendar: %d steps are not whole days: day %d has %v hours; "+
			"shorten the period or use Horizon", c.Steps, i, hours)
	}
}

// length returns the number of steps per period, or 0 for an invalid calendar.
// If uneven returns true, only its sign counts.
func (c Calendar) length() int {
	if c.Validate() != nil {
		return 0
	}
	return c.stepsPerPeriod()
}

// stepsPerPeriod returns the number of steps per period, or 0 if that is not a
// whole number. Steps such as a third of an hour have no exact binary form,
// which the tolerance absorbs.
func (c Calendar) stepsPerPeriod() int {
	const tolerance = 1e-9
	switch c.Period {
	case EachStep:
		return 1
	case Horizon:
		return c.Steps
	}
	if c.StepLengths != nil {
		return 1
	}
	ratio := float64(c.Period) / c.Hours()
	n := math.Round(ratio)
	if n < 1 || n > math.MaxInt32 || math.Abs(ratio-n) > tolerance*n {
		return 0
	}
	return int(n)
}
