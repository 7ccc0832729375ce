package vpp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// SampledShapley estimates the Shapley value from some of the |S|! orders in which members can arrive: each
// order pays every member what the coalition gains when it arrives, and shares are means over orders. Exact
// shares need 2^|S| coalitions; these need about 2 · Orders · |S|.
//
// Every order is used together with its reverse, which lowers the variance where late members bring less
// than early ones. Along each order gains add up to the gain of all, so that the budget balances exactly.
// The orders of a coalition are those of its members within fixed orders of all units: coalitions that
// differ in one unit share many of their subsets, each planned once, and their shares err alike.
//
// Where all subsets are no more than the orders would ask for, the shares are exact.
//
// Source: J. Castro, D. Gómez, J. Tejada, Polynomial calculation of the Shapley value based on sampling,
// Computers & Operations Research 36 (2009); for reversed orders R. Mitchell, J. Cooper, E. Frank,
// G. Holmes, Sampling permutations for Shapley value estimation, JMLR 23 (2022).
type SampledShapley struct {
	Orders int    // of arrival, each used with its reverse, ≥ 2; 0: 16
	Seed   uint64 // of the orders
}

const defaultOrders = 16

func (r SampledShapley) orders() int {
	if r.Orders == 0 {
		return defaultOrders
	}
	return r.Orders
}

// Validate reports a number of orders from which no error can be estimated.
func (r SampledShapley) Validate() error {
	if r.Orders < 0 || r.Orders == 1 {
		return fmt.Errorf("%d orders of arrival; give at least 2, or 0 for %d", r.Orders, defaultOrders)
	}
	return nil
}

// exact reports whether all subsets of n members are no more than what the orders ask for.
func (r SampledShapley) exact(n int) bool {
	return n <= 1 || math.Pow(2, float64(n)) <= float64(2*r.orders()*(n-1)+2)
}

// arrivals returns the k-th order of a coalition's members.
func (r SampledShapley) arrivals(k int, s Coalition) []int {
	all := rand.New(rand.NewPCG(r.Seed, uint64(k))).Perm(MaxDERs)
	return slices.DeleteFunc(all, func(i int) bool { return !s.Has(i) })
}

// sample calls visit for every order and its reverse, with the coalition before each arrival.
func (r SampledShapley) sample(s Coalition, visit func(order int, before Coalition, unit int)) {
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

// Spread implements [Sharing]: what the solver left open, averaged as the shares are, and twice the
// standard error of the sample, which is an estimate and no bound.
func (r SampledShapley) Tolerance(s Coalition, of Outcomes) float64 {
	if r.exact(s.Size()) {
		return Shapley{}.Tolerance(s, of)
	}
	var (
		n     = float64(r.orders())
		pairs = make(map[int][]float64, s.Size()) // mean of each order and its reverse
		open  = make(map[int]float64, s.Size())
	)
	for _, i := range s.Members() {
		pairs[i] = make([]float64, r.orders())
	}
	r.sample(s, func(k int, before Coalition, i int) {
		after, here := of(before.With(i)), of(before)
		pairs[i][k] += (after.Value.Integrated - here.Value.Integrated) / 2
		open[i] += (after.AbsoluteGap + here.AbsoluteGap) / (2 * n)
	})
	spread := 0.0
	for _, i := range s.Members() {
		mean, squares := 0.0, 0.0
		for _, x := range pairs[i] {
			mean += x / n
		}
		for _, x := range pairs[i] {
			squares += (x - mean) * (x - mean)
		}
		spread = max(spread, open[i]+2*math.Sqrt(squares/(n-1)/n))
	}
	return spread
}

func (r SampledShapley) String() string {
	return fmt.Sprintf("Shapley value from %d orders of arrival and their reverses", r.orders())
}

// Asked returns the coalitions whose outcomes a rule needs to share the gain of s, in ascending order:
// what has to be planned before the rule is asked. The rule is run on outcomes of zero to see.
func Required(rule Sharing, s Coalition) []Coalition {
	asked := map[Coalition]bool{0: true, s: true}
	nothing := func(t Coalition) *Outcome {
		asked[t] = true
		return &Outcome{Coalition: t}
	}
	rule.Shares(s, nothing)
	rule.Tolerance(s, nothing)
	out := make([]Coalition, 0, len(asked))
	for t := range asked {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}
