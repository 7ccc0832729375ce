package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// HeatPump heats a building, and water in a tank if Water is given. With the
// power p of the building and w of the water, and the outdoor temperature A,
//
//	p_t + w_t ≤ P,   p_t, w_t ≥ 0                                   electricity, MW
//	T_t = k T_{t−1} + (1−k) (A_t + COP(A_t) p_t / U)                 °C at the end of step t, k = e^{−UΔ/C}
//	e_t = (1−σ)^Δ e_{t−1} + (COP_w(A_t) w_t − D_t + m_t) Δ           heat in the tank, MWh, 0 ≤ e_t ≤ E
//	0 ≤ m_t ≤ D_t                                                   hot water not served, MW
//	x_t ≥ T_min − T_t,   y_t ≥ T_t − T_max,   x_t, y_t ≥ 0           K outside the comfort band
//	cost = Σ_t (c_d (x_t + y_t) + c_m m_t) Δ − v (T_T − T_0) − v_w (e_T − e_0)
//
// The second row is the exact solution of C dT/dt = COP p − U (T − A) in a
// step: one capacity and one resistance. COP is a line between points of the
// outdoor temperature, constant beyond the first and the last one. The comfort
// band is soft, so that every building has a schedule.
//
// For example, C = 1 MWh/K and U = ln 2 MW/K keep half of a temperature
// difference per hour.
//
// Sources: Bacher, Madsen, Energy and Buildings 43, 2011, model Ti, for the
// building; Ruhnau, Hirth, Praktiknjo, Scientific Data 6, 189, 2019, for a COP
// that follows the outdoor temperature.
type HeatPump struct {
	ID       string
	MaxPower float64    // P ≥ 0, MW of electricity
	Outside  string     // series of A, °C
	COP      []COPPoint // of the building, outdoor temperatures rising

	Loss, Capacity                 float64 // U > 0, MW per K; C > 0, MWh per K
	Initial                        float64 // T_0, °C
	MinTemperature, MaxTemperature float64 // T_min ≤ T_max, °C
	DiscomfortCost                 float64 // c_d ≥ 0, currency per K and hour outside the band
	EndValue                       float64 // v ≥ 0, currency per K at the end beyond T_0

	Water HotWater // no water by default
}

// COPPoint is the coefficient of performance at one outdoor temperature. For
// example, {7, 3.5} is 3.5 MW of heat per MW of electricity at 7 °C.
type COPPoint struct {
	Outside float64 // °C
	COP     float64 // > 0
}

// HotWater is a tank of hot water with its demand. It exists if Draw is not
// empty.
type HotWater struct {
	Draw          string     // series of D ≥ 0, MW of heat
	COP           []COPPoint // of the water; nil: that of the building
	Energy        float64    // E ≥ 0, MWh
	Initial       float64    // e_0, [0, E], MWh
	SelfDischarge float64    // σ, fraction lost per hour, [0, 1)
	UnmetCost     float64    // c_m ≥ 0, currency per MWh not served
	EndValue      float64    // v_w ≥ 0, currency per MWh in the tank at the end beyond e_0
}

// Name implements [DER].
func (u *HeatPump) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)", "temperature(s,t)",
// "cold(s,t)" and "warm(s,t)", and with water "water_power(s,t)", "water(s,t)"
// and "unmet_water(s,t)".
func (u *HeatPump) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at, outside := c.Namer(u.ID, s), c.Set.Path(u.Outside, s)
		before, tank := on.Times(u.Initial), on.Times(u.Water.Initial)
		low, high := u.reach(outside, c)
		for t, celsius := range outside {
			dt := c.HoursAt(t)
			loss := u.Loss * dt / u.Capacity
			k, rest := math.Exp(-loss), -math.Expm1(-loss) // 1 − k, exact at small losses
			power := upTo(m, at("power", t), u.MaxPower, on)
			temperature := m.Var(at("temperature", t), -milp.Inf, milp.Inf).Expr()
			cold := upTo(m, at("cold", t), max(0, u.MinTemperature-low), on)
			warm := upTo(m, at("warm", t), max(0, high-u.MaxTemperature), on)
			m.Equal(at("building", t), temperature,
				milp.Sum(before.Times(k), on.Times(rest*celsius), power.Times(rest*copAt(u.COP, celsius)/u.Loss)))
			m.AtLeast(at("cold", t), cold, on.Times(u.MinTemperature).Minus(temperature))
			m.AtLeast(at("warm", t), warm, temperature.Minus(on.Times(u.MaxTemperature)))
			out[s].Cost.Add(cold.Times(u.DiscomfortCost*dt), warm.Times(u.DiscomfortCost*dt))
			out[s].Watch("temperature", "°C", t, temperature)
			total := power
			if u.Water.Draw != "" {
				heating := upTo(m, at("water_power", t), u.MaxPower, on)
				stored := upTo(m, at("water", t), u.Water.Energy, on)
				draw := c.Set.At(u.Water.Draw, s, t)
				unmet := upTo(m, at("unmet_water", t), draw, on)
				m.Equal(at("tank", t), stored, milp.Sum(tank.Times(u.Water.kept(dt)),
					heating.Times(u.waterCOP(celsius)*dt), on.Times(-draw*dt), unmet.Times(dt)))
				total = power.Plus(heating)
				m.AtMost(at("total", t), total, on.Times(u.MaxPower))
				out[s].Cost.Add(unmet.Times(u.Water.UnmetCost * dt))
				out[s].Watch("water", "MWh", t, stored)
				out[s].Watch("unmet_water", "MW", t, unmet)
				out[s].Watch("water_power", "MW", t, heating)
				tank = stored
			}
			out[s].Withdraw(t, total)
			before = temperature
		}
		out[s].Cost.Add(on.Times(u.EndValue*u.Initial), before.Times(-u.EndValue))
		if u.Water.Draw != "" {
			out[s].Cost.Add(on.Times(u.Water.EndValue*u.Water.Initial), tank.Times(-u.Water.EndValue))
		}
	}
	return out
}

// reach returns limits of the temperature at given outdoor temperatures, °C:
// the building nears the outdoor temperature without heat, and A + COP P / U
// with all of it. Without loss, all heat of the grid warms it by the sum of COP
// P Δ / C.
func (u *HeatPump) reach(outside []float64, c Context) (low, high float64) {
	low, high = u.Initial, u.Initial
	warmest, heat := u.Initial, 0.0
	for t, celsius := range outside {
		full := copAt(u.COP, celsius) * u.MaxPower
		low, warmest = min(low, celsius), max(warmest, celsius)
		high = max(high, celsius+full/u.Loss)
		heat += full * c.HoursAt(t)
	}
	return low, min(high, warmest+heat/u.Capacity)
}

// kept returns (1−σ)^Δ.
func (x *HotWater) kept(dt float64) float64 { return math.Pow(1-x.SelfDischarge, dt) }

// waterCOP returns COP_w at an outdoor temperature.
func (u *HeatPump) waterCOP(celsius float64) float64 {
	if u.Water.COP == nil {
		return copAt(u.COP, celsius)
	}
	return copAt(u.Water.COP, celsius)
}

// COPAt returns the COP of the building and that of the water at an outdoor
// temperature, °C.
func (u *HeatPump) COPAt(outside float64) (building, water float64) {
	return copAt(u.COP, outside), u.waterCOP(outside)
}

// copAt returns the COP on the line between the points. For example, {0, 2},
// {10, 4} give 3 at 5 °C and 4 at 15 °C.
func copAt(points []COPPoint, celsius float64) float64 {
	if celsius <= points[0].Outside {
		return points[0].COP
	}
	for i, b := range points[1:] {
		if a := points[i]; celsius <= b.Outside {
			return a.COP + (b.COP-a.COP)*(celsius-a.Outside)/(b.Outside-a.Outside)
		}
	}
	return points[len(points)-1].COP
}

// Benefit implements [DER]. Its items are those of the payment, "discomfort",
// "heat left" and, with water, "unmet hot water" and "hot water left".
func (u *HeatPump) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return overSteps(u.BenefitByStep(realised, c, scenario))
}

// BenefitByStep implements [Stepwise]. Heat that is left belongs to the last
// step. Temperatures and the tank are those of the traces, because the meter
// has the sum of both powers.
func (u *HeatPump) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p := &realised.Realised[scenario]
	temperature, water, unmet := p.Trace("temperature"), p.Trace("water"), p.Trace("unmet_water")
	last := func(value, now, before float64) func(t int) float64 {
		return func(t int) float64 {
			if t < c.Steps()-1 {
				return 0
			}
			return value * (now - before)
		}
	}
	out := append(c.PaymentByStep(realised, scenario),
		c.byStep("discomfort", func(t int) float64 { return -u.DiscomfortCost * u.outsideBand(temperature[t]) * c.HoursAt(t) }),
		c.byStep("heat left", last(u.EndValue, temperature[c.Steps()-1], u.Initial)))
	if u.Water.Draw == "" {
		return out
	}
	return append(out,
		c.byStep("unmet hot water", func(t int) float64 { return -u.Water.UnmetCost * unmet[t] * c.HoursAt(t) }),
		c.byStep("hot water left", last(u.Water.EndValue, water[c.Steps()-1], u.Water.Initial)))
}

// outsideBand returns the K by which a temperature misses the comfort band.
func (u *HeatPump) outsideBand(celsius float64) float64 {
	return max(0, u.MinTemperature-celsius, celsius-u.MaxTemperature)
}

// Validate implements [Validator]. Its limits of temperatures are assumed, and
// find data in K or °F: measured outdoor temperatures lie between −89.2 and
// 56.7 °C (WMO archive of extremes).
func (u *HeatPump) Validate(set *scenario.Set) error {
	v := checks("heat pump", u.ID)
	v.AtLeast("MaxPower", u.MaxPower, 0, "MW")
	if checkKnown(v, set, "Outside", u.Outside, "°C") {
		for s := range set.Len() {
			for t, x := range set.Path(u.Outside, s) {
				v.Require(x >= -90 && x <= 70, "Outside: series %q is %v in scenario %d, step %d, want °C from -90 to 70", u.Outside, x, s, t)
			}
		}
	}
	checkCOP(v, "COP", u.COP)
	v.Positive("Loss", u.Loss, "MW per K")
	v.Positive("Capacity", u.Capacity, "MWh per K")
	v.Between("Initial", u.Initial, -90, 200, "°C")
	v.Between("MinTemperature", u.MinTemperature, -90, u.MaxTemperature, "°C, the upper end being MaxTemperature")
	v.Between("MaxTemperature", u.MaxTemperature, -90, 200, "°C")
	v.AtLeast("DiscomfortCost", u.DiscomfortCost, 0, "currency per K and hour")
	v.AtLeast("EndValue", u.EndValue, 0, "currency per K")
	w := &u.Water
	if w.Draw == "" {
		v.Require(w.Energy == 0 && w.Initial == 0 && w.COP == nil && w.SelfDischarge == 0 && w.UnmetCost == 0 && w.EndValue == 0,
			"Water has no Draw, want the name of a series of hot water in MW, or no tank")
		return v.Err()
	}
	checkSeries(v, set, "Water.Draw", w.Draw, math.Inf(1))
	if w.COP != nil {
		checkCOP(v, "Water.COP", w.COP)
	}
	v.AtLeast("Water.Energy", w.Energy, 0, "MWh")
	v.Between("Water.Initial", w.Initial, 0, w.Energy, "MWh, the upper end being Water.Energy")
	v.Require(w.SelfDischarge >= 0 && w.SelfDischarge < 1, "Water.SelfDischarge is %v, want a fraction per hour in [0, 1)", w.SelfDischarge)
	v.AtLeast("Water.UnmetCost", w.UnmetCost, 0, "currency per MWh")
	v.AtLeast("Water.EndValue", w.EndValue, 0, "currency per MWh")
	return v.Err()
}

// checkCOP requires points with rising outdoor temperatures and a COP above 0.
func checkCOP(v *faults.List, field string, points []COPPoint) {
	if !v.Require(len(points) > 0, "%s has no point, want at least one", field) {
		return
	}
	before := math.Inf(-1)
	for i, x := range points {
		at := field + "[" + strconv.Itoa(i) + "]"
		v.Positive(at+".COP", x.COP, "MW of heat per MW")
		v.Require(x.Outside > before && !math.IsInf(x.Outside, 1), "%s.Outside is %v, want a finite number above %v °C: points go from cold to warm", at, x.Outside, before)
		before = x.Outside
	}
}

// RollForward implements [Stateful]: the present temperature, and the heat in
// the tank.
func (u *HeatPump) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	temperature, err := traced(realised, "temperature", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	next.Initial = temperature[steps-1]
	if u.Water.Draw == "" {
		return &next, nil
	}
	water, err := traced(realised, "water", steps)
	if err != nil {
		return nil, err
	}
	next.Water.Initial, err = carried("heat in the tank", water[steps-1], 0, u.Water.Energy, "MWh")
	return &next, err
}

// Bounds implements [Bounded]: −P ≤ net_t ≤ 0.
func (u *HeatPump) Bounds(c Context, _ int) Bounds {
	b := c.NewBounds()
	for port := range b.Min {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, 0, 0)
		}
	}
	for t := range c.Steps() {
		b.Min[Electricity][t] = -u.MaxPower
	}
	return b
}

// Project implements [Projected]: the power that holds the lower end of the
// comfort band and heats the water as it is drawn, at most P.
func (u *HeatPump) Project(set *scenario.Set, s int) Projection {
	load := make([]float64, set.Steps())
	for t, celsius := range set.Path(u.Outside, s) {
		load[t] = max(0, u.Loss*(u.MinTemperature-celsius)/copAt(u.COP, celsius))
		if u.Water.Draw != "" {
			load[t] += set.At(u.Water.Draw, s, t) / u.waterCOP(celsius)
		}
		load[t] = min(load[t], u.MaxPower)
	}
	return Projection{Load: load}
}

// Class implements [Classified].
func (u *HeatPump) Class() Class { return ClassFlexibleLoad }

// DescribeState implements [StateDescriber]. The comfort band is soft, and so
// no limit.
func (u *HeatPump) DescribeState(name string) StateRange {
	switch name {
	case "temperature":
		return StateRange{Initial: optional.Of(u.Initial)}
	case "water":
		return StateRange{Initial: optional.Of(u.Water.Initial), Min: optional.Of(0), Max: optional.Of(u.Water.Energy)}
	}
	return StateRange{}
}

// Quantities implements [Measured].
func (u *HeatPump) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "MaxPower", u.MaxPower)
	q.add(EnergyOf, "Water.Energy", u.Water.Energy)
	q.add(EnergyOf, "Water.Initial", u.Water.Initial)
	q.add(PriceOf, "Water.UnmetCost", u.Water.UnmetCost)
	q.add(PriceOf, "Water.EndValue", u.Water.EndValue)
	return q
}

// UnequalSteps implements [Unequal].
func (u *HeatPump) UnequalSteps() bool { return true }

var (
	_ Stepwise       = (*HeatPump)(nil)
	_ Stateful       = (*HeatPump)(nil)
	_ Validator      = (*HeatPump)(nil)
	_ Bounded        = (*HeatPump)(nil)
	_ Projected      = (*HeatPump)(nil)
	_ Classified     = (*HeatPump)(nil)
	_ StateDescriber = (*HeatPump)(nil)
	_ Measured       = (*HeatPump)(nil)
	_ Unequal        = (*HeatPump)(nil)
)
