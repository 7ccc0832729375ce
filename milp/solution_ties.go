package milp

import (
	"math"
	"slices"
)

// Ties makes the optimum of a program unique if several solutions are equally
// good. Each variable gets a tiny cost that depends on its name only:
//
//	c_j ← c_j ± ε h_j,    h_j in [1, 2) from a hash of the name,    ε = Scale · C, C about max_k |c_k|
//
// The sign is + for a variable with a lower bound and − for a variable with an
// upper bound only; a free variable gets no cost. A maximum has the opposite
// signs. With these signs a bounded program stays bounded. Because h_j depends
// on the name, the preferred optimum is independent of the order of columns and
// rows and of the solver.
//
// ε has a lower and an upper limit. It must stay far below real differences of
// cost: the objective changes by at most 2 ε Σ_j |x_j|. And it must exceed the
// solver's tolerance on reduced costs, 1e-7 for HiGHS. With costs of 10 to 1000
// the default satisfies both. A program with integers is solved to a gap, and
// solutions within the gap are equal to the solver: set the gap to 0, or use
// [Canonical] after fixing the integers.
//
// The objective of a solution includes the preference. Evaluate the real one
// with [Solution.Eval].
type Ties struct {
	// Scale is ε relative to the largest cost, or to 1000 times the lower
	// quartile of the costs, at least 1, if that is less: a penalty of 1e9 per
	// MWh must not make ε larger than ordinary prices. Default 0: 1e-6.
	Scale float64
	// IntegersOnly leaves continuous variables unchanged, which keeps the total
	// preference small. Combine it with [Canonical], which decides about
	// continuous variables once the integers are known.
	IntegersOnly bool
}

// Break adds the preference to the model's costs and returns ε. For a program
// without costs, ε is Scale. A new objective removes the preference.
func (t Ties) Break(m *Model) float64 {
	t = t.withDefaults()
	var costs []float64 // magnitudes without zeros
	for _, c := range m.cost.all() {
		if c != 0 {
			costs = append(costs, math.Abs(c))
		}
	}
	typical := 1.0
	if len(costs) > 0 {
		slices.Sort(costs)
		largest := costs[len(costs)-1]
		typical = min(largest, max(1, penaltyRatio*costs[len(costs)/4]))
	}
	epsilon := t.Scale * typical
	m.prefer(epsilon, t.IntegersOnly)
	return epsilon
}

// penaltyRatio is the ratio of a cost and an ordinary cost from which the cost
// is a penalty. That of unserved load is some 100 times the price of energy.
const penaltyRatio = 1000

// withDefaults returns t with the default scale if none is set.
func (t Ties) withDefaults() Ties {
	if t.Scale == 0 {
		t.Scale = 1e-6
	}
	return t
}

// prefer adds the preference of size epsilon to the costs. In a maximum the
// signs are reversed.
func (m *Model) prefer(epsilon float64, integersOnly bool) {
	if m.maximize {
		epsilon = -epsilon
	}
	for j := range m.Vars() {
		v := Var{m, int32(j)}
		if integersOnly && !m.IsInteger(v) {
			continue
		}
		h := epsilon * (1 + m.names.preference(*m.colNames.at(j))) // ε h_j
		switch lo, hi := v.Bounds(); {
		case lo >= -math.MaxFloat64:
			*m.cost.at(j) += h
		case hi <= math.MaxFloat64:
			*m.cost.at(j) -= h
		}
	}
}

// preference returns a number in [0, 1) that depends on the name only, h_j − 1
// in [Ties].
func (x *names) preference(r nameRef) float64 {
	f := &x.families[r.family]
	h := hash(fnvOffset, f.owner)
	h = hash(h^'.', f.quantity)
	h ^= uint64(f.n)<<60 ^ uint64(uint32(r.first))<<24 ^ uint64(uint32(r.second))
	// The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)
	// separates neighbouring indices.
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return float64(h>>11) / (1 << 53) // the upper 53 bits, the mantissa of a float64
}

// Parameters of the FNV-1a hash with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// hash continues an FNV-1a hash with the bytes of s.
func hash(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}
