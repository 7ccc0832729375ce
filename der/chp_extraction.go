package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// ExtractionCHP burns gas for power and heat in a variable ratio, as a turbine
// with steam extraction does. It runs at any convex combination of its
// operating points:
//
//	P_t = Σ_k λ_tk P_k,   H_t = Σ_k λ_tk H_k,   g_t = Σ_k λ_tk G_k       MW
//	Σ_k λ_tk = 1 (u_t if it is switchable),   λ ≥ 0
//	ramps on P;  emission = e g_t Δ,   allowance = (d_e P_t + d_h H_t) Δ
//	cost = Σ_t c_om P_t Δ + starts                                   gas is paid at its purchase
//
// Points need not be corners: a point inside the polygon of power and heat
// lowers the gas around it. Gas is charged with its full carbon, as for [CHP].
//
// For example, the points (P, H, G) = (5, 0, 14), (4, 5, 14) and (2, 2, 7)
// describe a turbine that gives up 1 MW of power for 5 MW of heat at full load.
//
// Source: Lahdelma, Hakonen, "An efficient linear programming algorithm for
// combined heat and power production", European J. Operational Research 148
// (2003) 141.
type ExtractionCHP struct {
	ID     string
	Points []OperatingPoint // at least one
	Power  Operation        // ramps and switching of P; its Min and Max stay 0, the points set them

	EmissionFactor optional.Float // e ≥ 0, t CO2 per MWh of gas. Absent: NaturalGasCO2
	PowerQuota     float64        // d_e ≥ 0, t CO2 of free allowance per MWh of power
	HeatQuota      float64        // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64        // c_om ≥ 0, currency per MWh of power
}

// OperatingPoint is one combination of power, heat and gas, MW.
type OperatingPoint struct {
	Power, Heat float64 // P, H ≥ 0
	Gas         float64 // G ≥ P + H
}

// Name implements [DER].
func (u *ExtractionCHP) Name() string { return u.ID }

// Model implements [DER]. Its columns are the λ, "share_1(s,t)",
// "share_2(s,t)", …, one per operating point, and, if it is switchable, "on(t)"
// and "start(t)".
func (u *ExtractionCHP) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		out = c.NewTerms()
		op  = u.operation()
		run = op.plan(m, u.ID, on, c)
	)
	for s := range out {
		at := c.Namer(u.ID, s)
		output := make([]milp.Expr, c.Steps())
		for t := range c.Steps() {
			dt := c.HoursAt(t)
			var power, heat, gas, shares milp.Expr
			for k, point := range u.Points {
				share := m.Var(at("share_"+strconv.Itoa(k+1), t), 0, MaxCount(on)).Expr()
				shares.Add(share)
				power.Add(share.Times(point.Power))
				heat.Add(share.Times(point.Heat))
				gas.Add(share.Times(point.Gas))
			}
			m.Equal(at("shares", t), shares, run.u[t])

			out[s].Inject(t, power)
			out[s].SupplyHeat(t, heat)
			out[s].SupplyGas(t, gas.Times(-1))
			out[s].Burn(t, power.Times(dt))
			if factor := u.EmissionFactor.Or(NaturalGasCO2); factor > 0 {
				out[s].Emit(t, gas.Times(factor*dt))
			}
			if u.PowerQuota+u.HeatQuota > 0 {
				out[s].Allow(t, power.Times(u.PowerQuota*dt), heat.Times(u.HeatQuota*dt))
			}
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
			output[t] = power
		}
		op.ramp(m, at, "power", output, run, on, c)
		out[s].Cost.Add(run.cost)
		op.watch(&out[s], run)
	}
	return out
}

// operation returns Power with the range of the points as its limits.
func (u *ExtractionCHP) operation() Operation {
	o := u.Power
	o.Min, o.Max = math.Inf(1), 0
	for _, point := range u.Points {
		o.Min, o.Max = min(o.Min, point.Power), max(o.Max, point.Power)
	}
	return o
}

// Benefit implements [DER]. Its items are those of the payment, "maintenance"
// and, if starts cost, "start-up".
func (u *ExtractionCHP) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return u.operation().benefit(realised, c, scenario, u.Maintenance, injected)
}

// Validate implements [Validator].
func (u *ExtractionCHP) Validate(*scenario.Set) error {
	v := checks("extraction chp", u.ID)
	if len(u.Points) == 0 {
		v.Addf("Points is empty, want at least one operating point")
	} else {
		u.operation().validate(v, "Power")
	}
	v.Require(u.Power.Min == 0 && u.Power.Max == 0,
		"Power.Min and Power.Max are %v and %v, want 0: the limits are those of Points", u.Power.Min, u.Power.Max)
	for k, point := range u.Points {
		field := "Points[" + strconv.Itoa(k) + "]"
		v.AtLeast(field+".Power", point.Power, 0, "MW")
		v.AtLeast(field+".Heat", point.Heat, 0, "MW")
		v.AtLeast(field+".Gas", point.Gas, point.Power+point.Heat, "MW, the power and heat that come out")
	}
	v.AtLeast("EmissionFactor", u.EmissionFactor.Or(0), 0, "t CO2 per MWh of gas")
	v.AtLeast("PowerQuota", u.PowerQuota, 0, "t CO2 per MWh")
	v.AtLeast("HeatQuota", u.HeatQuota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]: ramps and starts continue from the last
// output.
func (u *ExtractionCHP) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	next, o := *u, u.operation()
	var err error
	if next.Power, err = u.Power.rollForward(realised, steps, at(realised.Injected, steps-1), o.Min, o.Max); err != nil {
		return nil, err
	}
	next.Power.Min, next.Power.Max = 0, 0 // those of the points
	return &next, nil
}

// CountsCarbon implements [CarbonCounter].
func (u *ExtractionCHP) CountsCarbon() CarbonCount {
	return burning(u.EmissionFactor.Or(NaturalGasCO2))
}

// Bounds implements [Bounded]: the range of the operating points on each port,
// and 0 if the unit can stand still. The bounds of the columns are wider,
// because they bound each λ alone.
func (u *ExtractionCHP) Bounds(c Context, _ int) Bounds {
	lower, upper := [3]float64{}, [3]float64{}
	for k, point := range u.Points {
		for port, mw := range [3]float64{Electricity: point.Power, Heat: point.Heat, Gas: -point.Gas} {
			if k == 0 && !u.Power.Switchable {
				lower[port], upper[port] = mw, mw
			}
			lower[port], upper[port] = min(lower[port], mw), max(upper[port], mw)
		}
	}
	b := c.NewBounds()
	for port := range lower {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, lower[port], upper[port])
		}
	}
	return b
}

// Quantities implements [Measured].
func (u *ExtractionCHP) Quantities() []Quantity {
	var q quantities
	for _, p := range u.Points {
		q.add(PowerOf, "Points.Power", p.Power)
		q.add(PowerOf, "Points.Heat", p.Heat)
		q.add(PowerOf, "Points.Gas", p.Gas)
	}
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}
