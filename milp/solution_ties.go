package milp

import "math"

// Ties makes the optimum of a program unique where several are equally good. Every variable gets a tiny
// cost that depends on nothing but its name:
//
//	c_j ← c_j ± ε h_j,    h_j in [1, 2) from a hash of the name,    ε = Scale · max_k |c_k|
//
// (+ε h_j where the variable has a lower bound, −ε h_j where it has an upper bound only, none where it
// has neither; reversed for a program that maximises). The sign makes sure that a bounded program stays
// bounded. Because h_j belongs to the name, the optimum that is preferred is the same whatever the order
// in which units, rows and columns were added, and whichever solver is used.
//
// ε has to lie between two sizes. It must stay far below real differences of cost: the objective moves by
// at most 2 ε Σ_j |x_j|. And it must exceed what a solver cannot see, for HiGHS reduced costs of 1e-7;
// costs of 10 to 1000 leave room for both at the default. A program with integers is also solved to a
// gap, and any two solutions within the gap are equal to the solver: ask for a gap of 0, or use
// [Canonical] on the program with its integers fixed.
//
// The objective of a solution then includes the preference; evaluate the real one with [Solution.Eval].
type Ties struct {
	// Scale is ε relative to the largest cost; 0 stands for 1e-6.
	Scale float64
	// IntegersOnly leaves continuous variables as they are, which keeps the preference small in sum. It
	// goes together with [Canonical], which decides about them once the integers are known.
	IntegersOnly bool
}

// Break adds the preference to the model's costs and returns ε. A program without costs has ε = Scale.
// Setting a new objective removes the preference.
func (t Ties) Break(m *Model) float64 {
	if t.Scale == 0 {
		t.Scale = 1e-6
	}
	largest := 0.0
	for _, c := range m.cost.all() {
		largest = max(largest, math.Abs(c))
	}
	if largest == 0 {
		largest = 1
	}
	epsilon := t.Scale * largest
	m.prefer(epsilon, t.IntegersOnly)
	return epsilon
}

// prefer adds the preference of size epsilon to the costs.
func (m *Model) prefer(epsilon float64, integersOnly bool) {
	if m.maximize {
		epsilon = -epsilon
	}
	for j := range m.Vars() {
		v := Var{m, int32(j)}
		if integersOnly && !m.IsInteger(v) {
			continue
		}
		h := epsilon * (1 + m.names.preference(*m.colNames.at(j)))
		switch lo, hi := v.Bounds(); {
		case lo >= -math.MaxFloat64:
			*m.cost.at(j) += h
		case hi <= math.MaxFloat64:
			*m.cost.at(j) -= h
		}
	}
}

// preference returns a number in [0, 1) that depends on the name only.
func (x *names) preference(r nameRef) float64 {
	f := &x.families[r.family]
	h := hash(fnvOffset, f.owner)
	h = hash(h^'.', f.quantity)
	h ^= uint64(f.n)<<60 ^ uint64(uint32(r.first))<<24 ^ uint64(uint32(r.second))
	// The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014) spreads neighbouring indices.
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return float64(h>>11) / (1 << 53)
}

// FNV-1a, 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hash(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}
