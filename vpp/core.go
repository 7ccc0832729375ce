package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Gains is the cooperative game of the members of one VPP: the gain v(S) of
// each coalition, currency. runs is false if the coalition cannot run. A
// coalition that cannot run cannot leave either, so that it limits no division
// of the gain.
//
// For example, a game in which only a left and a right glove together are worth
// 1 has the gain 1 for each coalition with both, and 0 for all others.
type Gains func(s Coalition) (gain float64, runs bool)

// GainsOf returns the game of some outcomes, v(S) = W(S) = V(S) − V(∅), in
// which each coalition runs. Its Shapley value is that of [Shapley].
func GainsOf(of Outcomes) Gains {
	return func(s Coalition) (float64, bool) { return Gain(s, of), true }
}

// PayoffsOf returns the game in which a coalition has the total payoffs of its
// members as the only members of the VPP, at a pass-through ratio of 1: their
// own revenues and the gain,
//
//	v(S) = Σ_{i ∈ S} R_i(S) + W(S)
//
// The revenue of a member can depend on the others. A coalition compares
// totals, not its parts of the gain.
func PayoffsOf(of Outcomes) Gains {
	return func(s Coalition) (float64, bool) {
		sum, revenue := Gain(s, of), of(s).Revenue
		for _, i := range s.Members() { // in a fixed order, for equal bytes
			sum += revenue[i]
		}
		return sum, true
	}
}

// Excess is the amount by which a coalition could do better on its own than by
// a division x,
//
//	e(S, x) = v(S) − Σ_{i ∈ S} x_i            currency
//
// A coalition with a positive excess has a reason to leave. For example, a
// coalition that is worth 10 and receives 7 has the excess 3.
type Excess struct {
	Coalition Coalition
	Gain      float64 // v(S)
	Paid      float64 // Σ_{i ∈ S} x_i
	Excess    float64
}

// Core describes the divisions of the gain of a coalition N that its
// sub-coalitions accept:
//
//	core         x(N) = v(N),  e(S, x) ≤ 0 for all S                  may be empty
//	least core   x(N) = v(N),  e(S, x) ≤ ε for all S ≠ ∅, N           with the smallest ε
//	nucleolus    the x with the lexicographically smallest vector of decreasing excesses
//
// The core is not empty if and only if ε ≤ 0. The nucleolus is the one of all x
// with x(N) = v(N), also called prenucleolus: it always exists and is unique.
// It is the nucleolus of Schmeidler, who also requires x_i ≥ v({i}), if the
// core is not empty or each member adds at least its own gain to each
// coalition.
//
// For example, one member with a left glove and two with a right one, worth 1
// per pair, have ε = 0. Their nucleolus is 1, 0, 0.
//
// Sources: Shapley, Shubik, Econometrica 34 (1966) 805, for the least core,
// whose name is of Maschler, Peleg, Shapley, Math. Oper. Res. 4 (1979) 303;
// Schmeidler, The nucleolus of a characteristic function game, SIAM J. Appl.
// Math. 17 (1969) 1163.
type Core struct {
	Members Coalition
	Gain    float64 // v(N)

	// LeastCore is ε, currency. It is −Inf if so few coalitions can run that no
	// division has a largest excess.
	LeastCore float64

	// Nucleolus is the amount per member; nil if the coalitions that can run do
	// not determine it.
	Nucleolus map[int]float64

	// Worst has the coalitions whose excess is ε in each division of the least
	// core. They prove that no division has a smaller largest excess.
	Worst []Excess

	Coalitions int // coalitions whose gain was used
	Programs   int // programs solved, 0 for a game of known gains
}

// Empty reports whether the core is empty. ε of at most 1e-9 of the gain counts
// as 0.
func (c *Core) Empty() bool { return c.LeastCore > 1e-9*max(1, math.Abs(c.Gain)) }

// MaxCoreMembers is the largest number of members of a game of known gains. 16
// members have 65,536 coalitions.
const MaxCoreMembers = 16

// CoreOf returns the core of a coalition by enumeration of its sub-coalitions.
// It returns an error for more than [MaxCoreMembers] members, if the coalition
// itself cannot run, and for gains that are not finite. [Problem.Core] has no
// such limit.
func CoreOf(s Coalition, gains Gains) (*Core, error) {
	x, err := enumerated(s, gains)
	if err != nil {
		return nil, err
	}
	c, _, err := x.core(context.Background())
	return c, err
}

// MostDissatisfied returns the coalition with the largest excess at a division
// x among the coalitions S ⊂ N, S ≠ ∅, N that can run. Of equal ones, within
// 1e-9 of the largest amount, it is the smallest, then the one with the lowest
// number. An excess that is no number is left out. found is false if no such
// coalition can run.
//
// For example, x is in the core if it divides the whole gain and this excess is
// at most 0.
func MostDissatisfied(s Coalition, gains Gains, x map[int]float64) (worst Excess, found bool) {
	scale := 1.0
	for _, amount := range x {
		scale = max(scale, math.Abs(amount))
	}
	for t := (s - 1) & s; t != 0; t = (t - 1) & s {
		gain, runs := gains(t)
		if !runs {
			continue
		}
		e := excess(t, gain, x)
		if math.IsNaN(e.Excess) { // no comparison would replace it
			continue
		}
		margin := e.Excess - worst.Excess
		before := t.Size() < worst.Coalition.Size() || t.Size() == worst.Coalition.Size() && t < worst.Coalition
		if !found || margin > 1e-9*scale || margin >= -1e-9*scale && before {
			worst, found = e, true
		}
	}
	return worst, found
}

// excess returns the excess of a coalition at a division.
func excess(s Coalition, gain float64, x map[int]float64) Excess {
	e := Excess{Coalition: s, Gain: gain}
	for _, i := range s.Members() { // in a fixed order, for equal bytes
		e.Paid += x[i]
	}
	e.Excess = gain - e.Paid
	return e
}

// enumerated returns the search of the core over all sub-coalitions of s.
func enumerated(s Coalition, gains Gains) (*coreSearch, error) {
	if n := s.Size(); n > MaxCoreMembers {
		return nil, fmt.Errorf("vpp: core of %d members; at most %d can be enumerated, use Problem.Core", n, MaxCoreMembers)
	}
	total, runs := gains(s)
	if !runs {
		return nil, fmt.Errorf("vpp: core: the coalition %v cannot run, so that there is no gain to divide", s.Members())
	}
	bad := faults.List{Prefix: "vpp: core: "}
	finite := func(t Coalition, gain float64) bool {
		return bad.Require(!math.IsNaN(gain) && !math.IsInf(gain, 0), "the gain of %v is %v, want a finite number", t.Members(), gain)
	}
	all := &enumeration{}
	for t := (s - 1) & s; t != 0; t = (t - 1) & s {
		if gain, runs := gains(t); runs && finite(t, gain) {
			all.rows = append(all.rows, coreRow{s: t, gain: gain})
		}
	}
	finite(s, total)
	return newCoreSearch(s, total, all), bad.Err()
}

// enumeration is the source of rows of a game of known gains.
type enumeration struct{ rows []coreRow }

// start implements [coreSource].
func (e *enumeration) start(context.Context, *coreSearch) ([]coreRow, error) {
	return nil, nil
}

// worst implements [coreSource].
func (e *enumeration) worst(_ context.Context, x *coreSearch, at []float64, above float64) (coreRow, bool, error) {
	var (
		best  coreRow
		most  = above
		found = false
	)
	for _, row := range e.rows {
		if row.fixed {
			continue
		}
		sum := row.gain
		for c := row.s; c != 0; c &= c - 1 {
			sum -= at[x.place[lowest(c)]]
		}
		if sum > most {
			best, most, found = row, sum, true
		}
	}
	return best, found, nil
}

// narrowed implements [coreSource]: coalitions whose excess follows from those
// already fixed are left out.
func (e *enumeration) narrowed(x *coreSearch) {
	for k := range e.rows {
		e.rows[k].fixed = e.rows[k].fixed || !x.free(e.rows[k].s)
	}
}

// known implements [coreSource].
func (e *enumeration) known() (coalitions, programs int) { return len(e.rows) + 1, 0 }
