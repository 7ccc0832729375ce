package der

import "math"

// sloped is a range of a concave piecewise-linear function: its slope and its
// length.
type sloped struct{ slope, length float64 }

// concave is a concave piecewise-linear function on an interval that begins at
// from with the value at. The slopes of its pieces fall.
type concave struct {
	from, at float64
	pieces   []sloped
}

// clip restricts the function to [lower, upper]. It returns false if nothing is
// left. Ends within the rounding of the function's own ends count as inside.
func (f *concave) clip(lower, upper float64) bool {
	const rounding = 1e-12
	slack := rounding * max(1, math.Abs(lower), math.Abs(upper))
	i := 0
	for f.from < lower && i < len(f.pieces) {
		d := min(f.pieces[i].length, lower-f.from)
		f.at += d * f.pieces[i].slope
		if d == f.pieces[i].length {
			f.from += d
			i++
			continue
		}
		f.pieces[i].length -= d
		f.from = lower
	}
	n := copy(f.pieces, f.pieces[i:])
	f.pieces = f.pieces[:n]
	if f.from < lower-slack || f.from > upper+slack {
		return false
	}
	end := f.from
	for i := range f.pieces {
		if room := upper - end; f.pieces[i].length >= room {
			f.pieces[i].length = max(0, room)
			f.pieces = f.pieces[:i+1]
			break
		}
		end += f.pieces[i].length
	}
	return true
}

// join adds a decision d between 0 and a length, each unit of which is worth
// the slope: the function becomes the best sum, sup_d f(z − d) + slope d. The
// pieces of a sum of concave functions are those of both, sorted by slope.
func (f *concave) join(x sloped) {
	if x.length == 0 {
		return
	}
	i := len(f.pieces)
	f.pieces = append(f.pieces, x)
	for ; i > 0 && f.pieces[i-1].slope < x.slope; i-- {
		f.pieces[i] = f.pieces[i-1]
	}
	f.pieces[i] = x
}

// value returns the function at x, or −Inf outside of its interval.
func (f *concave) value(x float64) float64 {
	const rounding = 1e-12
	slack := rounding * max(1, math.Abs(x))
	if x < f.from-slack {
		return math.Inf(-1)
	}
	v, left := f.at, x-f.from
	for _, p := range f.pieces {
		if left <= 0 {
			return v
		}
		d := min(p.length, left)
		v += d * p.slope
		left -= d
	}
	if left > slack {
		return math.Inf(-1)
	}
	return v
}

// storageStep is one step of a store at prices: the value of charging and of
// discharging per MW, and the energy per MW that they bring into and take out
// of the store, MWh.
type storageStep struct {
	charge, discharge float64
	in, out           float64
	keep              float64
}

// step returns step t at prices. At a port of heat or gas, injection and
// withdrawal have one price.
func (u *Storage) step(p *Prices, dt, keep float64, t int) storageStep {
	in, out := p.Injected[t], p.Withdrawn[t]
	switch u.Port {
	case Heat:
		in, out = p.Heat[t], -p.Heat[t]
	case Gas:
		in, out = p.Gas[t], -p.Gas[t]
	}
	x := storageStep{
		charge: out, discharge: in + p.Cost*u.Wear*dt,
		in: u.ChargeEfficiency * dt, out: dt / u.DischargeEfficiency, keep: keep,
	}
	if u.WearRule == WearThroughput {
		x.charge += p.Cost * u.Wear * dt
	}
	return x
}

// keeps returns a function with the fraction of energy that is left after step
// t. A power is the dearest part of a step, so that equal steps compute it
// once.
func (u *Storage) keeps(c clock) func(t int) float64 {
	switch {
	case u.SelfDischarge == 0:
		return func(int) float64 { return 1 }
	case c.equal():
		keep := u.kept(c.dt)
		return func(int) float64 { return keep }
	}
	return func(t int) float64 { return u.kept(c.hours(t)) }
}

// Answer implements [Responder]. V_t(e) is the best value from step t on with
// the energy e before it. The recursion is exact, because V is concave and
// piecewise linear:
//
//	V_t(e) = max_{c,d} v_c c + v_d d + V_{t+1}(keep e + η_c c Δ − d Δ/η_d)   in the limits of e
//
// V_{t+1} gains one piece for charging and one for discharging, sorted by
// slope, and loses what lies outside of the limits. The schedule then follows
// the slopes from the initial energy on.
//
// Source: Bellman, Dynamic Programming (1957), for the recursion; Rockafellar,
// Convex Analysis (1970), section 16, for sums of concave functions.
func (u *Storage) Answer(p *Prices, c Context, s int, dst *Ports) float64 {
	var (
		n      = c.Steps()
		memory [64]sloped
		v      = concave{from: u.MinEnergy, pieces: memory[:0]}
		after  []concave // V_{t+1} within the limits, if the schedule is wanted
		daily  []bool
		clock  = c.clock()
		keeps  = u.keeps(clock)
	)
	if u.End == EndDaily {
		daily = u.returns(c)
	}
	if u.End == EndFree {
		v.at = p.Cost * u.EndValue * (u.initial() - u.MinEnergy)
		v.pieces = append(v.pieces, sloped{-p.Cost * u.EndValue, u.Energy - u.MinEnergy})
	} else {
		v.from = u.endEnergy()
	}
	if dst != nil {
		after = make([]concave, n)
	}
	for t := n - 1; t >= 0; t-- {
		lower, upper := u.MinEnergy, u.Energy
		if daily != nil && daily[t] {
			lower, upper = u.endEnergy(), u.endEnergy()
		}
		if !v.clip(lower, upper) {
			return math.Inf(-1)
		}
		if dst != nil {
			after[t] = concave{v.from, v.at, append([]sloped(nil), v.pieces...)}
		}
		x := u.step(p, clock.hours(t), keeps(t), t)
		// Along the energy before the step, all charging is the left end.
		v.from -= u.Charge * x.in
		v.at += u.Charge * x.charge
		v.join(sloped{-x.charge / x.in, u.Charge * x.in})
		v.join(sloped{x.discharge / x.out, u.Discharge * x.out})
		if x.keep != 1 {
			more := 1 / x.keep
			v.from *= more
			for i := range v.pieces {
				v.pieces[i].slope *= x.keep
				v.pieces[i].length *= more
			}
		}
	}
	worth := v.value(u.initial())
	if dst != nil && !math.IsInf(worth, -1) {
		u.follow(p, c, after, dst)
	}
	return worth
}

// follow sets dst to the schedule of the recursion.
func (u *Storage) follow(p *Prices, c Context, after []concave, dst *Ports) {
	n := c.Steps()
	in, out := cleared(dst.Injected, n), cleared(dst.Withdrawn, n)
	*dst = Ports{}
	energy := u.initial()
	clock := c.clock()
	keeps := u.keeps(clock)
	for t := range n {
		dt := clock.hours(t)
		x := u.step(p, dt, keeps(t), t)
		charge, discharge, next := u.move(x, &after[t], x.keep*energy)
		in[t], out[t], energy = discharge, charge, next
		dst.Cost += u.Wear * discharge * dt
		if u.WearRule == WearThroughput {
			dst.Cost += u.Wear * charge * dt
		}
	}
	if u.End == EndFree {
		dst.Cost -= u.EndValue * (energy - u.initial())
	}
	if u.Port == Electricity {
		dst.Injected, dst.Withdrawn = in, out
		return
	}
	for t := range in {
		in[t] -= out[t]
	}
	if u.Port == Heat {
		dst.Heat = in
	} else {
		dst.Gas = in
	}
}

// move returns the best powers of a step that begins with the energy z, after
// losses, and the energy after it. It starts with the least energy and fills
// the store as long as that pays: along the pieces of V beside those of the
// step, less discharge and more charge, the better one first.
func (u *Storage) move(x storageStep, after *concave, z float64) (charge, discharge, energy float64) {
	var (
		less  = sloped{-x.discharge / x.out, u.Discharge * x.out}
		more  = sloped{x.charge / x.in, u.Charge * x.in}
		own   = [2]*sloped{&less, &more}
		start = z - u.Discharge*x.out
		moved [2]float64
		lessI = 0
	)
	if more.slope > less.slope {
		own, lessI = [2]*sloped{&more, &less}, 1
	}
	energy = start
	j := 0
	// advance uses d MWh of the pieces of the step.
	advance := func(d float64) {
		for d > 0 && j < 2 {
			part := min(d, own[j].length-moved[j])
			moved[j] += part
			d -= part
			energy += part
			if moved[j] >= own[j].length {
				j++
			} else if part == 0 {
				break
			}
		}
	}
	advance(after.from - start)
	skip := max(0, energy-after.from) // of the pieces of V
	for _, p := range after.pieces {
		length := p.length - skip
		skip = max(0, skip-p.length)
		for length > 0 && j < 2 && p.slope+own[j].slope > 0 {
			d := min(length, own[j].length-moved[j])
			advance(d)
			length -= d
			if d == 0 {
				j++
			}
		}
		if length > 0 {
			break
		}
	}
	if less.length > 0 {
		discharge = max(0, u.Discharge*(1-moved[lessI]/less.length))
	}
	if more.length > 0 {
		charge = u.Charge * (moved[1-lessI] / more.length)
	}
	return charge, discharge, energy
}
