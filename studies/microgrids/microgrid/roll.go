package microgrid

import (
	"context"
	"fmt"
)

// View has the information of a controller at an hour.
type View struct {
	Now     int      // index of the present hour
	Energy  float64  // of the battery before the hour, kWh
	Past    []Hour   // all hours up to and including the present one; read only
	Tariffs []Tariff // of the present hour and of the next ones, at most Ahead
}

// Ahead is the number of hours for which a view has tariffs, and the length of
// a planning window.
const Ahead = 24

// Present returns the present hour.
func (v View) Present() Hour { return v.Past[v.Now] }

// tariff returns the tariff of the hour k hours after the present one. Hours
// after the last known one have that of the same hour of an earlier day.
func (v View) tariff(k int) Tariff {
	if k >= len(v.Tariffs) {
		k = min(k%24, len(v.Tariffs)-1)
	}
	return v.Tariffs[k]
}

// Controller chooses the set points of an hour.
type Controller interface {
	// Decide returns the decision of the present hour. It is called once per
	// hour, in order.
	Decide(v View) (Decision, error)
}

// Season is the hours of a run.
type Season struct {
	Start  int     // first hour, whose cost does not count before First
	First  int     // first counted hour
	End    int     // hour after the last one
	Energy float64 // of the battery at Start, kWh
}

// Published is the season of the published costs, hours 5854 to 8735, after a
// lead-in of a week with an empty battery.
//
// The lead-in gives a planning controller the energy of its own at hour 5854.
func Published(g *Grid) Season {
	return Season{Start: Learned - 168, First: Learned, End: 8736, Energy: g.Battery.Min}
}

// Result is a season as it happened.
type Result struct {
	Cost     float64   // of the counted hours, currency
	Accounts []Account // of all hours from Start to End−1
}

// Roll runs a controller through a season.
func Roll(ctx context.Context, g *Grid, s Season, c Controller) (*Result, error) {
	if s.Start < 0 || s.First < s.Start || s.End < s.First || s.End > len(g.Hours) {
		return nil, fmt.Errorf("microgrid: %d: season %d ≤ %d ≤ %d does not lie within %d hours", g.ID, s.Start, s.First,
			s.End, len(g.Hours))
	}
	if b := g.Battery; !(s.Energy >= b.Min && s.Energy <= b.Max) {
		return nil, fmt.Errorf("microgrid: %d: Season.Energy is %v, want a number in [%v, %v] kWh", g.ID, s.Energy, b.Min, b.Max)
	}
	r := &Result{Accounts: make([]Account, 0, s.End-s.Start)}
	energy := s.Energy
	for t := s.Start; t < s.End; t++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// The capacity ends with the present hour, so that a controller cannot
		// extend the slice.
		v := View{
			Now: t, Energy: energy, Past: g.Hours[: t+1 : t+1],
			Tariffs: g.Tariffs[t:min(t+Ahead, len(g.Tariffs))],
		}
		d, err := c.Decide(v)
		if err != nil {
			return nil, fmt.Errorf("microgrid: %d: hour %d: %w", g.ID, t, err)
		}
		a := g.Book(g.Hours[t], g.Tariffs[t], energy, d)
		energy = a.Energy
		if t >= s.First {
			r.Cost += a.Cost
		}
		r.Accounts = append(r.Accounts, a)
	}
	return r, nil
}
