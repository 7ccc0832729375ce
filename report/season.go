package report

import (
	"errors"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/operate"
)

// season is a comparison of strategies after validation, with the colours of
// its names.
type season struct {
	comparison *operate.Comparison
	list       []*operate.Compared // strategies that operated, in their order
	formats    []Format

	days   []seasonDay // that all strategies settled
	starts []int       // first step of each day, and the number of steps
	vpps   []string
	ders   []string

	inks   []ink // of the strategies
	vppInk map[string]ink
	derInk map[string]ink
}

// seasonDay is the calendar of a day.
type seasonDay struct {
	number int
	start  time.Time
	step   time.Duration
	steps  int
}

// time returns the beginning of a step.
func (d seasonDay) time(step int) time.Time { return d.start.Add(time.Duration(step) * d.step) }

// newSeason returns an error that lists all reasons for which a comparison
// cannot be shown.
func newSeason(c *operate.Comparison) (*season, error) {
	if c == nil {
		return nil, errors.New("report: there is no comparison; pass the one of operate.Compare")
	}
	x := &season{comparison: c, vppInk: map[string]ink{trigrid.Outside: outside}, derInk: map[string]ink{}}
	bad := faults.List{Prefix: "report: season: ", Max: 10}
	for i := range c.Strategies {
		s := &c.Strategies[i]
		if s.Reason != "" {
			continue
		}
		if !bad.Require(s.Result != nil, "strategy %q has no result, which JSON leaves out; pass the comparison of operate.Compare", s.Strategy.Name) {
			continue
		}
		bad.Require(len(s.Result.Days) >= c.Days, "strategy %q has %d days, and the comparison %d", s.Strategy.Name, len(s.Result.Days), c.Days)
		x.list = append(x.list, s)
	}
	bad.Require(len(x.list) > 0 || bad.Err() != nil, "no strategy operated")
	bad.Require(c.Days > 0, "no day is settled, so that there is nothing to show")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	// All strategies have the same days, so that the first one has the calendar
	// of all.
	first := x.list[0].Result
	at := 0
	for i := range c.Days {
		d := &first.Days[i]
		length := days.Begin(d.Start, 1).Sub(d.Start)
		x.days = append(x.days, seasonDay{d.Number, d.Start, length / time.Duration(max(1, d.Steps)), d.Steps})
		x.starts = append(x.starts, at)
		at += d.Steps
	}
	x.starts = append(x.starts, at)
	// Strategies and DERs have colours by their order. They never appear in one
	// figure.
	all := []ink{blue, vermilion, green, purple, sky, orange, teal, wine, sand, indigo, olive, forest}
	for i := range x.list {
		x.inks = append(x.inks, all[i%len(all)])
	}
	for _, p := range first.Parties {
		switch p.Role {
		case operate.RoleVPP:
			x.vppInk[p.Name] = vppInk(len(x.vpps))
			x.vpps = append(x.vpps, p.Name)
		case operate.RoleDER:
			x.derInk[p.Name] = all[len(x.ders)%len(all)]
			x.ders = append(x.ders, p.Name)
		}
	}
	return x, nil
}

// partyInk returns the colour of a party; the grid, which stands for the
// markets, has that of trade.
func (x *season) partyInk(p operate.Party) ink {
	switch p.Role {
	case operate.RoleVPP:
		return x.vppInk[p.Name]
	case operate.RoleDER:
		return x.derInk[p.Name]
	}
	return trade
}

// place returns the position of a step on the axis of figures, which counts
// days: 2.5 is the middle of the third day.
func (x *season) place(day, step int) float64 {
	return float64(day) + float64(step)/float64(x.days[day].steps)
}

// perDay returns one number per day of a strategy.
func (x *season) perDay(s *operate.Compared, of func(*operate.Day) float64) []float64 {
	out := make([]float64, len(x.days))
	for i := range out {
		out[i] = of(&s.Result.Days[i])
	}
	return out
}

// SeasonFiles returns the files of a report over days without writing them:
// index.html, result.json, tables/*.csv and figures. The page compares the
// strategies and shows for each the cost of the days by part, payments, weights
// of the grid, choices of VPP, and the states of stores over the season. Option
// Other is not used.
//
// The tables are
//
//	comparison    one row per strategy: cost, worst days, imbalance, CO2, certificates, curtailment
//	values        value of foresight and of scenarios per day, with confidence intervals
//	days          cost of each day by part
//	payments      settled payment of each party on each day
//	weights       weights of the grid on each day
//	choices       VPP of each DER on each day
//	moves         who left whom
//	states        states of stores at the end of each step, if the result has its plans
//
// It returns an error for a comparison without a settled day, and for one that
// was read from JSON, which lacks the results of the strategies.
func SeasonFiles(c *operate.Comparison, o Options) ([]File, error) {
	x, err := newSeason(c)
	if err != nil {
		return nil, err
	}
	o.Other = nil // a second run has no days
	if err := o.validate(); err != nil {
		return nil, err
	}
	x.formats = o.formats()
	return assemble(x, x.comparison, x.formats)
}

// WriteSeason writes a report over days into a folder, as [Write] does.
func WriteSeason(dir string, c *operate.Comparison, o Options) error {
	files, err := SeasonFiles(c, o)
	if err != nil {
		return err
	}
	return stage(dir, files)
}
