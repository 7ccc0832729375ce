package der

import "math"

// Part is a number of equal DERs of a [Fleet] that have the same schedule.
type Part struct {
	Count    int      // DERs in the part, at least 1
	Schedule Schedule // of one of them
}

// Parts returns the schedules of single DERs that add up to the schedule of the
// fleet. DERs that run in the same steps are one part. For example, of three
// engines that deliver 7 MW and of which two run, two deliver 3.5 MW and one
// stands still.
//
// A fleet whose DERs follow one schedule, see [Fleet.Together], and one of a
// convex kind is one part with the mean schedule. Its own costs in [Ports.Cost]
// are those of the kind's benefit if DERs differ. ok is false for kinds whose
// DERs can differ in other ways, such as n connections of which some buy and
// some sell; the one part then has the mean schedule.
//
// The DER that has run longest stops first, and the DER that has stood still
// longest starts first, so that minimum times hold for each DER if they hold
// for the sum.
func (u *Fleet) Parts(realised Schedule, c Context) (parts []Part, ok bool) {
	mean := []Part{{u.Count, u.Mean(realised)}}
	if u.Count == 1 || u.Together(c) {
		return mean, true
	}
	x, ok := u.Unit.(switchedKind)
	if !ok {
		_, differ := u.Unit.(counted)
		return mean, !differ
	}
	running := runningDERs(&realised.Realised[0], u.Count, c)
	groups := x.switching().groups(running, u.Count)
	if len(groups) == 1 {
		return mean, true
	}
	for _, g := range groups {
		part := Part{Count: g.count, Schedule: Schedule{DayAhead: multiples(1/u.size(), realised.DayAhead)}}
		for s := range realised.Realised {
			p := realised.Realised[s].of(g.runs, running)
			x.switching().setTraces(&p, g.runs)
			part.Schedule.Realised = append(part.Schedule.Realised, p)
		}
		for s := range part.Schedule.Realised {
			part.Schedule.Realised[s].Cost = -ownTotal(u.Unit.(Stepwise).BenefitByStep(part.Schedule, c, s), c.PaymentByStep(part.Schedule, s))
		}
		parts = append(parts, part)
	}
	return parts, true
}

// switchedKind is a kind with a commitment whose program with on = n counts
// running DERs. Its DERs differ in the steps in which they run, and running
// DERs share each port equally.
type switchedKind interface {
	counted
	switching() switching
}

// switching assigns numbers of running DERs to single ones.
type switching interface {
	groups(running []int, n int) []group
	// sameState reports whether all n DERs have one state after the last of the
	// steps.
	sameState(running []int, n int) bool
	// setTraces replaces the traces that are no shares of the sum, such as
	// "start".
	setTraces(p *Ports, runs []bool)
}

// group is a number of DERs that run in the same steps.
type group struct {
	count int
	runs  []bool // per step
}

// runningDERs returns the number of running DERs per step from the trace "on".
// A metered schedule has no traces: all n run in the steps in which a port is
// not 0.
func runningDERs(p *Ports, n int, c Context) []int {
	out := make([]int, c.Steps())
	on := p.Trace("on")
	for t := range out {
		switch {
		case on != nil:
			// The sum of binaries is an integer within the tolerance of the
			// solver.
			out[t] = int(min(max(0, math.Round(at(on, t))), float64(n)))
		case at(p.Injected, t) > 0 || at(p.Withdrawn, t) > 0 || at(p.Heat, t) > 0:
			out[t] = n
		}
	}
	return out
}

// levels groups DERs without minimum times: DER j of n runs in the steps with
// at least j running ones. No other assignment has fewer starts.
func levels(running []int, n int) []group {
	var out []group
	for j := 1; j <= n; {
		var (
			g    = group{runs: make([]bool, len(running))}
			next = n // the last DER that runs in the same steps
		)
		for t, k := range running {
			if g.runs[t] = k >= j; g.runs[t] {
				next = min(next, k)
			}
		}
		g.count = next - j + 1
		out = append(out, g)
		j = next + 1
	}
	return out
}

// queues groups DERs with minimum times: the longest running stop first, and
// the longest standing start first. before is the number that runs before the
// first step.
func queues(running []int, n, before int) []group {
	var (
		groups []group
		on     []int // groups that run, longest first
		off    []int // groups that stand still, longest first
		add    = func(count int, queue *[]int) {
			if count > 0 {
				*queue = append(*queue, len(groups))
				groups = append(groups, group{count, make([]bool, len(running))})
			}
		}
		move = func(count int, from, to *[]int) {
			for count > 0 {
				g := (*from)[0]
				if rest := groups[g].count - count; rest > 0 { // a part of the group moves
					groups[g].count = count
					groups = append(groups, group{rest, append([]bool(nil), groups[g].runs...)})
					(*from)[0] = len(groups) - 1
				} else {
					*from = (*from)[1:]
				}
				*to = append(*to, g)
				count -= groups[g].count
			}
		}
	)
	add(before, &on)
	add(n-before, &off)
	for t, k := range running {
		move(k-before, &off, &on)
		move(before-k, &on, &off)
		before = k
		for _, g := range on {
			groups[g].runs[t] = true
		}
	}
	return groups
}

// of returns the ports of one DER that runs in some steps: its share of the sum
// of all running ones there, and 0 in the other steps.
func (p *Ports) of(runs []bool, running []int) Ports {
	share := func(path []float64) []float64 {
		if path == nil {
			return nil
		}
		out := make([]float64, len(path))
		for t, x := range path {
			if runs[t] {
				out[t] = x / float64(running[t])
			}
		}
		return out
	}
	out := Ports{
		Injected: share(p.Injected), Withdrawn: share(p.Withdrawn), Reduced: share(p.Reduced),
		Heat: share(p.Heat), Gas: share(p.Gas), Reserve: share(p.Reserve),
		Emission: share(p.Emission), Allowance: share(p.Allowance), CO2: share(p.CO2),
		Renewable: share(p.Renewable), Available: share(p.Available), Conventional: share(p.Conventional),
	}
	for _, trace := range p.Traces {
		out.Traces = append(out.Traces, Path{trace.Name, trace.Unit, share(trace.Values)})
	}
	return out
}

// ownTotal returns the sum of all items less that of the payments, currency.
func ownTotal(all, payments []ItemPath) float64 {
	return overSteps(all).Total() - overSteps(payments).Total()
}

// Scale implements [Scaler]. It is exact for units whose running DERs have no
// ties to the step before: without ramps, limits of the first and the last step
// on, start costs by time off, and a part of the output as reserve. n such
// units keep minimum times if their sum does. On a periodic horizon the sum can
// be periodic although no unit is, so that the program is an outer one, as it
// is for units with ramps: running and starting units share them.
func (u *Thermal) Scale(c Context) Scale {
	x := u.perStep(c)
	for t := range c.Steps() {
		if x.byHours {
			x.limitsAt(t)
		}
		if x.rampUp < x.max || x.rampDown < x.max || x.start < x.max || x.stop < x.max || x.stopUpper < x.max || x.firstStop < x.max {
			return ScaleOuter
		}
	}
	before := u.Before
	if before.Boundary == BeforeCyclic || before.On && before.Output > x.max || len(x.categories) > 1 ||
		x.reserve > 0 && x.reserve < x.max-x.min {
		return ScaleOuter
	}
	return ScaleExact
}

// unitSwitching is the switching of thermal units.
type unitSwitching struct{ *Thermal }

// switching implements switchedKind.
func (u *Thermal) switching() switching { return unitSwitching{u} }

func (u unitSwitching) groups(running []int, n int) []group {
	before := 0
	switch {
	case u.Before.Boundary == BeforeFree:
		before = running[0]
	case u.Before.On:
		before = n
	}
	return queues(running, n, before)
}

// The time in a state counts, so that all units must have run in the same
// steps.
func (u unitSwitching) sameState(running []int, n int) bool { return len(u.groups(running, n)) == 1 }

func (u unitSwitching) setTraces(p *Ports, runs []bool) {
	for _, trace := range p.Traces {
		for t := range trace.Values {
			switch was := u.wasOn(runs, t); trace.Name {
			case "on":
				trace.Values[t] = indicator(runs[t])
			case "start":
				trace.Values[t] = indicator(runs[t] && !was)
			case "stop":
				trace.Values[t] = indicator(!runs[t] && was)
			}
		}
	}
}

// indicator returns 1 for true.
func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// costOfCounts implements counted. With one category of starts they follow from
// the number of running units. Otherwise all units follow one schedule.
func (u *Thermal) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	if len(u.StartUp) > 1 {
		mean := Schedule{Realised: []Ports{p.times(1 / float64(n))}}
		own := u.costByStep(mean, c, 0)
		for i := range own {
			own[i].Amounts = multiples(float64(n), own[i].Amounts)
		}
		return own
	}
	var (
		x       = u.perStep(c)
		running = runningDERs(p, n, c)
		start   = 0.0
		changed = func(t int) int { // running units more than in the step before
			switch {
			case t > 0:
				return running[t] - running[t-1]
			case u.Before.Boundary == BeforeCyclic:
				return running[0] - running[len(running)-1]
			case u.Before.Boundary == BeforeFree:
				return 0
			case u.Before.On:
				return running[0] - n
			}
			return running[0]
		}
	)
	if len(x.categories) > 0 {
		start = x.categories[0].cost
	}
	return []ItemPath{
		c.byStep("fuel", func(t int) float64 {
			if running[t] == 0 {
				return 0
			}
			k := float64(running[t])
			return -k * x.hourly(at(p.Injected, t)/k) * x.clock.hours(t)
		}),
		c.byStep("maintenance", func(t int) float64 { return -u.Maintenance * at(p.Injected, t) * x.clock.hours(t) }),
		c.byStep("start-up", func(t int) float64 { return -start * float64(max(0, changed(t))) }),
		c.byStep("shut-down", func(t int) float64 { return -u.ShutDown * float64(max(0, -changed(t))) }),
	}
}

// scale returns the scale of a converter: exact without ramps or without
// switching. Of n converters with ramps, running and starting ones share them.
func (o Operation) scale() Scale {
	if o.Switchable && (o.RampUp.Given() || o.RampDown.Given()) {
		return ScaleOuter
	}
	return ScaleExact
}

// counts is the switching of converters, which have no minimum times.
type counts struct{}

func (counts) groups(running []int, n int) []group { return levels(running, n) }

func (counts) sameState(running []int, n int) bool {
	last := running[len(running)-1]
	return last == 0 || last == n
}

func (counts) setTraces(p *Ports, runs []bool) {
	for _, trace := range p.Traces {
		if trace.Name == "on" {
			for t := range trace.Values {
				trace.Values[t] = indicator(runs[t])
			}
		}
	}
}

// costOfCounts returns the own costs of n converters: maintenance of a flow and
// starts.
func (o Operation) costOfCounts(n int, p *Ports, c Context, maintenance float64, port func(*Ports) []float64) []ItemPath {
	converted := port(p)
	out := []ItemPath{c.byStep("maintenance", func(t int) float64 { return -maintenance * at(converted, t) * c.HoursAt(t) })}
	if !o.Switchable || o.StartCost <= 0 {
		return out
	}
	running := runningDERs(p, n, c)
	before := 0
	switch {
	case o.Boundary == BeforeCyclic:
		before = running[len(running)-1]
	case o.Boundary == BeforeFree:
		before = running[0]
	case o.ranLast():
		before = n
	}
	return append(out, c.byStep("start-up", func(t int) float64 {
		started := max(0, running[t]-before)
		before = running[t]
		return -o.StartCost * float64(started)
	}))
}

// costOfCounts implements counted.
func (u *CHP) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	k := u.converter()
	return k.run.costOfCounts(n, p, c, k.maintenance, k.wears())
}

// costOfCounts implements counted.
func (u *GasBoiler) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	k := u.converter()
	return k.run.costOfCounts(n, p, c, k.maintenance, k.wears())
}

// costOfCounts implements counted.
func (u *ElectricBoiler) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	k := u.converter()
	return k.run.costOfCounts(n, p, c, k.maintenance, k.wears())
}

// costOfCounts implements counted.
func (u *PowerToGas) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	k := u.converter()
	return k.run.costOfCounts(n, p, c, k.maintenance, k.wears())
}

// costOfCounts implements counted.
func (u *ExtractionCHP) costOfCounts(n int, p *Ports, c Context) []ItemPath {
	return u.operation().costOfCounts(n, p, c, u.Maintenance, injected)
}

// switching implements switchedKind.
func (u *CHP) switching() switching { return counts{} }

// switching implements switchedKind.
func (u *GasBoiler) switching() switching { return counts{} }

// switching implements switchedKind.
func (u *ElectricBoiler) switching() switching { return counts{} }

// switching implements switchedKind.
func (u *PowerToGas) switching() switching { return counts{} }

// switching implements switchedKind.
func (u *ExtractionCHP) switching() switching { return counts{} }
