package vpp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// SampledShapley estimates the Shapley value from some of the |S|! orders in
// which members can arrive. Each order pays a member the increase of the value
// when it arrives, and the shares are means over the orders. Exact shares need
// 2^|S| coalitions, the estimate about 2 · Orders · |S|. If the subsets are not
// more numerous than that, the shares are exact.
//
// Each order is also used in reverse, which reduces the variance if late
// members add less than early ones. The increases of one order sum to the gain,
// so that the budget balances exactly. The orders of a coalition are fixed
// orders of all DERs without the absent ones: coalitions that differ in one DER
// share many subsets, and their errors are similar.
//
// Sources: Castro, Gómez, Tejada, Polynomial calculation of the Shapley value
// based on sampling, Comput. Oper. Res. 36 (2009); for reversed orders
// Mitchell, Cooper, Frank, Holmes, Sampling permutations for Shapley value
// estimation, JMLR 23 (2022).
type SampledShapley struct {
	Orders int    // of arrival, each with its reverse, ≥ 2. Default 0: 16
	Seed   uint64 // of the orders
}

const defaultOrders = 16

// orders returns Orders or its default.
func (r SampledShapley) orders() int {
	if r.Orders == 0 {
		return defaultOrders
	}
	return r.Orders
}

// Validate returns an error if the number of orders does not allow an estimate
// of the standard error.
func (r SampledShapley) Validate() error {
	if r.Orders < 0 || r.Orders == 1 {
		return fmt.Errorf("vpp: sampled Shapley value: %d orders of arrival; give at least 2, or 0 for %d", r.Orders, defaultOrders)
	}
	return nil
}

// exact reports whether n members have no more subsets than the orders would
// read.
func (r SampledShapley) exact(n int) bool {
	return n <= 1 || math.Pow(2, float64(n)) <= float64(2*r.orders()*(n-1)+2)
}

// arrivals returns the k-th order of the members of a coalition.
func (r SampledShapley) arrivals(k int, s Coalition) []int {
	all := rand.New(rand.NewPCG(r.Seed, uint64(k))).Perm(MaxDERs)
	return slices.DeleteFunc(all, func(i int) bool { return !s.Has(i) })
}

// sample calls visit for each arrival of DER i in each order and its reverse,
// with the coalition before the arrival.
func (r SampledShapley) sample(s Coalition, visit func(order int, before Coalition, i int)) {
	for k := range r.orders() {
		order := r.arrivals(k, s)
		for range 2 {
			here := Coalition(0)
			for _, i := range order {
				visit(k, here, i)
				here = here.With(i)
			}
			slices.Reverse(order)
		}
	}
}

// Shares implements [Sharing].
func (r SampledShapley) Shares(s Coalition, of Outcomes) map[int]float64 {
	if r.exact(s.Size()) {
		return Shapley{}.Shares(s, of)
	}
	out := make(map[int]float64, s.Size())
	r.sample(s, func(_ int, before Coalition, i int) {
		out[i] += of(before.With(i)).Value.Integrated - of(before).Value.Integrated
	})
	for i := range out {
		out[i] /= float64(2 * r.orders())
	}
	return out
}

// Tolerance implements [Sharing]: the mean of the absolute gaps plus twice the
// standard error of the sample,
//
//	max_i  Σ_k gap_{i,k} / n + 2 s_i / √n
//
// with n pairs of orders and the sample deviation s_i of the pair means. The
// second term is an estimate, not a bound.
func (r SampledShapley) Tolerance(s Coalition, of Outcomes) float64 {
	if r.exact(s.Size()) {
		return Shapley{}.Tolerance(s, of)
	}
	var (
		n     = float64(r.orders())
		pairs = make(map[int][]float64, s.Size()) // mean of an order and its reverse
		gap   = make(map[int]float64, s.Size())
	)
	for _, i := range s.Members() {
		pairs[i] = make([]float64, r.orders())
	}
	r.sample(s, func(k int, before Coalition, i int) {
		after, here := of(before.With(i)), of(before)
		pairs[i][k] += (after.Value.Integrated - here.Value.Integrated) / 2
		gap[i] += (after.AbsoluteGap + here.AbsoluteGap) / (2 * n)
	})
	tolerance := 0.0
	for _, i := range s.Members() {
		mean, squares := 0.0, 0.0
		for _, x := range pairs[i] {
			mean += x / n
		}
		for _, x := range pairs[i] {
			squares += (x - mean) * (x - mean)
		}
		tolerance = max(tolerance, gap[i]+2*math.Sqrt(squares/(n-1)/n))
	}
	return tolerance
}

// String returns the name of the rule with its number of orders.
func (r SampledShapley) String() string {
	return fmt.Sprintf("Shapley value from %d orders of arrival and their reverses", r.orders())
}

// Required returns the coalitions whose outcomes a rule reads to divide the
// gain of s, in ascending order. It runs the rule on outcomes of zero and
// records its calls. For example, [Marginal] reads ∅, S and each S without one
// member.
func Required(rule Sharing, s Coalition) []Coalition {
	read := map[Coalition]bool{0: true, s: true}
	record := func(t Coalition) *Outcome {
		read[t] = true
		return &Outcome{Coalition: t}
	}
	rule.Shares(s, record)
	rule.Tolerance(s, record)
	out := make([]Coalition, 0, len(read))
	for t := range read {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}
