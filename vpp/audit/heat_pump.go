package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// heatPump inspects a heat pump. With the power W at the meter, that of water
// w, and p = W − w,
//
//	0 ≤ w_t,   0 ≤ p_t,   W_t ≤ P
//	T_t = A_t + COP p_t / U + (T_{t−1} − A_t − COP p_t / U) e^{−UΔ/C}
//	e_t = (1−σ)^Δ e_{t−1} + (COP_w w_t − D_t + m_t) Δ,   0 ≤ e_t ≤ E,   0 ≤ m_t ≤ D_t
//	cost = Σ_t (c_d max(0, T_min − T_t, T_t − T_max) + c_m m_t) Δ − v (T_T − T_0) − v_w (e_T − e_0)
func (a *account) heatPump(u *der.HeatPump) {
	cop := func(points []der.COPPoint, celsius float64) float64 {
		out := points[0].COP
		for i := 1; i < len(points); i++ {
			a, b := points[i-1], points[i]
			share := (celsius - a.Outside) / (b.Outside - a.Outside)
			out += (b.COP - a.COP) * min(1, max(0, share))
		}
		return out
	}
	ofWater := u.Water.COP
	if ofWater == nil {
		ofWater = u.COP
	}
	for s := range a.realised.Realised {
		var (
			p       = a.ports(s)
			celsius = u.Initial
			stored  = u.Water.Initial
			costs   = map[string]float64{}
		)
		for t := range a.c.Steps() {
			at, dt := a.at(s, t), a.dt(t)
			outside, heating := a.c.Set.At(u.Outside, s, t), value(p.Trace("water_power"), t)
			power := value(p.Withdrawn, t) - heating
			at.AtLeast("power of the building", power, 0)
			at.Within("power of the water", 0, heating, u.MaxPower)
			at.AtMost("power", value(p.Withdrawn, t), u.MaxPower)
			target := outside + cop(u.COP, outside)*power/u.Loss
			celsius = target + (celsius-target)*math.Exp(-u.Loss*dt/u.Capacity)
			at.Equal("reported temperature", value(p.Trace("temperature"), t), celsius)
			costs["discomfort"] += u.DiscomfortCost * max(0, u.MinTemperature-celsius, celsius-u.MaxTemperature) * dt
			if u.Water.Draw == "" {
				continue
			}
			draw, unmet := a.c.Set.At(u.Water.Draw, s, t), value(p.Trace("unmet_water"), t)
			at.Within("hot water not served", 0, unmet, draw)
			stored = math.Pow(1-u.Water.SelfDischarge, dt)*stored + (cop(ofWater, outside)*heating-draw+unmet)*dt
			at.Within("heat in the tank", 0, stored, u.Water.Energy)
			at.Equal("reported heat in the tank", value(p.Trace("water"), t), stored)
			costs["unmet hot water"] += u.Water.UnmetCost * unmet * dt
		}
		costs["heat left"] = -u.EndValue * (celsius - u.Initial)
		costs["hot water left"] = -u.Water.EndValue * (stored - u.Water.Initial)
		a.cost(s, true, costs)
	}
	a.onlyWithdraws()
}
