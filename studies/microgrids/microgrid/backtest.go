package microgrid

import (
	"context"
	"fmt"
)

// Trials are the seasons of [Backtest]: four windows of two weeks, spread over
// the learned hours. The last one ends after hours of leave before Learned, so
// that no counted hour is read.
//
// Each window starts with a half full battery, the same for all options.
func Trials(g *Grid) []Season {
	const (
		count  = 4
		length = 2 * week
		first  = 1966 // in March, after 81 days to learn from
	)
	var out []Season
	last := Learned - leave - length
	for i := range count {
		start := first + (last-first)*i/(count-1)
		out = append(out, Season{
			Start: start, First: start, End: start + length, Energy: (g.Battery.Min + g.Battery.Max) / 2,
		})
	}
	return out
}

// leave is the number of hours after a trial that value the energy left in the
// battery. Two days are assumed: twice the planning window.
const leave = 48

// Backtest returns the cost of a controller with options o over [Trials],
// currency. In each trial the controller learns from the hours before the
// window only.
//
//	cost = Σ over trials of (cost of the window + least cost of the next 48 hours from its end)
//
// The second term values the energy at the end of the window with the true next
// hours. Without it, an option would win by leaving an empty battery. For
// example, 90 kWh left before two days of loads from a genset at 0.6 per kWh
// lower the second term by 0.9·90·(0.6 − 0.02) = 47.
//
// All hours read are earlier than Learned, so that options chosen by Backtest
// use no counted hour.
func Backtest(ctx context.Context, g *Grid, o Options) (float64, error) {
	if len(g.Hours) < Learned {
		return 0, fmt.Errorf("microgrid: %d: Backtest has %d hours, want at least %d", g.ID, len(g.Hours), Learned)
	}
	// Later hours are cut off, so that neither the controller nor the least
	// cost can read them.
	past := *g
	past.Hours, past.Tariffs = g.Hours[:Learned:Learned], g.Tariffs[:Learned:Learned]
	total := 0.0
	for _, s := range Trials(&past) {
		c, err := Learn(&past, past.Hours[:s.Start], o)
		if err != nil {
			return 0, err
		}
		r, err := Roll(ctx, &past, s, c)
		if err != nil {
			return 0, err
		}
		best := &Perfect{Grid: &past}
		total += r.Cost + best.Optimum(s.End, leave, r.Accounts[len(r.Accounts)-1].Energy)
	}
	return total, nil
}
