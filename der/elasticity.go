package der

import (
	"fmt"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
)

// Elasticity turns a change of the prices that consumers were told into a change of their load.
//
//	L'_t = L_t (1 + Σ_j e_tj (ρ_j − ρ0_j) / ρ0_j)
//
// e_tt is the own elasticity: load given up because its step became dearer. e_tj for another step j is that
// of the two steps' periods: load that leaves j because j became dearer. Prices being announced, the load
// that answers them is data: put L' into the scenario set and let a [Load] or [DemandResponse] name it.
//
// Source: Wei et al., Electric Power Construction 43(1), 2022, whose figures are −0.1 for the own
// elasticity and 0.01, 0.012, 0.016 between valley and flat, valley and peak, flat and peak.
type Elasticity struct {
	Own    float64     // e_tt ≤ 0
	Cross  [][]float64 // e_tj ≥ 0 of the periods of t and j; on the diagonal, of two steps of one period. Nil: 0
	Period []int       // period of each step, a row of Cross; may be nil where Cross is
}

// Loads returns the load that answers the prices, per step; all three paths and Period have one value per
// step, MW and currency per MWh, and the reference prices, under which the load was observed, lie above 0.
// The straight line holds near the reference only: prices so far from it that a load would fall below zero
// are refused.
func (x Elasticity) Loads(load, price, reference []float64) ([]float64, error) {
	if err := x.Validate(); err != nil {
		return nil, err
	}
	steps := len(load)
	if len(price) != steps || len(reference) != steps || x.Cross != nil && len(x.Period) != steps {
		return nil, fmt.Errorf("der: elasticity: %d loads, %d prices, %d reference prices and %d periods, want one of each per step",
			steps, len(price), len(reference), len(x.Period))
	}
	change := make([]float64, steps)
	for t := range steps {
		if change[t] = (price[t] - reference[t]) / reference[t]; !(reference[t] > 0) || math.IsNaN(change[t]) || math.IsInf(change[t], 0) {
			return nil, fmt.Errorf("der: elasticity: step %d: price %v against a reference of %v, want finite numbers and a reference above 0 currency per MWh",
				t, price[t], reference[t])
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

// Validate reports every reason why the data cannot be used.
func (x Elasticity) Validate() error {
	v := faults.List{Prefix: "der: elasticity: "}
	if !(x.Own <= 0) || math.IsInf(x.Own, 0) {
		v.Addf("Own is %v, want a finite number of at most 0: who is charged more takes no more", x.Own)
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
