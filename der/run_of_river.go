package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// RunOfRiver is a hydropower station without a reservoir: water that it does
// not use at once flows over the weir. With the inflow I and the residual flow
// R, which bypasses the turbines,
//
//	0 ≤ P_t ≤ f(max(0, I_t − R))                         MW
//	cost = Σ_t c_om P_t Δ
//
// The curve f begins at 0, goes through the points of Turbine by lines and is
// constant beyond the last one. Each MWh generated earns a certificate, and
// f(max(0, I − R)) Δ is available.
//
// For example, Turbine: {{Discharge: 10, Power: 8}, {Discharge: 15, Power: 11}}
// generates 4 MW from 5 m³/s and 9.5 MW from 12.5 m³/s.
//
// Source: Conejo, Arroyo, Contreras, Villamor, IEEE Trans. Power Syst. 17(4),
// 2002, for the curve of power over discharge in pieces.
type RunOfRiver struct {
	ID           string
	Inflow       string       // series of I ≥ 0, m³/s
	Turbine      []HydroPoint // points of f, discharges rising
	ResidualFlow float64      // R ≥ 0, m³/s
	Maintenance  float64      // c_om ≥ 0, currency per MWh
}

// HydroPoint is a point of the curve of a turbine. For example, {10, 8} is 8 MW
// from 10 m³/s.
type HydroPoint struct {
	Discharge float64 // > 0, m³/s
	Power     float64 // ≥ 0, MW
}

// Name implements [DER].
func (u *RunOfRiver) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)".
func (u *RunOfRiver) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t, available := range u.Project(c.Set, s).Clean {
			dt := c.HoursAt(t)
			power := upTo(m, at("power", t), available, on)
			out[s].Inject(t, power)
			out[s].Renew(t, power.Times(dt), on.Times(available*dt))
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
		}
	}
	return out
}

// piece is a line of the curve of a turbine: P ≤ at0 + slope R.
type piece struct{ at0, slope float64 }

// pieces returns the lines of f, without the constant one beyond the last
// point.
func pieces(points []HydroPoint) []piece {
	var out []piece
	from := HydroPoint{}
	for _, to := range points {
		slope := (to.Power - from.Power) / (to.Discharge - from.Discharge)
		out = append(out, piece{from.Power - slope*from.Discharge, slope})
		from = to
	}
	return out
}

// powerOf returns f at a release, MW.
func powerOf(points []HydroPoint, release float64) float64 {
	out := maxPower(points)
	for _, x := range pieces(points) {
		out = min(out, x.at0+x.slope*release)
	}
	return out
}

// maxPower returns the power of the last point, MW.
func maxPower(points []HydroPoint) float64 { return points[len(points)-1].Power }

// Benefit implements [DER]. Its items are those of the payment and
// "maintenance".
func (u *RunOfRiver) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	generated := 0.0
	for t := range c.Steps() {
		generated += at(realised.Realised[scenario].Injected, t) * c.HoursAt(t)
	}
	b.Pay("maintenance", u.Maintenance*generated)
	return b
}

// BenefitByStep implements [Stepwise].
func (u *RunOfRiver) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p := &realised.Realised[scenario]
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("maintenance", func(t int) float64 { return -u.Maintenance * at(p.Injected, t) * c.HoursAt(t) }))
}

// Validate implements [Validator].
func (u *RunOfRiver) Validate(set *scenario.Set) error {
	v := checks("run of river", u.ID)
	checkInflow(v, set, u.Inflow)
	checkTurbine(v, u.Turbine)
	v.AtLeast("ResidualFlow", u.ResidualFlow, 0, "m³/s")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// checkInflow requires a known inflow of at least 0. It reports the first value
// below.
func checkInflow(v *faults.List, set *scenario.Set, name string) {
	if !checkKnown(v, set, "Inflow", name, "m³/s") {
		return
	}
	for s := range set.Len() {
		for t, x := range set.Path(name, s) {
			if !v.Require(x >= 0 && !math.IsInf(x, 1), "Inflow: series %q is %v in scenario %d, step %d, want at least 0 m³/s", name, x, s, t) {
				return
			}
		}
	}
}

// checkTurbine requires points with rising discharges and powers whose slope
// does not rise.
func checkTurbine(v *faults.List, points []HydroPoint) {
	if !v.Require(len(points) > 0, "Turbine has no point, want at least one, such as 8 MW from 10 m³/s") {
		return
	}
	const rounding = 1e-9 // relative
	from, before := HydroPoint{}, math.Inf(1)
	for i, to := range points {
		at := "Turbine[" + strconv.Itoa(i) + "]"
		fix := "points go from little to much water"
		if i == 0 && to == (HydroPoint{}) {
			fix = "every curve begins at 0, so leave this point out"
		}
		ok := v.Require(to.Discharge > from.Discharge && !math.IsInf(to.Discharge, 1),
			"%s.Discharge is %v, want a finite number above %v m³/s: %s", at, to.Discharge, from.Discharge, fix)
		ok = v.Require(to.Power >= from.Power && !math.IsInf(to.Power, 1), "%s.Power is %v, want a finite number of at least %v MW", at, to.Power, from.Power) && ok
		if ok {
			slope := (to.Power - from.Power) / (to.Discharge - from.Discharge)
			v.Require(slope <= before*(1+rounding), "%s gains %.6g MW per m³/s, more than the %.6g before it; want a slope that does not rise", at, slope, before)
			before = slope
		}
		from = to
	}
}

// RollForward implements [Stateful]. Such a station has no state.
func (u *RunOfRiver) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Project implements [Projected].
func (u *RunOfRiver) Project(set *scenario.Set, s int) Projection {
	clean := make([]float64, set.Steps())
	for t, inflow := range set.Path(u.Inflow, s) {
		clean[t] = powerOf(u.Turbine, max(0, inflow-u.ResidualFlow))
	}
	return Projection{Clean: clean}
}

// Rating implements [Rated].
func (u *RunOfRiver) Rating(port Carrier) optional.Float {
	return rating(port, Electricity, optional.Of(maxPower(u.Turbine)))
}

// Class implements [Classified].
func (u *RunOfRiver) Class() Class { return ClassHydro }

// Quantities implements [Measured]. Amounts of water have no scale of their
// own.
func (u *RunOfRiver) Quantities() []Quantity { return waterQuantities(u.Turbine, u.Maintenance) }

// waterQuantities returns the quantities of a hydropower station.
func waterQuantities(turbine []HydroPoint, maintenance float64) []Quantity {
	var q quantities
	if len(turbine) > 0 {
		q.add(PowerOf, "Turbine.Power", maxPower(turbine))
	}
	q.add(PriceOf, "Maintenance", maintenance)
	return q
}

// UnequalSteps implements [Unequal].
func (u *RunOfRiver) UnequalSteps() bool { return true }

var (
	_ Stepwise   = (*RunOfRiver)(nil)
	_ Stateful   = (*RunOfRiver)(nil)
	_ Validator  = (*RunOfRiver)(nil)
	_ Projected  = (*RunOfRiver)(nil)
	_ Rated      = (*RunOfRiver)(nil)
	_ Classified = (*RunOfRiver)(nil)
	_ Measured   = (*RunOfRiver)(nil)
	_ Unequal    = (*RunOfRiver)(nil)
)
