package operate

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Miss is a step of a day on which a VPP could not meet the actual values. Such
// a day is settled with the energy that was delivered, and the season
// continues.
//
// For example, a village of 12 MW behind a connection of 10 MW and a battery of
// 1 MW has {VPP: "village", Step: 18, MWh: 1, Reason: `VPP "village" lacks 1 MW
// of power …`}.
type Miss struct {
	VPP  string `json:"vpp"`
	Step int    `json:"step"` // of the day, from 0

	MWh     float64 `json:"mwh"`      // electricity that was demanded and not served
	HeatMWh float64 `json:"heat_mwh"` // heat, likewise

	// ReserveMWh is the reserve that was sold and not held, MW times hours. It
	// is not paid.
	ReserveMWh float64 `json:"reserve_mw_h,omitempty"`

	// Still states that no part of the demand could be served within the limits
	// of the members, so that the VPP stands still in this step: it feeds in,
	// withdraws and serves nothing.
	Still bool `json:"still,omitempty"`

	Reason string `json:"reason"` // in words of the data
}

// loss is the demand that a step does not serve, and the sold reserve that it
// does not hold, MW.
type loss struct{ power, heat, reserve float64 }

// reasonOf returns the reason of an infeasible program in words of the data.
func reasonOf(err error) string {
	var infeasible *vpp.InfeasibleError
	if errors.As(err, &infeasible) {
		return infeasible.Reason
	}
	return err.Error()
}

// impossible is the error of a step in which the rules have no set points.
type impossible string

func (e impossible) Error() string { return string(e) }

// Is reports that the step has no solution.
func (e impossible) Is(target error) bool { return target == milp.ErrInfeasible }

// lose notes that step t does not serve some demand. The demand of the VPP
// itself is cut first, then the loads in the order of the region. The recorded
// set points are those of the served demand.
func (x *vppDay) lose(now *scenario.Set, t int, lost loss, reason string) error {
	// Holding less than the sold reserve by the tolerances of two programs is
	// no miss.
	if lost.power <= served && lost.heat <= served && lost.reserve <= 2*served {
		return nil
	}
	p, err := x.problem(now, t, nil)
	if err != nil {
		return err
	}
	dt := now.HoursAt(0)
	miss := Miss{VPP: x.r.vpps[x.v], Step: t, MWh: lost.power * dt, HeatMWh: lost.heat * dt, Reason: reason}
	if lost.reserve > 2*served {
		miss.ReserveMWh = lost.reserve * dt
		x.release(t, lost.reserve)
	}
	x.misses = append(x.misses, miss)
	if p.VPP.Demand != "" {
		cut := min(lost.power, max(0, now.At(p.VPP.Demand, 0, 0)))
		// The demand series can be shared, so that the cut is noted beside it.
		x.cut(t, cut)
		lost.power -= cut
	}
	for _, d := range x.members {
		lost = unload(d, x.recorded[d.Name()], t, lost)
	}
	return nil
}

// unload lowers the recorded demand of the loads of a DER in step t and returns
// the rest of a loss.
func unload(d der.DER, ports *der.Ports, t int, lost loss) loss {
	unit, _ := single(d)
	switch u := unit.(type) {
	case *der.Site:
		// The paths of the parts are those of the site's traces.
		for k, part := range u.PartSchedules(der.Schedule{Realised: []der.Ports{*ports}}) {
			rest := unload(u.Parts[k], &part.Realised[0], t, lost)
			if rest.power < lost.power {
				ports.Withdrawn[t] -= lost.power - rest.power
			}
			if rest.heat < lost.heat {
				ports.Heat[t] += lost.heat - rest.heat
			}
			lost = rest
		}
	case *der.Load:
		switch u.Port {
		case der.Electricity:
			cut := min(lost.power, ports.Withdrawn[t])
			ports.Withdrawn[t] -= cut
			lost.power -= cut
		case der.Heat:
			cut := min(lost.heat, -ports.Heat[t])
			ports.Heat[t] += cut
			lost.heat -= cut
		}
	}
	return lost
}

// cut notes the demand of the VPP that step t does not serve, MW.
func (x *vppDay) cut(t int, mw float64) {
	if x.unserved == nil {
		x.unserved = make([]float64, x.grid.Steps)
	}
	x.unserved[t] += mw
}

// release notes the sold reserve that step t does not hold, MW.
func (x *vppDay) release(t int, mw float64) {
	if x.unheld == nil {
		x.unheld = make([]float64, x.grid.Steps)
	}
	x.unheld[t] += mw
}

// held returns the reserve of the day that was sold and held, MW per step.
// Reserve that is not held is not paid.
func (x *vppDay) held() []float64 {
	out := slices.Clone(x.sold)
	for t, mw := range x.unheld {
		out[t] = max(0, out[t]-mw)
	}
	return out
}

// delivered returns the actual values with the demand of the VPP that was
// served, and the name of its series. Without a cut they are those of the set.
//
// The series has a name of its own, because loads and other VPPs can have the
// same demand.
func (x *vppDay) delivered(actual *scenario.Set, demand string) (*scenario.Set, string, error) {
	if demand == "" || x.unserved == nil {
		return actual, demand, nil
	}
	out := scenario.Single(actual.Grid())
	for _, name := range actual.Names() {
		if err := out.AddForecast(name, actual.Unit(name), actual.Path(name, 0)); err != nil {
			return nil, "", err
		}
	}
	path := slices.Clone(actual.Path(demand, 0))
	for t := range path {
		path[t] -= x.unserved[t]
		if math.Abs(path[t]) < served { // the demand is cut as a whole
			path[t] = 0
		}
	}
	name := fmt.Sprintf("%s served by %s", demand, x.r.vpps[x.v])
	return out, name, out.AddForecast(name, actual.Unit(demand), path)
}
