package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// turbined returns the power of a turbine at a release: each unit of the curve
// takes the water that the units before it leave.
func turbined(points []der.HydroPoint, release float64) float64 {
	power, before := 0.0, der.HydroPoint{}
	for _, x := range points {
		width := x.Discharge - before.Discharge
		power += (x.Power - before.Power) * min(1, max(0, release-before.Discharge)/width)
		before = x
	}
	return power
}

// river inspects a station without a reservoir: 0 ≤ P ≤ f(I − R), and all of P
// is renewable.
func (a *account) river(u *der.RunOfRiver) {
	for s := range a.realised.Realised {
		p, maintained := a.ports(s), 0.0
		for t := range a.c.Steps() {
			at, mw := a.at(s, t), value(p.Injected, t)
			available := turbined(u.Turbine, max(0, a.c.Set.At(u.Inflow, s, t)-u.ResidualFlow))
			at.Within("power", 0, mw, available)
			at.Equal("available energy", value(p.Available, t), available*a.dt(t))
			at.Equal("renewable energy", value(p.Renewable, t), mw*a.dt(t))
			maintained += u.Maintenance * mw * a.dt(t)
		}
		a.cost(s, false, map[string]float64{"maintenance": maintained})
	}
	a.onlyGenerates()
}

// reservoir inspects a station with a reservoir. With 3600 m³ per hour and m³/s
// of the release R,
//
//	V_t = V_{t−1} + 0.0036 Δ (I_t − R_t),   V_min ≤ V_t ≤ V_max,   0 ≤ P_t ≤ f(R_t)
//	cost = Σ_t (c_om P Δ + c_u 0.0036 Δ (max(0, R_min − R_t) + max(0, |R_t − R_{t−1}| − ρ Δ)))
//	       + c_u (max(0, V_end − V_T) − max(0, V_end − V_0)) − v (V_T − V_0)
func (a *account) reservoir(u *der.Reservoir) {
	for s := range a.realised.Realised {
		var (
			p      = a.ports(s)
			volume = u.Initial
			before = u.Released
			costs  = map[string]float64{}
		)
		for t := range a.c.Steps() {
			at, mw, release := a.at(s, t), value(p.Injected, t), value(p.Trace("release"), t)
			water := 0.0036 * a.dt(t)
			at.AtLeast("release", release, 0)
			volume += water * (a.c.Set.At(u.Inflow, s, t) - release)
			at.Within("volume", u.MinVolume, volume, u.MaxVolume)
			at.Equal("reported volume", value(p.Trace("volume"), t), volume)
			at.Within("power", 0, mw, turbined(u.Turbine, release))
			at.Equal("renewable energy", value(p.Renewable, t), mw*a.dt(t))
			at.Equal("available energy", value(p.Available, t), mw*a.dt(t))
			costs["maintenance"] += u.Maintenance * mw * a.dt(t)
			missed := max(0, u.MinRelease-release)
			if ramp, ok := u.ReleaseRamp.Get(); ok {
				if last, ok := before.Get(); ok {
					missed += max(0, math.Abs(release-last)-ramp*a.dt(t))
				}
			}
			costs["missed targets"] += u.UnmetCost * water * missed
			before = optional.Of(release)
		}
		costs["water left"] = -u.EndValue * (volume - u.Initial)
		if end, ok := u.EndVolume.Get(); ok {
			costs["water left"] += u.UnmetCost * (max(0, end-volume) - max(0, end-u.Initial))
		}
		a.cost(s, true, costs)
	}
	a.onlyGenerates()
}

// onlyGenerates checks that the ports other than the injection of renewable
// electricity are 0.
func (a *account) onlyGenerates() {
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Conventional}
	})
}
