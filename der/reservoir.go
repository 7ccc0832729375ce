package der

import (
	"fmt"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Reservoir is a hydropower station with a reservoir. With the inflow I and the
// release R of turbines and spillway together, and κ_t = 0.0036 Δ_t hm³ per
// m³/s in step t,
//
//	V_t = V_{t−1} + κ_t (I_t − R_t),   V_min ≤ V_t ≤ V_max      volume at the end of step t, hm³
//	0 ≤ P_t ≤ f(R_t),   R_t ≥ 0                                power, MW; release, m³/s
//	x_t ≥ R_min − R_t                                          release below the least one, m³/s
//	y_t ≥ |R_t − R_{t−1}| − ρ Δ_t                              change of release beyond the ramp, m³/s
//	Φ(V) = v V − c_u max(0, V_end − V)                         value of the water left, currency
//	cost = Σ_t (c_om P_t Δ + c_u κ_t (x_t + y_t)) − Φ(V_T) + Φ(V_0),   x, y ≥ 0
//
// The curve f begins at 0, goes through the points of Turbine by lines and is
// constant beyond the last one. Its slope must not rise, so that the program
// has no integers: the head is constant, and the first units to run are the
// best ones. A power below f(R) spills water: the turbines take f⁻¹(P), and the
// spillway takes the rest. A spillway has no limit.
//
// R_min, ρ and V_end are targets, such as those of a water permit. Every
// reservoir has a schedule, because a target can be missed at the price c_u: an
// empty one releases its inflow in a dry hour. Φ counts a volume that was
// missing before the horizon as well, so that the windows of a plan add up.
// [Reservoir.Misses] names the targets missed. [RunOfRiver] is a station
// without a reservoir.
//
// Each MWh generated earns a certificate. Water that is not used can wait, so
// that the energy that a step could have generated is the energy that it does.
// Reservoir is not [Projected] for the same reason, as a battery is not.
//
// For example, Turbine: {{Discharge: 10, Power: 8}, {Discharge: 15, Power: 11}}
// generates 4 MW from 5 m³/s and 9.5 MW from 12.5 m³/s. One hm³ runs it at 10
// m³/s for 27.8 hours.
//
// Sources: Catalão, Mariano, Mendes, Ferreira, IEEE Trans. Power Syst. 24(2),
// 2009, for the balance of water, limits and value of the water left; Conejo,
// Arroyo, Contreras, Villamor, IEEE Trans. Power Syst. 17(4), 2002, for the
// curve of power over discharge in pieces.
type Reservoir struct {
	ID      string
	Inflow  string       // series of I ≥ 0, m³/s
	Turbine []HydroPoint // points of f, discharges rising

	MinVolume, MaxVolume float64 // 0 ≤ V_min ≤ V_max, hm³
	Initial              float64 // V_0, [V_min, V_max], hm³

	MinRelease  float64        // R_min ≥ 0, m³/s
	ReleaseRamp optional.Float // ρ ≥ 0, m³/s per hour. Absent: none
	Released    optional.Float // R_0 ≥ 0 before the first step, m³/s. Absent: its change is free
	EndVolume   optional.Float // V_end, [V_min, V_max], hm³. Absent: none
	UnmetCost   float64        // c_u ≥ 0, currency per hm³ by which a target is missed

	EndValue    float64 // v ≥ 0, currency per hm³ at the end beyond V_0
	Maintenance float64 // c_om ≥ 0, currency per MWh
}

// WaterTarget is a target of a reservoir that can be missed at a price.
type WaterTarget int

const (
	ReleaseTarget WaterTarget = iota // the least release
	RampTarget                       // the ramp of the release
	EndTarget                        // the volume at the end
)

// String returns the target in lower case.
func (x WaterTarget) String() string { return [...]string{"release", "ramp", "end volume"}[x] }

// WaterMiss is a target that a reservoir misses in one step.
type WaterMiss struct {
	Target WaterTarget
	Step   int
	Volume float64 // hm³ by which it is missed, > 0
}

// String returns the miss in words, such as "release misses its target by
// 0.0036 hm³ in step 4".
func (x WaterMiss) String() string {
	return fmt.Sprintf("%s misses its target by %.6g hm³ in step %d", x.Target, x.Volume, x.Step)
}

// Name implements [DER].
func (u *Reservoir) Name() string { return u.ID }

// Model implements [DER]. Its columns are "power(s,t)", "release(s,t)" and
// "volume(s,t)", and for targets "short_release(s,t)", "beyond_ramp(s,t)" and
// "short_volume(s,t)".
func (u *Reservoir) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at, inflow := c.Namer(u.ID, s), c.Set.Path(u.Inflow, s)
		volume := on.Times(u.Initial)
		mostBefore, known := u.Released.Get()
		before := on.Times(mostBefore)
		for t := range c.Steps() {
			dt, water := c.HoursAt(t), waterOf(c, t)
			power := upTo(m, at("power", t), maxPower(u.Turbine), on)
			// The balance of water implies this limit of the release: a
			// reservoir that runs empty.
			most := inflow[t] + (u.MaxVolume-u.MinVolume)/water
			release := upTo(m, at("release", t), most, on)
			left := within(m, at("volume", t), u.MinVolume, u.MaxVolume, on)
			m.Equal(at("water", t), left, milp.Sum(volume, on.Times(water*inflow[t]), release.Times(-water)))
			for k, x := range pieces(u.Turbine) {
				m.AtMost(at("turbine_"+strconv.Itoa(k+1), t), power, release.Times(x.slope).Plus(on.Times(x.at0)))
			}
			out[s].Inject(t, power)
			out[s].Renew(t, power.Times(dt), power.Times(dt))
			out[s].Cost.Add(power.Times(u.Maintenance * dt))
			if u.MinRelease > 0 {
				short := upTo(m, at("short_release", t), u.MinRelease, on)
				m.AtLeast(at("short_release", t), short, on.Times(u.MinRelease).Minus(release))
				out[s].Cost.Add(short.Times(u.UnmetCost * water))
			}
			if ramp, ok := u.ReleaseRamp.Get(); ok && known {
				beyond := upTo(m, at("beyond_ramp", t), max(most, mostBefore), on)
				m.AtMost(at("ramp_up", t), release, milp.Sum(before, on.Times(ramp*dt), beyond))
				m.AtMost(at("ramp_down", t), before, milp.Sum(release, on.Times(ramp*dt), beyond))
				out[s].Cost.Add(beyond.Times(u.UnmetCost * water))
			}
			out[s].Watch("release", "m³/s", t, release)
			out[s].Watch("volume", "hm³", t, left)
			volume, before, mostBefore, known = left, release, most, true
		}
		if end, ok := u.EndVolume.Get(); ok {
			last := c.Steps() - 1
			short := upTo(m, at("short_volume", last), end, on)
			m.AtLeast(at("short_volume", last), short, on.Times(end).Minus(volume))
			out[s].Cost.Add(short.Times(u.UnmetCost), on.Times(-u.UnmetCost*max(0, end-u.Initial)))
		}
		out[s].Cost.Add(on.Times(u.EndValue*u.Initial), volume.Times(-u.EndValue))
	}
	return out
}

// PowerOf returns f at a release of turbines and spillway, MW.
func (u *Reservoir) PowerOf(release float64) float64 { return powerOf(u.Turbine, release) }

// waterOf returns κ_t, the water of 1 m³/s in a step, hm³: 3600 m³ per hour.
func waterOf(c Context, t int) float64 { return 0.0036 * c.HoursAt(t) }

// Benefit implements [DER]. Its items are those of the payment, "maintenance",
// "missed targets" and "water left".
func (u *Reservoir) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return overSteps(u.BenefitByStep(realised, c, scenario))
}

// BenefitByStep implements [Stepwise]. The water left belongs to the last step,
// and its item has the miss of EndVolume. Release and volume are those of the
// traces, because a meter measures power.
func (u *Reservoir) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p := &realised.Realised[scenario]
	missed := make([]float64, c.Steps())
	for _, x := range u.misses(p, c) {
		if x.Target != EndTarget {
			missed[x.Step] -= u.UnmetCost * x.Volume
		}
	}
	last := c.Steps() - 1
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("maintenance", func(t int) float64 { return -u.Maintenance * at(p.Injected, t) * c.HoursAt(t) }),
		ItemPath{"missed targets", missed},
		c.byStep("water left", func(t int) float64 {
			if t < last {
				return 0
			}
			return u.worth(at(p.Trace("volume"), last)) - u.worth(u.Initial)
		}))
}

// worth returns Φ at a volume, currency.
func (u *Reservoir) worth(volume float64) float64 {
	out := u.EndValue * volume
	if end, ok := u.EndVolume.Get(); ok {
		out -= u.UnmetCost * max(0, end-volume)
	}
	return out
}

// Misses returns the targets that a planned schedule misses in one scenario, by
// step. A lack of at most 1e-6 hm³ is none.
func (u *Reservoir) Misses(realised *Ports, c Context) []WaterMiss {
	const tiny = 1e-6 // hm³, 1 m³: assumed, above the tolerance of a solver
	var out []WaterMiss
	for _, x := range u.misses(realised, c) {
		if x.Volume > tiny {
			out = append(out, x)
		}
	}
	return out
}

// misses returns the positive misses of a schedule, however small.
func (u *Reservoir) misses(realised *Ports, c Context) []WaterMiss {
	var out []WaterMiss
	add := func(target WaterTarget, t int, volume float64) {
		if volume > 0 {
			out = append(out, WaterMiss{target, t, volume})
		}
	}
	release, volume := realised.Trace("release"), realised.Trace("volume")
	for t := range c.Steps() {
		add(ReleaseTarget, t, waterOf(c, t)*(u.MinRelease-at(release, t)))
		before, known := u.Released.Get()
		if t > 0 {
			before, known = at(release, t-1), true
		}
		if ramp, ok := u.ReleaseRamp.Get(); ok && known {
			add(RampTarget, t, waterOf(c, t)*(math.Abs(at(release, t)-before)-ramp*c.HoursAt(t)))
		}
	}
	if end, ok := u.EndVolume.Get(); ok {
		add(EndTarget, c.Steps()-1, end-at(volume, c.Steps()-1))
	}
	return out
}

// Validate implements [Validator].
func (u *Reservoir) Validate(set *scenario.Set) error {
	v := checks("reservoir", u.ID)
	checkInflow(v, set, u.Inflow)
	checkTurbine(v, u.Turbine)
	v.Between("MinVolume", u.MinVolume, 0, u.MaxVolume, "hm³, the upper end being MaxVolume")
	v.AtLeast("MaxVolume", u.MaxVolume, 0, "hm³")
	v.Between("Initial", u.Initial, u.MinVolume, u.MaxVolume, "hm³, from MinVolume to MaxVolume")
	v.AtLeast("MinRelease", u.MinRelease, 0, "m³/s")
	v.AtLeast("ReleaseRamp", u.ReleaseRamp.Or(0), 0, "m³/s per hour")
	v.AtLeast("Released", u.Released.Or(0), 0, "m³/s")
	if end, ok := u.EndVolume.Get(); ok {
		v.Between("EndVolume", end, u.MinVolume, u.MaxVolume, "hm³, from MinVolume to MaxVolume")
	}
	v.AtLeast("UnmetCost", u.UnmetCost, 0, "currency per hm³")
	v.AtLeast("EndValue", u.EndValue, 0, "currency per hm³")
	v.AtLeast("Maintenance", u.Maintenance, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]: the volume, and the release of the last
// step.
func (u *Reservoir) RollForward(realised *Ports, _ Context, _, steps int) (DER, error) {
	volume, err := traced(realised, "volume", steps)
	if err != nil {
		return nil, err
	}
	release, err := traced(realised, "release", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	if next.Initial, err = carried("volume", volume[steps-1], u.MinVolume, u.MaxVolume, "hm³"); err != nil {
		return nil, err
	}
	before, err := carried("release", release[steps-1], 0, math.Inf(1), "m³/s")
	next.Released = optional.Of(before)
	return &next, err
}

// Bounds implements [Bounded]: 0 ≤ net_t ≤ f of the inflow and of all water in
// the reservoir.
func (u *Reservoir) Bounds(c Context, scenario int) Bounds {
	b := c.NewBounds()
	for port := range b.Min {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, 0, 0)
		}
	}
	held := u.Initial - u.MinVolume // most water above the least volume before the step
	for t := range c.Steps() {
		inflow := c.Set.At(u.Inflow, scenario, t)
		b.Max[Electricity][t] = powerOf(u.Turbine, inflow+held/waterOf(c, t))
		held = min(u.MaxVolume-u.MinVolume, held+waterOf(c, t)*inflow)
	}
	return b
}

// Rating implements [Rated].
func (u *Reservoir) Rating(port Carrier) optional.Float {
	return rating(port, Electricity, optional.Of(maxPower(u.Turbine)))
}

// Class implements [Classified].
func (u *Reservoir) Class() Class { return ClassHydro }

// DescribeState implements [StateDescriber].
func (u *Reservoir) DescribeState(name string) StateRange {
	switch name {
	case "volume":
		return StateRange{Initial: optional.Of(u.Initial), Min: optional.Of(u.MinVolume), Max: optional.Of(u.MaxVolume)}
	case "release":
		return StateRange{Initial: u.Released, Min: optional.Of(0)}
	}
	return StateRange{}
}

// Quantities implements [Measured].
func (u *Reservoir) Quantities() []Quantity { return waterQuantities(u.Turbine, u.Maintenance) }

// UnequalSteps implements [Unequal].
func (u *Reservoir) UnequalSteps() bool { return true }

var (
	_ Stepwise       = (*Reservoir)(nil)
	_ Stateful       = (*Reservoir)(nil)
	_ Validator      = (*Reservoir)(nil)
	_ Bounded        = (*Reservoir)(nil)
	_ Rated          = (*Reservoir)(nil)
	_ Classified     = (*Reservoir)(nil)
	_ StateDescriber = (*Reservoir)(nil)
	_ Measured       = (*Reservoir)(nil)
	_ Unequal        = (*Reservoir)(nil)
	_ fmt.Stringer   = WaterMiss{}
)
