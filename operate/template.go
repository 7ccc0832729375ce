package operate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Repeat returns the template of a region whose markets and tariffs are the
// same on every day, such as that of a case file over one day. A step has the
// prices of its time of the clock. The series of the region's own set are not
// used.
//
// For example, a set from 18:00 to midnight has the last six prices of an
// hourly tariff. On a day of 25 hours the repeated hour has its price twice.
func Repeat(region trigrid.Region) Template {
	return func(set *scenario.Set) (trigrid.Region, error) {
		if region.Setting.Set == nil || region.Setting.Markets.Electricity == nil {
			return trigrid.Region{}, errors.New("operate: repeated region: it has no scenarios or no electricity market; give a region of one day")
		}
		day, grid := region.Setting.Set.Grid(), set.Grid()
		// Prices are found by the clock, so that the region must be a day from
		// 00:00 on.
		step, equal := day.EqualSteps()
		if hour, minute, _ := day.Start.Clock(); !equal || hour != 0 || minute != 0 || step*time.Duration(day.Steps) != 24*time.Hour {
			return trigrid.Region{}, fmt.Errorf("operate: repeated region: it has %v, want equal steps of one day from 00:00 on", day)
		}
		at := make([]int, grid.Steps)
		// The time of the clock counts, so that days of 23 and 25 hours keep
		// the prices of their hours.
		for t := range at {
			hour, minute, second := grid.Time(t).Clock()
			hours := float64(hour) + float64(minute)/60 + float64(second)/3600
			at[t] = int(hours/day.Hours() + 1e-6)
			if math.Abs(grid.HoursAt(t)-day.Hours()) > 1e-9 {
				return trigrid.Region{}, fmt.Errorf("operate: repeated region: it has steps of %v h, and step %d at %02d:%02d has %v h; "+
					"give a region with the season's steps", day.Hours(), t, hour, minute, grid.HoursAt(t))
			}
		}
		// Everything that has one value per step is replaced; the rest is
		// shared with the region.
		out := region
		out.Sample = nil
		out.Setting.Set = set
		m := &out.Setting.Markets
		m.Electricity = chosen(m.Electricity, at)
		m.Carbon, m.Certificate = chosen(m.Carbon, at), chosen(m.Certificate, at)
		if m.Imbalance != nil {
			m.Imbalance = chosenImbalance{m.Imbalance, periodsOf(m.Imbalance, at)}
		}
		if m.Reserve != nil {
			reserve := *m.Reserve
			reserve.Price = pick(reserve.Price, at)
			m.Reserve = &reserve
		}
		m.GridEmission = pick(m.GridEmission, at)
		out.VPPs = make([]vpp.VPP, len(region.VPPs))
		for i, v := range region.VPPs {
			x := &v.Tariff
			for _, prices := range []*[]float64{
				&x.Injection, &x.Withdrawal, &x.LoadReduction, &x.Shortage, &x.Surplus, &x.Heat, &x.Gas, &x.CO2,
			} {
				*prices = pick(*prices, at)
			}
			v.FreeAllocation = pick(v.FreeAllocation, at)
			v.DayAhead = nil
			out.VPPs[i] = v
		}
		return out, nil
	}
}

// pick returns the values of some steps; nil and single values hold for all
// steps. For example, the steps {0, 1, 3} of 10 20 30 40 are 10 20 40.
func pick[S ~[]float64](values S, at []int) S {
	if len(values) < 2 {
		return values
	}
	out := make(S, len(at))
	for t, from := range at {
		out[t] = values[from]
	}
	return out
}

// periods are the settlement periods of a market in some steps of its day. For
// example, quarter-hours settled by the hour from 10:30 on have a first period
// of two steps.
type periods struct {
	of    []int    // the market's own number
	spans [][2]int // steps
}

// periodsOf returns the periods of the given steps of a market's day. Steps in
// a row that share a period share it here, too.
func periodsOf(m interface {
	Periods() int
	Span(int) (int, int)
}, at []int,
) periods {
	var x periods
	for t, step := range at {
		own := 0
		for p := range m.Periods() {
			if from, to := m.Span(p); from <= step && step < to {
				own = p
			}
		}
		if n := len(x.of); n > 0 && x.of[n-1] == own && step == at[t-1]+1 {
			x.spans[n-1][1] = t + 1
			continue
		}
		x.of, x.spans = append(x.of, own), append(x.spans, [2]int{t, t + 1})
	}
	return x
}

func (x periods) Periods() int                   { return len(x.of) }
func (x periods) Span(period int) (from, to int) { return x.spans[period][0], x.spans[period][1] }

// chosenMarket is a market in some of its steps. A period that is cut by the
// window keeps its prices and its limits.
type chosenMarket struct {
	whole market.Market
	periods
}

// chosen returns a market in some of its steps, nil for nil.
func chosen(m market.Market, at []int) market.Market {
	if m == nil {
		return nil
	}
	return chosenMarket{m, periodsOf(m, at)}
}

func (x chosenMarket) Trades() market.Good           { return x.whole.Trades() }
func (x chosenMarket) Curve(period int) market.Curve { return x.whole.Curve(x.of[period]) }

// Split implements [market.Smooth].
func (x chosenMarket) Split(period int) (market.Curve, market.Quadratic, bool) {
	if smooth, ok := x.whole.(market.Smooth); ok {
		return smooth.Split(x.of[period])
	}
	return x.Curve(period), market.Quadratic{}, false
}

// chosenImbalance is an imbalance pricing in some of its steps.
type chosenImbalance struct {
	whole vpp.ImbalancePricing
	periods
}

func (x chosenImbalance) Penalty(period int) market.Curve { return x.whole.Penalty(x.of[period]) }
