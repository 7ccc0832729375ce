package der

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Fleet is Count equal DERs as one: 25 000 equal batteries, with the columns of
// a single one.
//
//	X_n = X + … + X, n times = n X if X is convex   if Unit scales exactly, see [Scale]
//	X_n = {n x: x in X}                             otherwise: all DERs follow one schedule
//
// All amounts of a fleet are sums over its DERs: ports, costs, states and
// money. The second form exists for every kind. Its schedules are possible, but
// n DERs with integers may do better by different ones: of three engines with
// ramps two can run. [Fleet.Together] reports the form, and [Fleet.Parts] the
// schedules of single DERs. The fleet has the name of its Unit.
//
// For example, Fleet{Unit: battery, Count: 3} of a battery of 2 MW charges with
// up to 6 MW.
//
// Source: Rockafellar, Convex Analysis (1970), theorem 3.2: for a convex set X,
// the sum of n sets X is n X.
type Fleet struct {
	Unit  DER // one of the DERs
	Count int // n ≥ 1

	// OneSchedule keeps all DERs on one schedule, also if Unit scales exactly.
	// The fleet then has one state after any step, which [Fleet.RollForward]
	// needs.
	OneSchedule bool
}

var (
	_ Validator      = (*Fleet)(nil)
	_ Stateful       = (*Fleet)(nil)
	_ Overlapper     = (*Fleet)(nil)
	_ Bounded        = (*Fleet)(nil)
	_ Classified     = (*Fleet)(nil)
	_ StateDescriber = (*Fleet)(nil)
	_ CarbonCounter  = (*Fleet)(nil)
	_ Storer         = (*Fleet)(nil)
	_ GridTrader     = (*Fleet)(nil)
	_ Measured       = (*Fleet)(nil)
	_ Unequal        = (*Fleet)(nil)
	_ Projected      = (*Fleet)(nil)
	_ Rated          = (*Fleet)(nil)
	_ Scaler         = (*Fleet)(nil)
	_ Stepwise       = (*Fleet)(nil)
	_ Diagnoser      = (*Fleet)(nil)
	_ Responder      = (*Fleet)(nil)
)

// As returns d as a T, an optional interface of this package, such as [Rated].
// A [Fleet] implements all of them; it is a T if its Unit is one. A [Site] is
// [Projected] and [Rated] if each of its parts is one of both.
func As[T any](d DER) (T, bool) {
	if u, ok := d.(*Site); ok {
		switch any((*T)(nil)).(type) {
		case *Projected, *Rated:
			if !u.measured() {
				var none T
				return none, false
			}
		}
	}
	if u, ok := d.(*Fleet); ok {
		if _, ok := As[T](u.Unit); !ok {
			var none T
			return none, false
		}
	}
	x, ok := d.(T)
	return x, ok
}

// Name implements [DER]. A fleet without Unit has no name, so that Validate can
// report it.
func (u *Fleet) Name() string {
	if u.Unit == nil {
		return ""
	}
	return u.Unit.Name()
}

// size returns n as a number.
func (u *Fleet) size() float64 { return float64(u.Count) }

// Together reports whether all DERs of the fleet follow one schedule, because
// of OneSchedule or because Unit does not scale exactly in the context.
func (u *Fleet) Together(c Context) bool {
	return u.Count != 1 && (u.OneSchedule || ScaleOf(u.Unit, u.own(c)) != ScaleExact)
}

// own returns the context of the unit. Only an [Overlapper] may receive an
// unproven bound.
func (u *Fleet) own(c Context) Context {
	if _, ok := As[Overlapper](u.Unit); !ok && c.MinMarginalValues != nil && math.IsInf(c.MinMarginalValues[0], 1) {
		c.MinMarginalValues = nil
	}
	return c
}

// Model implements [DER]. Its columns are those of Unit.
func (u *Fleet) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	c = u.own(c)
	if !u.Together(c) {
		return u.Unit.Model(m, on.Times(u.size()), c)
	}
	out := u.Unit.Model(m, on, c)
	for s := range out {
		out[s].times(u.size())
	}
	return out
}

// times multiplies all terms by n.
func (x *Terms) times(n float64) {
	scale := func(exprs []milp.Expr) {
		for t := range exprs {
			exprs[t] = exprs[t].Times(n)
		}
	}
	for _, port := range [][]milp.Expr{
		x.Injected, x.Withdrawn, x.Reduced, x.Heat, x.Gas, x.Reserve, x.Emission, x.Allowance, x.CO2,
		x.Renewable, x.Available, x.Conventional, x.DayAhead,
	} {
		scale(port)
	}
	for _, trace := range x.Traces {
		scale(trace.Values)
	}
	x.Cost = x.Cost.Times(n)
	for i := range x.Convex {
		x.Convex[i].times(n)
	}
}

// counted is a kind whose benefit is not n times that of the mean schedule of n
// DERs.
type counted interface {
	// costOfCounts returns the own items, step by step, of n equal DERs whose
	// ports add up to p.
	costOfCounts(n int, p *Ports, c Context) []ItemPath
}

// Benefit implements [DER]: n times the benefit of the mean schedule.
func (u *Fleet) Benefit(realised Schedule, c Context, scenario int) Benefit {
	c = u.own(c)
	if x, ok := u.Unit.(counted); ok && u.Count > 1 {
		b := c.Payment(realised, scenario)
		own := overSteps(x.costOfCounts(u.Count, &realised.Realised[scenario], c))
		b.Items = append(b.Items, own.Items...)
		return b
	}
	b := u.Unit.Benefit(u.Mean(realised), c, scenario)
	for i := range b.Items {
		b.Items[i].Amount *= u.size()
	}
	return b
}

// BenefitByStep implements [Stepwise]: n times that of the mean schedule. A
// Unit that states no steps has the payments only.
func (u *Fleet) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	c = u.own(c)
	if x, ok := u.Unit.(counted); ok && u.Count > 1 {
		return append(c.PaymentByStep(realised, scenario), x.costOfCounts(u.Count, &realised.Realised[scenario], c)...)
	}
	x, ok := u.Unit.(Stepwise)
	if !ok {
		return c.PaymentByStep(realised, scenario)
	}
	out := x.BenefitByStep(u.Mean(realised), c, scenario)
	for i := range out {
		out[i].Amounts = multiples(u.size(), out[i].Amounts)
	}
	return out
}

// Diagnose implements [Diagnoser]: n DERs have no schedule if one of them has
// none.
func (u *Fleet) Diagnose(c Context) error {
	if x, ok := u.Unit.(Diagnoser); ok {
		return x.Diagnose(u.own(c))
	}
	return nil
}

// Mean returns the mean schedule of one DER of the fleet. For example, 9 MW of
// a fleet of three are 3 MW each.
func (u *Fleet) Mean(realised Schedule) Schedule { return realised.times(1 / u.size()) }

// times returns k times a schedule.
func (x Schedule) times(k float64) Schedule {
	out := Schedule{DayAhead: multiples(k, x.DayAhead)}
	for i := range x.Realised {
		out.Realised = append(out.Realised, x.Realised[i].times(k))
	}
	return out
}

// times returns k times the ports.
func (p *Ports) times(k float64) Ports {
	out := Ports{
		Injected: multiples(k, p.Injected), Withdrawn: multiples(k, p.Withdrawn), Reduced: multiples(k, p.Reduced),
		Heat: multiples(k, p.Heat), Gas: multiples(k, p.Gas), Reserve: multiples(k, p.Reserve),
		Emission: multiples(k, p.Emission), Allowance: multiples(k, p.Allowance), CO2: multiples(k, p.CO2),
		Renewable: multiples(k, p.Renewable), Available: multiples(k, p.Available), Conventional: multiples(k, p.Conventional),
		Cost: k * p.Cost,
	}
	for _, trace := range p.Traces {
		out.Traces = append(out.Traces, Path{trace.Name, trace.Unit, multiples(k, trace.Values)})
	}
	return out
}

// multiples returns k times a path, or nil for nil.
func multiples(k float64, path []float64) []float64 {
	if path == nil {
		return nil
	}
	out := make([]float64, len(path))
	for t, x := range path {
		out[t] = k * x
	}
	return out
}

// Validate implements [Validator]. It returns the violations of Unit, too.
func (u *Fleet) Validate(set *scenario.Set) error {
	if u.Unit == nil {
		return fmt.Errorf("der: fleet: Unit is nil, want one of the equal DERs")
	}
	v := faults.List{Prefix: "der: fleet " + u.Name() + ": "}
	v.Require(u.Count >= 1, "Count is %d, want at least 1", u.Count)
	if _, nested := u.Unit.(*Fleet); nested {
		v.Addf("Unit is a fleet, want a single DER and the product of both counts")
	}
	v.Add(Validate(u.Unit, set))
	return v.Err()
}

// RollForward implements [Stateful]: each DER has the mean state. Loads that
// began at different times and units that run in different steps have no mean
// state, so that a fleet of them returns an error; see OneSchedule.
func (u *Fleet) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	unit, ok := u.Unit.(Stateful)
	if !ok {
		return nil, fmt.Errorf("der: fleet %s: %T has no rule for its state; implement der.Stateful", u.Name(), u.Unit)
	}
	if u.Count > 1 && !u.OneSchedule && !u.oneState(realised, c, steps) {
		return nil, fmt.Errorf("der: fleet %s: %d DERs of type %T can have different states; "+
			"set OneSchedule, or give each DER its own name, to roll it forward", u.Name(), u.Count, u.Unit)
	}
	mean := realised.times(1 / u.size())
	next, err := unit.RollForward(&mean, u.own(c), scenario, steps)
	if err != nil {
		return nil, err
	}
	return &Fleet{Unit: next, Count: u.Count, OneSchedule: u.OneSchedule}, nil
}

// oneState reports whether all DERs have one state after the first steps.
func (u *Fleet) oneState(realised *Ports, c Context, steps int) bool {
	switch x := u.Unit.(type) {
	case switchedKind:
		return x.switching().sameState(runningDERs(realised, u.Count, c)[:steps], u.Count)
	case counted:
		return steps == c.Steps() // loads that ended before the horizon does
	}
	return true
}

// Overlaps implements [Overlapper].
func (u *Fleet) Overlaps(realised *Ports, t int) bool {
	x, ok := u.Unit.(Overlapper)
	if !ok {
		return false
	}
	mean := realised.times(1 / u.size())
	return x.Overlaps(&mean, t)
}

// Bounds implements [Bounded]: n times those of Unit, or none.
func (u *Fleet) Bounds(c Context, scenario int) Bounds {
	x, ok := u.Unit.(Bounded)
	if !ok {
		return c.NewBounds()
	}
	b := x.Bounds(u.own(c), scenario)
	for port := range b.Min {
		b.Min[port], b.Max[port] = multiples(u.size(), b.Min[port]), multiples(u.size(), b.Max[port])
	}
	return b
}

// Class implements [Classified].
func (u *Fleet) Class() Class {
	if x, ok := u.Unit.(Classified); ok {
		return x.Class()
	}
	return ClassOther
}

// DescribeState implements [StateDescriber]: n times the range of Unit.
func (u *Fleet) DescribeState(name string) StateRange {
	x, ok := u.Unit.(StateDescriber)
	if !ok {
		return StateRange{}
	}
	r := x.DescribeState(name)
	return StateRange{Initial: u.total(r.Initial), Min: u.total(r.Min), Max: u.total(r.Max), Detail: r.Detail}
}

// total returns n times an optional number.
func (u *Fleet) total(x optional.Float) optional.Float {
	if v, ok := x.Get(); ok {
		return optional.Of(v * u.size())
	}
	return x
}

// CountsCarbon implements [CarbonCounter].
func (u *Fleet) CountsCarbon() CarbonCount {
	if x, ok := u.Unit.(CarbonCounter); ok {
		return x.CountsCarbon()
	}
	return CarbonCount{}
}

// StoresElectricity implements [Storer].
func (u *Fleet) StoresElectricity() bool {
	x, ok := u.Unit.(Storer)
	return ok && x.StoresElectricity()
}

// TradesWithGrid implements [GridTrader].
func (u *Fleet) TradesWithGrid() bool {
	x, ok := u.Unit.(GridTrader)
	return ok && x.TradesWithGrid()
}

// Quantities implements [Measured]: powers and energies of the fleet, prices of
// one DER.
func (u *Fleet) Quantities() []Quantity {
	x, ok := u.Unit.(Measured)
	if !ok {
		return nil
	}
	out := x.Quantities()
	for i := range out {
		if q := &out[i]; q.Of == PowerOf || q.Of == EnergyOf || q.Of == ConnectionOf {
			q.Values = multiples(u.size(), q.Values)
		}
	}
	return out
}

// UnequalSteps implements [Unequal].
func (u *Fleet) UnequalSteps() bool {
	x, ok := u.Unit.(Unequal)
	return ok && x.UnequalSteps()
}

// Project implements [Projected].
func (u *Fleet) Project(set *scenario.Set, scenario int) Projection {
	x, ok := u.Unit.(Projected)
	if !ok {
		return Projection{}
	}
	p := x.Project(set, scenario)
	return Projection{Clean: multiples(u.size(), p.Clean), Load: multiples(u.size(), p.Load)}
}

// Rating implements [Rated].
func (u *Fleet) Rating(port Carrier) optional.Float {
	x, ok := u.Unit.(Rated)
	if !ok {
		return optional.Float{}
	}
	return u.total(x.Rating(port))
}

// Scale implements [Scaler]: that of Unit.
func (u *Fleet) Scale(c Context) Scale { return ScaleOf(u.Unit, u.own(c)) }

// Responds implements [Responder]: if Unit does.
func (u *Fleet) Responds(c Context) bool {
	x, ok := u.Unit.(Responder)
	return ok && x.Responds(u.own(c))
}

// Answer implements [Responder]. All DERs of the fleet have the same best
// answer.
func (u *Fleet) Answer(p *Prices, c Context, scenario int, dst *Ports) float64 {
	worth := u.Unit.(Responder).Answer(p, u.own(c), scenario, dst)
	if dst != nil {
		*dst = dst.times(u.size())
	}
	return u.size() * worth
}

// Limits implements [Responder].
func (u *Fleet) Limits(c Context, scenario int) Ports {
	limits := u.Unit.(Responder).Limits(u.own(c), scenario)
	return limits.times(u.size())
}
