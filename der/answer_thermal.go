package der

import (
	"math"
	"slices"
)

var _ Responder = (*Thermal)(nil)

// plus adds a function on the same interval: its value at the left end, and its
// pieces.
func (f *concave) plus(at float64, pieces []sloped) {
	f.at += at
	if len(pieces) == 1 { // one price for all outputs, the usual case
		for i := range f.pieces {
			f.pieces[i].slope += pieces[0].slope
		}
		return
	}
	var (
		out  []sloped
		a, b = slices.Clone(f.pieces), slices.Clone(pieces)
	)
	for len(a) > 0 && len(b) > 0 {
		d := min(a[0].length, b[0].length)
		if d > 0 {
			out = append(out, sloped{a[0].slope + b[0].slope, d})
		}
		a[0].length -= d
		b[0].length -= d
		if a[0].length <= 0 {
			a = a[1:]
		}
		if len(b) > 0 && b[0].length <= 0 {
			b = b[1:]
		}
	}
	f.pieces = out
}

// top returns the least point with the largest value.
func (f *concave) top() float64 {
	x := f.from
	for _, p := range f.pieces {
		if p.slope <= 0 {
			break
		}
		x += p.length
	}
	return x
}

// Responds implements [Responder]: a unit that must run, with known ramps and
// piecewise-linear cost. Its integers are fixed.
func (u *Thermal) Responds(Context) bool {
	known := u.Before.Boundary == BeforeKnown && u.Before.On || u.Before.Boundary == BeforeFree
	return u.MustRun && known && u.Reserve == 0 && u.curve() != nil
}

// ramp returns the ramps of step t, MW. Without a limit they are the range of
// the unit.
func (u *Thermal) ramp(c Context, t int) (up, down float64) {
	width := u.MaxOutput - u.MinOutput
	limit := func(rate float64) float64 { return min(rate*c.HoursAt(t), width) }
	return limit(u.RampUp.Or(math.Inf(1))), limit(u.RampDown.Or(math.Inf(1)))
}

// Answer implements [Responder]. V_t(p) is the best value from step t on with
// the output p in it,
//
//	V_t(p) = g_t p − cost C(p) Δ + max_{p' in [p − R_dn Δ, p + R_up Δ]} V_{t+1}(p')
//
// which is concave and piecewise linear: the maximum inserts a level piece of
// the length of both ramps. The outputs then follow the tops of V within the
// ramps.
func (u *Thermal) Answer(p *Prices, c Context, _ int, dst *Ports) float64 {
	var (
		n     = c.Steps()
		curve = u.curve()
		clock = c.clock()
		worth = func(t int) float64 { // per MW, without fuel
			dt := clock.hours(t)
			return p.Injected[t] + dt*(p.Conventional[t]+u.EmissionFactor*p.Emission[t]+u.Quota*p.Allowance[t]+p.Cost*u.Maintenance)
		}
		v    = concave{from: u.MinOutput}
		tops []float64
	)
	if u.MaxOutput > u.MinOutput {
		v.pieces = []sloped{{0, u.MaxOutput - u.MinOutput}}
	}
	if dst != nil {
		tops = make([]float64, n)
	}
	pieces := make([]sloped, len(curve)-1)
	for t := n - 1; t >= 0; t-- {
		dt, gain := clock.hours(t), worth(t)
		for i := range pieces {
			pieces[i] = sloped{gain + p.Cost*dt*slope(curve, i), curve[i+1].Output - curve[i].Output}
		}
		v.plus(gain*u.MinOutput+p.Cost*dt*curve[0].Cost, pieces)
		if dst != nil {
			tops[t] = v.top()
		}
		if t == 0 {
			break
		}
		up, down := u.ramp(c, t)
		v.from -= up
		v.join(sloped{0, up + down})
		if !v.clip(u.MinOutput, u.MaxOutput) {
			return math.Inf(-1)
		}
	}
	lower, upper := u.MinOutput, u.MaxOutput
	if u.Before.Boundary == BeforeKnown {
		up, down := u.RampUp.Or(math.Inf(1))*c.HoursAt(0), u.RampDown.Or(math.Inf(1))*c.HoursAt(0)
		lower, upper = max(lower, u.Before.Output-down), min(upper, u.Before.Output+up)
		if lower > upper {
			return math.Inf(-1)
		}
	}
	first := min(max(v.top(), lower), upper)
	if dst != nil {
		u.run(c, curve, tops, first, dst)
	}
	return v.value(first)
}

// run sets dst to the schedule that begins with an output and follows the tops
// within the ramps.
func (u *Thermal) run(c Context, curve []CurvePoint, tops []float64, output float64, dst *Ports) {
	n := c.Steps()
	*dst = Ports{Injected: cleared(dst.Injected, n), Conventional: cleared(dst.Conventional, n), Emission: cleared(dst.Emission, n), Allowance: cleared(dst.Allowance, n)}
	for t := range n {
		dt := c.HoursAt(t)
		if t > 0 {
			up, down := u.ramp(c, t)
			output = min(max(tops[t], output-down, u.MinOutput), output+up, u.MaxOutput)
		}
		dst.Injected[t], dst.Conventional[t] = output, output*dt
		dst.Emission[t], dst.Allowance[t] = output*dt*u.EmissionFactor, output*dt*u.Quota
		fuel := curve[0].Cost
		if len(curve) > 1 {
			fuel = hourly(curve, output)
		}
		dst.Cost += (fuel + u.Maintenance*output) * dt
	}
}

// Limits implements [Responder].
func (u *Thermal) Limits(c Context, _ int) Ports {
	n := c.Steps()
	out := Ports{Injected: make([]float64, n), Conventional: make([]float64, n), Emission: make([]float64, n), Allowance: make([]float64, n)}
	dearest := 0.0
	for _, x := range u.curve() {
		dearest = max(dearest, math.Abs(x.Cost))
	}
	for t := range n {
		energy := u.MaxOutput * c.HoursAt(t)
		out.Injected[t], out.Conventional[t] = u.MaxOutput, energy
		out.Emission[t], out.Allowance[t] = math.Abs(energy*u.EmissionFactor), math.Abs(energy*u.Quota)
		out.Cost += dearest*c.HoursAt(t) + math.Abs(u.Maintenance)*energy
	}
	return out
}
