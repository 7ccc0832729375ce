package der

import (
	"fmt"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Averaged is a DER whose kind has means: one DER that stands for many similar
// ones. Package fleet forms classes of different DERs from them. Sums of powers
// and energies are exact; efficiencies and costs are means, so that a mean is
// an approximation of its DERs.
//
// For example, the mean of batteries of 2 MW at 10 per MWh and 4 MW at 16 is
// one of 3 MW at 14: the wear is weighted by power.
type Averaged interface {
	DER

	// Alike reports whether a mean of both exists: the same kind, with equal
	// rules.
	Alike(other DER) bool

	// Mean returns a DER with the given name, of which n have the powers and
	// energies of all DERs of a list. The DERs are alike, and the list is not
	// empty. Mean adds its series to the set.
	Mean(name string, of []DER, n float64, set *scenario.Set) (DER, error)
}

var (
	_ Averaged = (*PV)(nil)
	_ Averaged = (*Wind)(nil)
	_ Averaged = (*Storage)(nil)
	_ Averaged = (*DemandResponse)(nil)
)

// blend is a mean with weights. Without weight it is the plain mean.
type blend struct{ sum, weight, plain, count float64 }

func (x *blend) add(value, weight float64) {
	x.sum += value * weight
	x.weight += weight
	x.plain += value
	x.count++
}

func (x *blend) mean() float64 {
	if x.weight > 0 {
		return x.sum / x.weight
	}
	return x.plain / x.count
}

// sumOfPaths returns 1/n of the sum of paths, per scenario and step.
func sumOfPaths(set *scenario.Set, n float64, count int, path func(i, s int) []float64) [][]float64 {
	out := make([][]float64, set.Len())
	for s := range out {
		out[s] = make([]float64, set.Steps())
		for i := range count {
			for t, mw := range path(i, s) {
				out[s][t] += mw / n
			}
		}
	}
	return out
}

// expectedEnergy returns the expected energy of a path over the horizon, MWh,
// for weights.
func expectedEnergy(set *scenario.Set, path func(s int) []float64) float64 {
	sum := 0.0
	for s := range set.Len() {
		for t, mw := range path(s) {
			sum += mw * set.HoursAt(t) * set.Probability(s)
		}
	}
	return sum
}

// mean returns the mean of the common parts of wind farms or PV systems.
func (renewable) mean(name string, of []renewable, n float64, set *scenario.Set) (renewable, error) {
	var maintenance, penalty, subsidy blend
	for _, u := range of {
		energy := expectedEnergy(set, func(s int) []float64 { return set.Path(u.available, s) })
		maintenance.add(u.maintenance, energy)
		penalty.add(u.penalty, energy)
		subsidy.add(u.subsidy, energy)
	}
	paths := sumOfPaths(set, n, len(of), func(i, s int) []float64 { return set.Path(of[i].available, s) })
	return renewable{
		id: name, available: name, maintenance: maintenance.mean(), penalty: penalty.mean(), subsidy: subsidy.mean(),
	}, set.Add(name, "MW", paths)
}

// Alike implements [Averaged].
func (u *PV) Alike(other DER) bool { _, ok := other.(*PV); return ok }

// Mean implements [Averaged]. The day-ahead schedule is free.
func (u *PV) Mean(name string, of []DER, n float64, set *scenario.Set) (DER, error) {
	cores := make([]renewable, len(of))
	for i := range of {
		cores[i] = of[i].(*PV).core()
	}
	x, err := u.core().mean(name, cores, n, set)
	return &PV{ID: name, Available: name, Maintenance: x.maintenance, CurtailmentPenalty: x.penalty, Subsidy: x.subsidy}, err
}

// Alike implements [Averaged].
func (u *Wind) Alike(other DER) bool { _, ok := other.(*Wind); return ok }

// Mean implements [Averaged]. The day-ahead schedule is free.
func (u *Wind) Mean(name string, of []DER, n float64, set *scenario.Set) (DER, error) {
	cores := make([]renewable, len(of))
	for i := range of {
		cores[i] = of[i].(*Wind).core()
	}
	x, err := u.core().mean(name, cores, n, set)
	return &Wind{ID: name, Available: name, Maintenance: x.maintenance, CurtailmentPenalty: x.penalty}, err
}

// Alike implements [Averaged].
func (u *Storage) Alike(other DER) bool {
	x, ok := other.(*Storage)
	simple := func(u *Storage) bool { return u.Reserve == 0 && !u.StartsPerDay.Given() && u.Depths == nil }
	return ok && x.Port == u.Port && x.WearRule == u.WearRule && x.End == u.End && simple(x) && simple(u)
}

// Mean implements [Averaged].
func (u *Storage) Mean(name string, of []DER, n float64, _ *scenario.Set) (DER, error) {
	var (
		out                                     = &Storage{ID: name, Port: u.Port, WearRule: u.WearRule, End: u.End, Before: u.Before}
		initial, end                            float64
		in, back, kept, wear, value             blend
		charge, discharge, minEnergy, maxEnergy float64
	)
	for _, d := range of {
		x := d.(*Storage)
		charge, discharge = charge+x.Charge/n, discharge+x.Discharge/n
		minEnergy, maxEnergy = minEnergy+x.MinEnergy/n, maxEnergy+x.Energy/n
		initial, end = initial+x.initial()/n, end+x.endEnergy()/n
		in.add(x.ChargeEfficiency, x.Charge)
		back.add(x.DischargeEfficiency, x.Discharge)
		kept.add(x.SelfDischarge, x.Energy)
		wear.add(x.Wear, x.Discharge)
		value.add(x.EndValue, x.Energy)
	}
	out.Charge, out.Discharge, out.MinEnergy, out.Energy = charge, discharge, minEnergy, maxEnergy
	// The three sums can differ by rounding.
	out.Initial = optional.Of(min(max(initial, minEnergy), maxEnergy))
	out.ChargeEfficiency, out.DischargeEfficiency, out.SelfDischarge = in.mean(), back.mean(), kept.mean()
	out.Wear, out.EndValue = wear.mean(), value.mean()
	if u.End != EndFree {
		out.EndEnergy = optional.Of(min(max(end, minEnergy), maxEnergy))
	}
	return out, nil
}

// Alike implements [Averaged]: equal models of the rebound, whose reduction has
// no other limits.
func (u *DemandResponse) Alike(other DER) bool {
	x, ok := other.(*DemandResponse)
	if !ok {
		return false
	}
	rules := func(u *DemandResponse) string {
		return fmt.Sprint(u.Served, u.Rebound, u.ratio(), u.weights(), u.hours(), u.Close)
	}
	simple := func(u *DemandResponse) bool {
		return !u.DayAheadCalls && !u.MaxHours.Given() && !u.Calls.limited() && u.Calls.MinReduction == 0 && !u.MaxRebound.Given() &&
			u.Before.Passed == 0 && u.Before.Due == nil && u.Before.Ahead == nil && u.Before.Owed == 0
	}
	return simple(u) && simple(x) && rules(u) == rules(x)
}

// Mean implements [Averaged]. If the VPP serves the load, the limit of the
// reduction is exact in each step; otherwise the load is, and the reduction is
// limited to a common share of it.
func (u *DemandResponse) Mean(name string, of []DER, n float64, set *scenario.Set) (DER, error) {
	var (
		c           = Context{Set: set}
		out         = *u
		each        = make([]*DemandResponse, len(of))
		cut, back   blend
		sheds, uses float64
	)
	limit := func(i, s int) []float64 { return each[i].limits(each[i].load(c, s), c) }
	for i := range of {
		x := of[i].(*DemandResponse)
		each[i] = x
		energy := expectedEnergy(set, func(s int) []float64 { return limit(i, s) })
		cut.add(x.ReductionCost, energy)
		back.add(x.ReboundCost, energy)
		sheds += energy
		if x.Load != "" {
			uses += expectedEnergy(set, func(s int) []float64 { return set.Path(x.Load, s) })
		}
	}
	out.ID, out.Load, out.MaxReduction, out.MaxReductionShare = name, name, optional.Float{}, optional.Float{}
	out.ReductionCost, out.ReboundCost = cut.mean(), back.mean()
	path := limit
	if !u.Served {
		path = func(i, s int) []float64 { return each[i].load(c, s) }
		if uses > 0 {
			out.MaxReductionShare = optional.Of(min(1, sheds/uses))
		}
	}
	return &out, set.Add(name, "MW", sumOfPaths(set, n, len(of), path))
}
