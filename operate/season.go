package operate

import (
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/scenario"
)

// Season is a row of days with the data of its region. It is plain data.
//
// For example, Season{Name: "spring", Start: 1 March 00:00, Days: 30, Step:
// time.Hour} has 30 days of 24 steps; in a time zone with summer time one of
// them has 23.
type Season struct {
	Name  string
	Notes []string // statements that every result repeats, such as "prices are simulated"

	Start time.Time     // beginning of the first day, 00:00 in the time zone of the days
	Days  int           // at least 1
	Step  time.Duration // length of a step; divides each day

	Source Source   // forecasts and actual values
	Region Template // VPPs, DERs, markets and tariffs over given steps
}

// Template returns the region over the steps of a set, which lie in one day of
// the season. Markets and tariffs have prices per step; a template takes them
// from the series of the set, for example set.Mean("price"). A set of forecasts
// then gives the prices known at that time, and the set of actual values the
// real ones. Imbalance is settled at the latter.
//
// Equal sets must give equal regions. VPPs and DERs have the same names in the
// same order at each call. The DERs of a whole day are those of its beginning:
// their states before the first day are the initial ones, later states follow
// from the operation. [Repeat] makes a template of a region over one day.
type Template func(set *scenario.Set) (trigrid.Region, error)

// Grid returns the steps of a day, 0 ≤ day < Days. For example, hourly days in
// Berlin have 23 steps on 31 March 2030 and 25 steps on 27 October 2030. Days
// begin at the same time of the clock, so that a day on which clocks change has
// 23 or 25 hours.
func (s Season) Grid(day int) scenario.Grid {
	from, to := days.Begin(s.Start, day), days.Begin(s.Start, day+1)
	return scenario.Grid{Start: from, Step: s.Step, Steps: int(to.Sub(from) / s.Step)}
}

// Gate returns the time at which the day-ahead gate of a day closes: the
// beginning of the last step of the day before. At that time the state of each
// DER at the beginning of the day follows from known values.
func (s Season) Gate(day int) time.Time { return s.Grid(day).Start.Add(-s.Step) }

// Validate returns an error that lists all violations of the season's own
// fields. Violations of the region are those of [trigrid.Region.Validate], on
// its first day.
func (s Season) Validate() error {
	bad := faults.List{Prefix: "operate: season: ", Max: 10}
	if bad.Require(!s.Start.IsZero(), "Start is the zero time, want midnight of the first day") {
		// A day that began at noon would have two dates, and its gate would
		// close during a day.
		bad.Require(s.Start.Equal(days.Begin(s.Start, 0)), "Start is %s, want the beginning of a day, %s",
			s.Start.Format(time.DateTime), days.Begin(s.Start, 0).Format(time.DateTime))
	}
	bad.Require(s.Days >= 1, "Days is %d, want at least 1", s.Days)
	bad.Require(s.Step > 0, "Step is %v, want a positive duration", s.Step)
	bad.Require(s.Source != nil, "Source is nil; give the forecasts and the actual values")
	bad.Require(s.Region != nil, "Region is nil; give a template, such as Repeat(region)")
	if s.Step > 0 && !s.Start.IsZero() {
		for day := range s.Days {
			length := days.Begin(s.Start, day+1).Sub(days.Begin(s.Start, day))
			if !bad.Require(length%s.Step == 0, "Step is %v, which does not divide the %v of %s",
				s.Step, length, days.Begin(s.Start, day).Format(time.DateOnly)) {
				break
			}
		}
	}
	return bad.Err()
}
