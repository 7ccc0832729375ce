package vpp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
)

// The names of the markets of a setting.
const (
	dayAheadMarket    = "day-ahead electricity market"
	balancingMarket   = "balancing market"
	carbonMarket      = "carbon market"
	certificateMarket = "certificate market"
)

// namedMarket is a market of a setting with its name in errors and warnings.
// The good is not enough: the balancing market and the day-ahead market both
// trade electricity.
type namedMarket struct {
	market.Market
	name string
	own  any // the value in [Markets]
}

// named returns the markets of the setting with their names.
func (x Markets) named() []namedMarket {
	var out []namedMarket
	add := func(m market.Market, own any, name string) {
		if m != nil {
			out = append(out, namedMarket{m, name, own})
		}
	}
	add(x.Electricity, x.Electricity, dayAheadMarket)
	add(x.imbalance(), x.Imbalance, balancingMarket)
	add(x.Carbon, x.Carbon, carbonMarket)
	add(x.Certificate, x.Certificate, certificateMarket)
	return out
}

// validate returns the violations of a market, each with the name of the
// market.
func (m namedMarket) validate() error {
	bad := faults.List{Prefix: "vpp: setting: " + m.name + ": "}
	var err error
	if own, ok := m.own.(interface{ Validate() error }); ok {
		err = own.Validate()
	}
	if err == nil {
		err = market.Validate(m.Market)
	}
	var add func(err error)
	add = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				add(e)
			}
			return
		}
		bad.Addf("%w", err)
	}
	if err != nil {
		add(err)
	}
	return bad.Err()
}

// warnings returns the periods in which a VPP can earn with the market itself,
// and those whose curve needs binaries.
func (m namedMarket) warnings(set *scenario.Set) []string {
	var out []string
	for _, w := range market.Warnings(m.Market) {
		text := ""
		switch {
		case w.Kind == market.Arbitrage && m.name == balancingMarket:
			text = "deviations from the schedule in both directions earn money; raise the cost of a shortage or of a surplus"
		case w.Kind == market.Arbitrage:
			text = "selling earns more than buying costs, so that buying to sell earns; raise the buying price or lower the selling price"
		case w.Kind == market.NotConvex:
			text = "the marginal price falls as more is bought, which needs binaries"
		default:
			continue
		}
		out = append(out, fmt.Sprintf("%s: %v in %s: %s", m.name, w.Kind, m.steps(set, w.Periods), text))
	}
	return out
}

// steps names the steps of ascending periods: "steps 0-6, 22-23 (00:00 to
// 23:00)" in hours.
func (m namedMarket) steps(set *scenario.Set, periods []int) string {
	var parts []string
	first, last := -1, -1 // of the run of steps that is being written
	flush := func() {
		switch {
		case first < 0:
		case first == last:
			parts = append(parts, fmt.Sprint(first))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", first, last))
		}
	}
	begin, end := 0, 0
	for i, p := range periods {
		from, to := m.Span(p)
		if i == 0 {
			begin = from
		}
		if from != last+1 || first < 0 {
			flush()
			first = from
		}
		last, end = to-1, to-1
	}
	flush()
	if begin == end {
		return "step " + parts[0] + " (" + clock(set, begin) + ")"
	}
	return "steps " + strings.Join(parts, ", ") + " (" + clock(set, begin) + " to " + clock(set, end) + ")"
}

// clock returns the beginning of a step: "07:00" on a grid of at most a day,
// "2026-06-15 07:00" on a longer one, and "hour 7" on a grid without a
// calendar.
func clock(set *scenario.Set, t int) string {
	g := set.Grid()
	switch {
	case g.Start.IsZero():
		return fmt.Sprintf("hour %.4g", g.HoursTo(t))
	case g.HoursTo(g.Steps) > 24:
		return g.Time(t).Format("2006-01-02 15:04")
	}
	return g.Time(t).Format("15:04")
}

// stepWords names a step with its time, such as "step 7 (07:00)".
func stepWords(set *scenario.Set, t int) string { return fmt.Sprintf("step %d (%s)", t, clock(set, t)) }

// notConvex is the error of a curve that needs binaries without the bounds for
// them.
type notConvex struct {
	period int
	curve  market.Curve
	err    error
}

func (e *notConvex) Error() string { return e.err.Error() }
func (e *notConvex) Unwrap() error { return e.err }

// explain adds the name of the market, the steps and the prices to an error of
// [addMarket].
func (m namedMarket) explain(set *scenario.Set, err error) error {
	var e *notConvex
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	why := "the marginal price falls as more is bought"
	if sell, buy := e.curve.Marginal(0); sell > buy {
		sold, bought := "sold", "bought"
		if m.name == balancingMarket {
			sold, bought = "of surplus", "of shortage"
		}
		unit := m.Trades().Unit()
		why = fmt.Sprintf("the next %s %s earns %.6g and the next %s %s costs %.6g, so that trade pays without end",
			unit, sold, sell, unit, bought, buy)
	}
	return fmt.Errorf("the %s is not convex in %s: %s; %w", m.name, m.steps(set, []int{e.period}), why, e.err)
}
