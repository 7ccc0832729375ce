package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// shiftable inspects a load that runs once and as a whole: that what it takes in is its profile from some
// step in the window on, the same in all scenarios, and what it costs to begin elsewhere.
func (a *account) shiftable(u *der.ShiftableLoad) {
	begin := len(a.ports(0).Withdrawn)
	for t := len(a.ports(0).Withdrawn) - 1; t >= 0; t-- {
		if a.ports(0).Withdrawn[t] > u.Profile[0]/2 {
			begin = t
		}
	}
	from, to := a.window(u.Window)
	a.at(All, All).Within("first step of the run", float64(from), float64(begin), float64(to-len(u.Profile)))
	a.each(func(_, t int, p *der.Ports, at Spot) {
		want := 0.0
		if k := t - begin; k >= 0 && k < len(u.Profile) {
			want = u.Profile[k]
		}
		at.Equal("power of the run", value(p.Withdrawn, t), want)
	})
	shifting := 0.0
	if math.Abs(float64(begin)*a.dt-u.Usual) > a.dt/2 {
		for _, mw := range u.Profile {
			shifting += u.ShiftCost * mw * a.dt
		}
	}
	for s := range a.realised.Realised {
		a.cost(s, false, map[string]float64{"shifting": shifting})
	}
	a.onlyTakesPower()
}

// transferable inspects a load that takes its energy when it suits: the window, the band of power, the
// energy, the length of runs and what moving costs. A run that may pause can be longer than what shows of it.
func (a *account) transferable(u *der.TransferableLoad) {
	const idle = 1e-6 // MW
	from, to := a.window(u.Window)
	runs := make([]bool, a.c.Steps())
	for s := range a.realised.Realised {
		taken, needed, moved := 0.0, 0.0, 0.0
		for t := range a.c.Steps() {
			at, mw, usual := a.at(s, t), value(a.ports(s).Withdrawn, t), a.c.Set.At(u.Load, s, t)
			taken, needed = taken+mw*a.dt, needed+usual*a.dt
			moved += max(0, mw-usual) * a.dt
			if mw > idle {
				runs[t] = true
				at.Within("power taken in", u.Min, mw, u.Max)
				at.Within("step in the window", float64(from), float64(t), float64(to-1))
			}
		}
		a.at(s, All).Equal("energy taken in", taken, needed)
		a.cost(s, true, map[string]float64{"transfer": u.TransferCost * moved})
	}
	begins := 0
	for t := range len(runs) + 1 {
		if t < len(runs) && runs[t] {
			continue
		}
		if t > begins && u.Min > 0 {
			a.at(All, begins).AtLeast("length of a run", float64(t-begins)*a.dt, u.MinRun)
		}
		begins = t + 1
	}
	if u.Min > 0 { // on in one scenario is on in all
		a.each(func(_, t int, p *der.Ports, at Spot) {
			at.AtLeast("power while running", value(p.Withdrawn, t), u.Min*number(runs[t]))
		})
	}
	a.onlyTakesPower()
}

// window returns the whole steps [from, to) of a window.
func (a *account) window(x der.Window) (from, to int) {
	from, to = a.steps(x.From), a.c.Steps()
	if end, ok := x.To.Get(); ok {
		to = min(to, int(math.Floor(end/a.dt+1e-9)))
	}
	return from, to
}

func (a *account) onlyTakesPower() {
	a.absent("port that the kind does not have", func(p *der.Ports) [][]float64 {
		return [][]float64{p.Injected, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Renewable, p.Available, p.Conventional}
	})
}
