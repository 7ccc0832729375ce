package trigrid

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// Signals measures the signals of the grid from the data of a valid region,
// before anything is planned. With the probability π of a scenario s and the
// length Δ of a step t in hours,
//
//	C_st = Σ_i clean generation that is available to DER i         MW, [der.Projected]
//	D_st = Σ_v demand of VPP v + Σ_i load of DER i                 MW, [der.Projected]
//	K    = Σ_i rating of DER i                                     MW, [der.Rated]
//
//	CleanShare   = Σ_s π_s Σ_t min(C_st, D_st) Δ_t / Σ_s π_s Σ_t D_st Δ_t
//	Volatility   = √(Σ_s π_s Σ_t (C_st − E C_t)² Δ_t / Σ_t Δ_t) / (Σ_s π_s Σ_t D_st Δ_t / Σ_t Δ_t)
//	SupplyMargin = min_t (K + E C_t − E D_t) / E D_t               over the steps with a demand
//
// All three are without unit. E is the expectation over the scenarios, E C_t
// the forecast, and C_st − E C_t its error; the volatility is the root mean
// square over time. Clean energy above the demand of a step is no part of the
// clean share, because it serves no demand of the region. K has the DERs
// without clean generation that feed in electricity: thermal units, combined
// heat and power. It has neither stores, which shift energy, nor purchases from
// outside. Shifts and reductions of loads do not count.
//
// Sample is used instead of Setting.Set if it has all series: a reduced set has
// less volatility.
//
// A signal that the data do not determine is NaN, and the second result has the
// reasons, one sentence each. For example, one scenario has no forecast error,
// so that Volatility is NaN.
func (r Region) Signals() (weights.Signals, []string) {
	unknown := weights.Signals{CleanShare: math.NaN(), Volatility: math.NaN(), SupplyMargin: math.NaN()}
	var reasons []string
	capacity := 0.0
	for _, d := range r.DERs {
		_, projected := der.As[der.Projected](d)
		_, rated := der.As[der.Rated](d)
		if !projected && !rated {
			reasons = append(reasons, fmt.Sprintf("DER %q of type %T states neither generation nor load; "+
				"implement der.Projected or der.Rated", d.Name(), d))
			continue
		}
		capacity += r.firm(d)
	}
	if reasons != nil {
		return unknown, reasons
	}
	set := r.sampled()
	var (
		hours, served, clean, errors float64
		demand, forecast             = r.expected(set)
		margin                       = math.Inf(1)
	)
	for s := range set.Len() {
		generation, load := r.project(set, s)
		for t := range load {
			weight := set.Probability(s) * set.HoursAt(t)
			hours += weight
			served += weight * load[t]
			clean += weight * min(generation[t], load[t])
			errors += weight * (generation[t] - forecast[t]) * (generation[t] - forecast[t])
		}
	}
	if served <= 0 {
		return unknown, []string{"the region has no electric demand; give VPPs a demand, or DERs with a load"}
	}
	for t, mw := range demand {
		if mw > 0 {
			margin = min(margin, (capacity+forecast[t]-mw)/mw)
		}
	}
	// Rounding can lift the share of a region without uncovered demand above 1.
	out := weights.Signals{CleanShare: min(clean/served, 1), Volatility: math.Sqrt(errors/hours) / (served / hours), SupplyMargin: margin}
	if set.Len() == 1 {
		out.Volatility = math.NaN()
		reasons = append(reasons, "one scenario has no forecast error; give at least two scenarios")
	}
	return out, reasons
}

// sampled returns the sample, or the scenarios without one that has all their
// series.
func (r Region) sampled() *scenario.Set {
	if r.Sample == nil {
		return r.Setting.Set
	}
	for _, name := range r.Setting.Set.Names() {
		if !r.Sample.Has(name) {
			return r.Setting.Set
		}
	}
	return r.Sample
}

// firm returns the rated supply of electricity that depends on no weather and
// on no store, MW.
func (r Region) firm(d der.DER) float64 {
	if parts := der.PartsOf(d); len(parts) > 1 {
		sum := 0.0
		for _, part := range parts {
			sum += r.firm(part)
		}
		return sum
	}
	rated, ok := der.As[der.Rated](d)
	if !ok {
		return 0
	}
	if x, ok := d.(der.Storer); ok && x.StoresElectricity() {
		return 0
	}
	if p, ok := der.As[der.Projected](d); ok && p.Project(r.sampled(), 0).Clean != nil {
		return 0
	}
	return rated.Rating(der.Electricity).Or(0)
}

// project returns the available clean generation C and the demand D of a
// scenario, MW per step.
func (r Region) project(set *scenario.Set, s int) (clean, demand []float64) {
	clean, demand = make([]float64, set.Steps()), make([]float64, set.Steps())
	add := func(sum, values []float64) {
		for t, mw := range values {
			sum[t] += mw
		}
	}
	for _, v := range r.VPPs {
		if v.Demand != "" {
			add(demand, set.Path(v.Demand, s))
		}
	}
	for _, d := range r.DERs {
		if p, ok := der.As[der.Projected](d); ok {
			of := p.Project(set, s)
			add(clean, of.Clean)
			add(demand, of.Load)
		}
	}
	return clean, demand
}

// expected returns E D and E C, MW per step.
func (r Region) expected(set *scenario.Set) (demand, clean []float64) {
	demand, clean = make([]float64, set.Steps()), make([]float64, set.Steps())
	for s := range set.Len() {
		c, d := r.project(set, s)
		for t := range d {
			demand[t] += set.Probability(s) * d[t]
			clean[t] += set.Probability(s) * c[t]
		}
	}
	return demand, clean
}
