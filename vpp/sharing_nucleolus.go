package vpp

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Nucleolus divides the gain so that the largest excess of a coalition is as
// small as possible, then the second largest, and so on: see [Core]. The excess
// compares total payoffs, which include own revenues, in the game v of
// [PayoffsOf],
//
//	share_i = nucleolus_i(v) − R_i(S)
//
// If some division has no dissatisfied coalition, the nucleolus is one of them.
// At a pass-through ratio below 1 it is that of the whole gain. It balances the
// budget. Other than [Shapley] it does not guarantee a pure Nash equilibrium in
// the choice of VPP, and a member can receive less although each of its
// marginal contributions grows.
//
// For example, if a coalition is worth 6 only with member 2 and at least one of
// members 0 and 1, the shares are 0, 0 and 6: members 0 and 1 undercut each
// other.
//
// The shares of S need all 2^|S| coalitions, and |S| is at most
// [MaxCoreMembers].
type Nucleolus struct{}

// Shares implements [Sharing]. It returns NaN if a gain is not finite, or if
// the gains differ too much in size to compare excesses. It panics for more
// than [MaxCoreMembers] members, which is a programming mistake.
func (Nucleolus) Shares(s Coalition, of Outcomes) map[int]float64 {
	c, _ := nucleolus(s, of)
	for i := range c.Nucleolus {
		c.Nucleolus[i] -= of(s).Revenue[i]
	}
	return c.Nucleolus
}

// nucleolus returns the core with the rows that determine the nucleolus.
func nucleolus(s Coalition, of Outcomes) (*Core, []fixedRow) {
	if s == 0 {
		of(0)
		return &Core{Nucleolus: map[int]float64{}}, nil
	}
	x, err := enumerated(s, PayoffsOf(of))
	if s.Size() > MaxCoreMembers {
		panic(err)
	}
	var (
		c     *Core
		fixed []fixedRow
	)
	if err == nil {
		c, fixed, err = x.core(context.Background())
	}
	if err != nil {
		c = &Core{Members: s, Nucleolus: map[int]float64{}}
		for _, i := range s.Members() {
			c.Nucleolus[i] = math.NaN()
		}
	}
	return c, fixed
}

// Tolerance implements [Sharing]. The nucleolus is piecewise linear in the
// gains: near a game it solves the equations of its tight coalitions,
//
//	x(N) = v(N),  x(S) + t_k = v(S)       S fixed by program k
//
// Tolerance is the largest change of their least-squares solution if each gain
// changes by its absolute gap. It is an estimate, not a bound: a change can
// make other coalitions tight.
func (Nucleolus) Tolerance(s Coalition, of Outcomes) float64 {
	c, fixed := nucleolus(s, of)
	largest := 0.0
	for t := s; ; t = (t - 1) & s {
		largest = max(largest, of(t).AbsoluteGap)
		if t == 0 {
			break
		}
	}
	if largest == 0 || len(fixed) == 0 {
		return 0
	}
	var (
		members  = c.Members.Members()
		programs = fixed[len(fixed)-1].program + 1
		a        = mat.NewDense(len(fixed), len(members)+programs, nil)
	)
	for r, f := range fixed {
		for p, i := range members {
			if f.s.Has(i) {
				a.Set(r, p, 1)
			}
		}
		if f.program >= 0 {
			a.Set(r, len(members)+f.program, 1)
		}
	}
	var inverse mat.Dense
	unit := mat.NewDiagDense(len(fixed), nil)
	for r := range fixed {
		unit.SetDiag(r, 1)
	}
	if inverse.Solve(a, unit) != nil {
		return 2 * largest * float64(len(members))
	}
	tolerance := 0.0
	for p := range members {
		sum := 0.0
		for r, f := range fixed {
			sum += math.Abs(inverse.At(p, r)) * (of(f.s).AbsoluteGap + of(0).AbsoluteGap)
		}
		tolerance = max(tolerance, sum)
	}
	return tolerance
}

// String returns the name of the rule.
func (Nucleolus) String() string { return "nucleolus" }
