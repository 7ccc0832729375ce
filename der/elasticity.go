package der

import (
	"fmt"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
)

// Elasticity converts a change of the published prices to a change of the load.
//
//	L'_t = L_t (1 + Σ_j e_tj (ρ_j − ρ0_j) / ρ0_j)
//
// ρ are the published prices, ρ0 the reference prices under which the load L
// was observed. The own elasticity e_tt is the load given up because step t
// became more expensive. The cross elasticity e_tj is the load that moves from
// step j to step t; it depends on the periods of both steps.
//
// Published prices are known in advance, so the response is data: add L' to the
// scenario set as a series, for a [Load] or a [DemandResponse].
//
// For example, Elasticity{Own: -0.1} and prices that double lower a load of 10
// MW to 9 MW.
//
// Source: Wei et al., Electric Power Construction 43(1), 2022, with −0.1 for
// the own elasticity and 0.01, 0.012, 0.016 between valley and flat, valley and
// peak, flat and peak.
type Elasticity struct {
	Own float64 // e_tt ≤ 0

	// Cross has e_tj ≥ 0 by the periods of t and j. The diagonal is for two
	// different steps of one period. Nil: all are 0.
	Cross [][]float64

	Period []int // period of each step, a row of Cross; may be nil if Cross is nil
}

// Loads returns the load under the given prices, MW per step. All three paths
// and Period have one value per step, in MW and currency per MWh, and reference
// prices are positive.
//
// The model is linear and holds near the reference prices. Prices so far away
// that a load would become negative are an error.
func (x Elasticity) Loads(load, price, reference []float64) ([]float64, error) {
	if err := x.Validate(); err != nil {
		return nil, err
	}
	steps := len(load)
	if len(price) != steps || len(reference) != steps || x.Cross != nil && len(x.Period) != steps {
		return nil, fmt.Errorf("der: elasticity: %d loads, %d prices, %d reference prices and %d periods, "+
			"want one of each per step", steps, len(price), len(reference), len(x.Period))
	}
	change := make([]float64, steps)
	for t := range steps {
		change[t] = (price[t] - reference[t]) / reference[t]
		if !(reference[t] > 0) || math.IsNaN(change[t]) || math.IsInf(change[t], 0) {
			return nil, fmt.Errorf("der: elasticity: step %d: price %v against a reference of %v, "+
				"want finite numbers and a reference above 0 currency per MWh", t, price[t], reference[t])
		}
	}
	out := make([]float64, steps)
	bad := faults.List{Prefix: "der: elasticity: "}
	for t := range steps {
		factor := 1.0
		for j := range steps {
			factor += x.between(t, j) * change[j]
		}
		out[t] = load[t] * factor
		bad.Require(factor >= 0, "step %d: the load of %v MW would become %v MW; give prices closer to the reference",
			t, load[t], out[t])
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// between returns e_tj.
func (x Elasticity) between(t, j int) float64 {
	switch {
	case t == j:
		return x.Own
	case x.Cross == nil:
		return 0
	}
	return x.Cross[x.Period[t]][x.Period[j]]
}

// Validate reports all violations of the data.
func (x Elasticity) Validate() error {
	v := faults.List{Prefix: "der: elasticity: "}
	if !(x.Own <= 0) || math.IsInf(x.Own, 0) {
		v.Addf("Own is %v, want a finite number of at most 0: a higher price does not raise the load", x.Own)
	}
	for i, row := range x.Cross {
		if len(row) != len(x.Cross) {
			v.Addf("Cross[%d] has %d elasticities, want one for each of %d periods", i, len(row), len(x.Cross))
		}
		for j, e := range row {
			v.AtLeast("Cross["+strconv.Itoa(i)+"]["+strconv.Itoa(j)+"]", e, 0, "as a ratio")
		}
	}
	for t, period := range x.Period {
		if x.Cross != nil && (period < 0 || period >= len(x.Cross)) {
			v.Addf("Period[%d] is %d, want a row of Cross, 0 to %d", t, period, len(x.Cross)-1)
		}
	}
	return v.Err()
}
