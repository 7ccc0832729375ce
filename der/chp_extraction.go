package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// ExtractionCHP burns gas for power and heat in a ratio that it can choose, as a turbine with steam
// extraction does. It runs anywhere in the polygon of its operating points:
//
//	P_t = Σ_k λ_tk P_k,   H_t = Σ_k λ_tk H_k,   g_t = Σ_k λ_tk G_k       MW
//	Σ_k λ_tk = 1,   λ ≥ 0                                               u_t where it is switchable
//	ramps on P;  emission = e g_t Δ,   allowance = (d_e P_t + d_h H_t) Δ
//	cost = Σ_t c_om P_t Δ + starts                                      gas is paid for where it is bought
//
// Points need not be corners: one inside the polygon lowers the gas needed around it. Gas is charged
// with its full carbon, see [CHP].
//
// Source: Lahdelma, Hakonen, "An efficient linear programming algorithm for combined heat and power
// production", European J. Operational Research 148 (2003) 141.
type ExtractionCHP struct {
	ID     string
	Points []OperatingPoint // at least one
	Power  Operation        // ramps and switching of the power; Min and Max are the points' and stay 0

	EmissionFactor float64 // e ≥ 0, t CO2 per MWh of gas; natural gas: NaturalGasCO2
	PowerQuota     float64 // d_e ≥ 0, t CO2 of free allowance per MWh of power
	HeatQuota      float64 // d_h ≥ 0, t CO2 of free allowance per MWh of heat
	Maintenance    float64 // c_om ≥ 0, currency per MWh of power
}

// OperatingPoint is one way to run, MW.
type OperatingPoint struct {
	Power, Heat float64 // P, H ≥ 0
	Gas         float64 // G ≥ P + H
}

var (
	_ DER       = (*ExtractionCHP)(nil)
	_ Validator = (*ExtractionCHP)(nil)
)

// Name implements [DER].
func (u *ExtractionCHP) Name() string { return u.ID }

// Model implements [DER]. Its columns are "share_1(s,t)", "share_2(s,t)", …, one per operating point,
// and, where it is switchable, "on(t)" and "start(t)".
func (u *ExtractionCHP) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		dt  = c.Hours()
		out = c.NewTerms()
		op  = u.operation()
		run = op.plan(m, u.ID, on, c)
	)
	for s := range out {
		at := c.Namer(u.ID, s)
		output := make([]milp.Expr, c.Steps())
		for t := range c.Steps() {
			var power, heat, gas, shares milp.Expr
			for k, point := range u.Points {
				share := m.Var(at("share_"+strconv.Itoa(k+1), t), 0, 1).Expr()
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
			if u.EmissionFactor > 0 {
				out[s].Emit(t, gas.Times(u.EmissionFactor*dt))
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

// operation returns ramps and switching with the limits of the points.
func (u *ExtractionCHP) operation() Operation {
	o := u.Power
	o.Min, o.Max = math.Inf(1), 0
	for _, point := range u.Points {
		o.Min, o.Max = min(o.Min, point.Power), max(o.Max, point.Power)
	}
	return o
}

// Benefit implements [DER]; its items are the payment's, "maintenance" and, where starts cost, "start-up".
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
	if u.Power.Min != 0 || u.Power.Max != 0 {
		v.Addf("Power.Min and Power.Max are %v and %v, want 0: the limits are those of Points", u.Power.Min, u.Power.Max)
	}
	for k, point := range u.Points {
		field := "Points[" + strconv.Itoa(k) + "]"
		v.AtLeast(field+".Power", point.Power, 0, "MW")
		v.AtLeast(field+".Heat", point.Heat, 0, "MW")
		v.AtLeast(field+".Gas", point.Gas, point.Power+point.Heat, "MW, the power and heat that come out")
	}
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh of gas")
	v.AtLeast("PowerQuota", u.PowerQuota, 0, "t CO2 per MWh")
	v.AtLeast("HeatQuota", u.HeatQuota, 0, "t CO2 per MWh")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}
