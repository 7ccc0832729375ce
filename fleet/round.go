package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Rounded is a split into whole DERs.
type Rounded struct {
	Members [][]int // per VPP and class
	Start   float64 // potential of the rounded equilibrium, before DERs moved
	Value   float64 // potential of Members; −Inf if a VPP cannot run with whole DERs
	Welfare float64 // Σ_v J_v of Members, and the payoffs of the DERs outside
	Moves   int     // number of DERs that moved to a better place
	// Regret is the largest gain of a single DER that moves, at least 0. If
	// Settled, it is within the tolerance of the solver: a relative 1e-9 of the
	// potential.
	Regret  float64
	Settled bool
}

// RoundOptions limit the better replies of [Problem.Round].
type RoundOptions struct {
	MaxMoves int // of single DERs. Default 0: 100; negative: none
}

// Round rounds a split to whole DERs, by the largest remainder in each class,
// and then moves single DERs to their best choice until none gains. The payoff
// of a DER of class k in VPP v is the part of the potential that it brings,
//
//	U_kv(n) = Σ_q (w_q / t_q) [J_v(t_q n) − J_v(t_q (n − e_k))]
//
// so that each move raises the potential, and the moves end. Classes that do
// not scale exactly follow one schedule per VPP here: see [der.Fleet]. Under a
// rule with other nodes than 1 the potential has relaxed integers, because
// parts of a coalition have no whole DERs; Welfare has the integers.
func (p Problem) Round(ctx context.Context, solver milp.Solver, e *Equilibrium, o RoundOptions) (*Rounded, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	parts, err := p.coalitions(p.room)
	if err != nil {
		return nil, err
	}
	if err := p.fits(e, parts); err != nil {
		return nil, err
	}
	if o.MaxMoves == 0 {
		o.MaxMoves = 100
	}
	x := &states{ctx: ctx, solver: solver, problem: p, parts: parts, found: make([]map[string]float64, len(parts))}
	for v := range x.found {
		x.found[v] = map[string]float64{}
	}
	out := &Rounded{Members: p.Whole(e.Members)}
	if out.Start, err = x.total(out.Members); err != nil {
		return nil, err
	}
	tolerance := outwards
	if !math.IsInf(out.Start, -1) { // otherwise rounding has left a VPP that cannot run
		tolerance *= max(1, math.Abs(out.Start))
	}
	for {
		k, from, to, gain, err := x.best(out.Members)
		if err != nil {
			return nil, err
		}
		out.Regret, out.Settled = max(0, gain), gain <= tolerance
		if out.Settled || out.Moves >= o.MaxMoves {
			break
		}
		move(out.Members, k, from, to)
		out.Moves++
	}
	if out.Value, err = x.total(out.Members); err != nil {
		return nil, err
	}
	for v := range parts {
		value, err := x.coalition(v, out.Members[v])
		if err != nil {
			return nil, err
		}
		out.Welfare += value
	}
	for k := range p.Fleets {
		out.Welfare += p.outside(k) * float64(p.left(out.Members, k))
	}
	return out, nil
}

// Whole rounds members by the largest remainder: the DERs of a class that are
// in VPPs, rounded as a sum, go to the VPPs in the order of their fractions.
func (p Problem) Whole(members [][]float64) [][]int {
	const rounding = 1e-7 // of a solver: 3.9999999 are 4
	out := make([][]int, len(members))
	for v := range out {
		out[v] = make([]int, len(p.Fleets))
	}
	for k := range p.Fleets {
		var (
			sum, placed = 0.0, 0
			order       []int
			fraction    = make([]float64, len(members))
		)
		for v := range members {
			n := members[v][k]
			out[v][k] = int(math.Floor(n + rounding*max(1, n)))
			fraction[v] = n - float64(out[v][k])
			sum, placed = sum+n, placed+out[v][k]
			// DERs that are left over go to the VPPs with the largest
			// fractions.
			order = append(order, v)
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case fraction[a] > fraction[b]:
				return -1
			case fraction[a] < fraction[b]:
				return 1
			}
			return 0
		})
		// In VPPs of many DERs each, the tolerance can place a few too many.
		for i := len(order) - 1; i >= 0 && placed > p.Fleets[k].Count; i-- {
			if v := order[i]; out[v][k] > 0 {
				out[v][k]--
				placed--
			}
		}
		for _, v := range order {
			if placed >= min(p.Fleets[k].Count, int(math.Round(sum))) {
				break
			}
			out[v][k]++
			placed++
		}
	}
	return out
}

// Tidy returns the members of an equilibrium without the remains that an
// interior-point method leaves in places that no DER prefers. They go to the
// best place of the class at the prices of the certificate. Remains of a class
// of N DERs with the best payoff π are
//
//	n < N/1000 with a regret above π/10^6
//	n < N/50 with a regret above π/1000, if n times the regret is below 1e-5 of all payoffs
//
// so that prices hardly change. For example, 0.7 of 45,000 DERs that could gain
// 4 elsewhere would become a DER with a regret of 4.
func (p Problem) Tidy(e *Equilibrium, c *Certificate) [][]float64 {
	const few, worse, some, bad, little = 1e-3, 1e-6, 2e-2, 1e-3, 1e-5
	all := 0.0
	for k := range p.Fleets {
		best := p.outside(k)
		for v := range p.VPPs {
			best = max(best, c.Payoff[v][k])
		}
		all += p.count(k) * math.Abs(best)
	}
	out := make([][]float64, len(e.Members))
	for v := range out {
		out[v] = slices.Clone(e.Members[v])
	}
	for k := range p.Fleets {
		best, at, left := p.outside(k), nowhere, p.count(k)
		for v := range out {
			left -= out[v][k]
			if c.Payoff[v][k] > best {
				best, at = c.Payoff[v][k], v
			}
		}
		moved := 0.0
		remains := func(n, payoff float64) bool {
			regret, unit := best-payoff, max(1e-9, math.Abs(best))
			return n > 0 && (n < few*p.count(k) && regret > worse*unit ||
				n < some*p.count(k) && regret > bad*unit && n*regret < little*all)
		}
		for v := range out {
			if remains(out[v][k], c.Payoff[v][k]) {
				moved += out[v][k]
				out[v][k] = 0
			}
		}
		if remains(left, p.outside(k)) {
			moved += left
		}
		if at != nowhere {
			out[at][k] += moved
		}
	}
	return out
}

// left returns the number of DERs of a class outside of all VPPs. For example,
// of 10 DERs with 4 and 5 in two VPPs one is left.
func (p Problem) left(members [][]int, k int) int {
	n := p.Fleets[k].Count
	for v := range members {
		n -= members[v][k]
	}
	return n
}

// nowhere is the place of a DER outside of all VPPs.
const nowhere = -1

// move moves one DER.
func move(members [][]int, k, from, to int) {
	if from != nowhere {
		members[from][k]--
	}
	if to != nowhere {
		members[to][k]++
	}
}

// states has the values of VPPs with whole numbers of members, each computed
// once.
type states struct {
	ctx     context.Context
	solver  milp.Solver
	problem Problem
	parts   []*coalition
	found   []map[string]float64 // per VPP, by scale and members
}

// best returns the move of one DER that gains most. The gain is −Inf if no DER
// can move.
func (x *states) best(members [][]int) (k, from, to int, gain float64, err error) {
	gain = math.Inf(-1)
	for class := range x.problem.Fleets {
		// The payoffs that a DER leaves and finds, in each place.
		leaves, finds := map[int]float64{}, map[int]float64{nowhere: x.problem.outside(class)}
		if x.problem.left(members, class) > 0 {
			leaves[nowhere] = x.problem.outside(class)
		}
		// A move changes two VPPs only, so that each payoff needs one other
		// state of one VPP.
		for v := range members {
			here, err := x.potential(v, members[v])
			if err != nil {
				return 0, 0, 0, 0, err
			}
			other := slices.Clone(members[v])
			if members[v][class] > 0 {
				other[class]--
				without, err := x.potential(v, other)
				if err != nil {
					return 0, 0, 0, 0, err
				}
				leaves[v] = here - without
				other[class]++
			}
			if members[v][class] < x.problem.Fleets[class].Count {
				other[class]++
				with, err := x.potential(v, other)
				if err != nil {
					return 0, 0, 0, 0, err
				}
				finds[v] = with - here
			}
		}
		for a := nowhere; a < len(members); a++ {
			for b := nowhere; b < len(members); b++ {
				before, leave := leaves[a]
				after, find := finds[b]
				if a != b && leave && find && after-before > gain {
					k, from, to, gain = class, a, b, after-before
				}
			}
		}
	}
	return k, from, to, gain, nil
}

// total returns the potential of a state.
func (x *states) total(members [][]int) (float64, error) {
	sum := 0.0
	for v := range members {
		value, err := x.potential(v, members[v])
		if err != nil {
			return 0, err
		}
		sum += value
	}
	for k := range x.problem.Fleets {
		sum += x.problem.outside(k) * float64(x.problem.left(members, k))
	}
	return sum, nil
}

// potential returns Σ_q (w_q / t_q) J_v(t_q n).
func (x *states) potential(v int, members []int) (float64, error) {
	sum := 0.0
	at, weight := x.problem.rule().Nodes()
	for q, t := range at {
		var value float64
		var err error
		if len(at) == 1 && t == 1 {
			value, err = x.coalition(v, members)
		} else {
			value, err = x.part(v, members, t)
		}
		if err != nil {
			return 0, err
		}
		sum += weight[q] / t * value
	}
	return sum, nil
}

// part returns J_v(t n) with integers relaxed.
func (x *states) part(v int, members []int, t float64) (float64, error) {
	return x.once(v, fmt.Sprint(t, members), func() (float64, error) {
		return x.parts[v].value(x.ctx, x.solver, x.shares(members, t))
	})
}

// coalition returns J_v(n) of whole DERs.
func (x *states) coalition(v int, members []int) (float64, error) {
	return x.once(v, fmt.Sprint(members), func() (float64, error) { return x.solve(v, members) })
}

// once returns a value that is computed at its first use. It is −Inf if the VPP
// cannot run.
func (x *states) once(v int, key string, compute func() (float64, error)) (float64, error) {
	if value, ok := x.found[v][key]; ok {
		return value, nil
	}
	value, err := compute()
	if errors.Is(err, milp.ErrInfeasible) {
		// A VPP that needs its members keeps them, and a move that lets it run
		// gains most.
		value, err = math.Inf(-1), nil
	}
	if err == nil {
		x.found[v][key] = value
	}
	return value, err
}

// shares returns t times whole members as shares of the columns.
func (x *states) shares(members []int, t float64) []float64 {
	out := make([]float64, len(members))
	for k, n := range members {
		out[k] = t * float64(n) / x.problem.room(k)
	}
	return out
}

// solve computes J_v(n): at fixed shares if all classes scale exactly, and
// otherwise, or if the solution breaks a rule that the shares leave out, with a
// [der.Fleet] of each class.
func (x *states) solve(v int, members []int) (float64, error) {
	part := x.parts[v]
	if !slices.ContainsFunc(part.classes, func(u *class) bool { return u.scale != der.ScaleExact }) {
		s, err := solved(x.ctx, x.solver, part.at(x.shares(members, 1)), "a VPP with whole DERs")
		if err != nil {
			return 0, err
		}
		legal := true
		for k, u := range part.classes {
			legal = legal && !u.overlaps(s.Values, members[k])
		}
		if legal {
			return s.Objective, nil
		}
	}
	var ders []der.DER
	for k, n := range members {
		if n > 0 {
			ders = append(ders, &der.Fleet{Unit: x.problem.Fleets[k].Unit, Count: n})
		}
	}
	program, err := vpp.Problem{VPP: x.problem.VPPs[v], Members: ders, Setting: x.problem.Setting}.Formulate()
	if err != nil {
		return 0, err
	}
	program.Model.Maximize(program.Objective())
	s, err := solved(x.ctx, x.solver, program.Model, "a VPP with whole DERs")
	if err != nil {
		return 0, err
	}
	return s.Objective, nil
}
