package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// OwnRevenues has the payoffs of a split of whole DERs if each DER keeps its
// own revenue and has a share of the value after payments besides, which is the
// form of [vpp.TariffOnly]:
//
//	U_kv(n) = R_kv(n) + θ_v f Σ_q w_q [W_v(m_q) − W_v(m_q − h e_k)] / h       m_q = ⌈t_q n⌉
//
// R_kv is the mean payment to a DER under the tariff minus its own costs, W_v =
// V_v the integrated value of the VPP after payments, f that of
// [vpp.SharedValue], and h DERs of class k a block. All are those of plans with
// whole DERs. Under [Marginal] and with h = 1 it is the payoff of the atomic
// game.
//
// R_kv depends on the schedules that other DERs cause, so that this payoff has
// no potential, no program finds its equilibria, and there can be none. Regret
// is the distance of the split from one.
type OwnRevenues struct {
	Block   []int       // h per class: the mean effect of a block is that of one DER
	Revenue [][]float64 // R_kv of the members, per VPP and class, currency; 0 without members
	// Payoff is U_kv of the members, per VPP and class, currency; 0 without
	// members.
	Payoff [][]float64
	// Reach is the payoff of a DER of the class that moves to the VPP from
	// another place, currency. It is −[math.MaxFloat64] if the VPP cannot run
	// with it, or if all DERs are members.
	Reach [][]float64
	// Regret is the largest gain of a DER of the class that moves, per class,
	// at least 0, and Regrets that of a DER in each VPP, with the outside
	// option last; 0 without members.
	Regret     []float64
	Regrets    [][]float64
	Largest    float64 // of Regret
	MeanRegret float64 // over all DERs
	Programs   int     // plans that were solved
}

// OwnOptions set the payoffs of [Problem.OwnRevenues].
type OwnOptions struct {
	// Outside is the payoff of a DER outside of all VPPs, per class, currency.
	// Default nil: 0.
	Outside []float64
	// Blocks is the number of blocks of a class: h = max(1, N_k / Blocks). The
	// effect of one DER of a million is below the tolerance of a solver.
	// Default 0: 1000.
	Blocks  int
	Workers int // plans at a time; default 0: one
}

// OwnRevenues returns the payoffs of a split of whole DERs, per VPP and class.
// It plans each VPP with its members, and with a block more and less of each
// class.
func (p Problem) OwnRevenues(ctx context.Context, solver milp.Solver, members [][]int, o OwnOptions) (*OwnRevenues, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := p.fitsWhole(members, o); err != nil {
		return nil, err
	}
	if o.Blocks == 0 {
		o.Blocks = 1000
	}
	x := &ownStates{problem: p, found: make([]map[string]*ownState, len(p.VPPs))}
	for v := range x.found {
		x.found[v] = map[string]*ownState{}
	}
	out := &OwnRevenues{}
	for _, f := range p.Fleets {
		out.Block = append(out.Block, max(1, f.Count/o.Blocks))
	}
	// The first pass collects the states, which are then planned several at a
	// time.
	p.own(x, members, o, out)
	if err := x.solve(ctx, solver, o.Workers); err != nil {
		return nil, err
	}
	out.Programs = len(x.list)
	p.own(x, members, o, out)
	return out, nil
}

// fitsWhole returns an error if a split has other dimensions than the problem,
// or members that do not exist.
func (p Problem) fitsWhole(members [][]int, o OwnOptions) error {
	bad := faults.List{Prefix: "fleet: split: "}
	bad.Require(p.Setting.Weights.Economic > 0, "the weight of the economy is 0, so that a share is no money; give it a weight")
	bad.Require(o.Blocks >= 0, "Blocks is %d, want at least 1, or 0 for the default", o.Blocks)
	bad.Require(o.Outside == nil || len(o.Outside) == len(p.Fleets), "Outside has %d payoffs, want one for each of %d classes, or nil", len(o.Outside), len(p.Fleets))
	for k, x := range o.Outside { // a NaN would pass every comparison of a regret
		bad.Require(!math.IsNaN(x) && !math.IsInf(x, 0), "Outside[%d] is %g, want a finite payoff", k, x)
	}
	if len(members) != len(p.VPPs) || slices.ContainsFunc(members, func(row []int) bool { return len(row) != len(p.Fleets) }) {
		bad.Addf("it has other dimensions than %d VPPs and %d classes", len(p.VPPs), len(p.Fleets))
		return bad.Err()
	}
	for k, f := range p.Fleets {
		left := f.Count
		for v := range members {
			bad.Require(members[v][k] >= 0 && members[v][k] <= left, "class %q has %d DERs in VPP %q, want from 0 to the %d that are left",
				f.Name(), members[v][k], p.VPPs[v].Name, left)
			left -= min(left, max(0, members[v][k]))
		}
	}
	return bad.Err()
}

// own sets the payoffs and the regrets from the states that x has. States
// without a plan are recorded, and their payoffs have no meaning yet.
func (p Problem) own(x *ownStates, members [][]int, o OwnOptions, out *OwnRevenues) {
	n, m := len(p.VPPs), len(p.Fleets)
	table := func(columns int) [][]float64 {
		rows := make([][]float64, n)
		for v := range rows {
			rows[v] = make([]float64, columns)
		}
		return rows
	}
	out.Revenue, out.Payoff, out.Reach, out.Regrets = table(m), table(m), table(m), make([][]float64, m)
	out.Regret, out.Largest, out.MeanRegret = make([]float64, m), 0, 0
	ders := 0
	for k, f := range p.Fleets {
		ders += f.Count
		left := f.Count
		for v := range p.VPPs {
			if members[v][k] > 0 {
				out.Revenue[v][k], out.Payoff[v][k] = x.payoff(v, k, members[v], out.Block[k])
			}
			out.Reach[v][k] = -math.MaxFloat64
			if others := f.Count - members[v][k]; others > 0 {
				joined := slices.Clone(members[v])
				joined[k] += min(out.Block[k], others)
				if _, payoff := x.payoff(v, k, joined, out.Block[k]); !math.IsInf(payoff, -1) {
					out.Reach[v][k] = payoff
				}
			}
			left -= members[v][k]
		}
		outside := 0.0
		if o.Outside != nil {
			outside = o.Outside[k]
		}
		// regret returns the gain of the best move from a place with a payoff.
		regret := func(from int, payoff float64) float64 {
			best := payoff
			if from != nowhere {
				best = max(best, outside)
			}
			for v := range p.VPPs {
				if v != from {
					best = max(best, out.Reach[v][k])
				}
			}
			return best - payoff
		}
		out.Regrets[k] = make([]float64, n+1)
		for v := range p.VPPs {
			if members[v][k] > 0 {
				out.Regrets[k][v] = regret(v, out.Payoff[v][k])
				out.MeanRegret += float64(members[v][k]) * out.Regrets[k][v]
			}
		}
		if left > 0 {
			out.Regrets[k][n] = regret(nowhere, outside)
			out.MeanRegret += float64(left) * out.Regrets[k][n]
		}
		out.Regret[k] = slices.Max(out.Regrets[k])
		out.Largest = max(out.Largest, out.Regret[k])
	}
	out.MeanRegret /= float64(ders)
}

// ownState is the plan of a VPP with whole DERs.
type ownState struct {
	vpp     int
	members []int
	value   float64   // V, −Inf if the VPP cannot run
	revenue []float64 // of one member, per class
}

// ownStates has the plans of VPPs, each computed once.
type ownStates struct {
	problem Problem
	found   []map[string]*ownState // per VPP, by members
	list    []*ownState            // in the order of their first use
}

// at returns a state, and records it if it is new.
func (x *ownStates) at(v int, members []int) *ownState {
	key := fmt.Sprint(members)
	s, ok := x.found[v][key]
	if !ok {
		s = &ownState{vpp: v, members: slices.Clone(members), revenue: make([]float64, len(members))}
		x.found[v][key] = s
		x.list = append(x.list, s)
	}
	return s
}

// payoff returns the own revenue and the payoff of one member of class k of a
// VPP, currency. The payoff is −Inf if the VPP cannot run with its members. A
// VPP that cannot run without the block counts as its worst coalition that can,
// with the members, as in package vpp: the share is then 0.
func (x *ownStates) payoff(v, k int, members []int, block int) (revenue, payoff float64) {
	here := x.at(v, members)
	share := 0.0
	at, weight := x.problem.rule().Nodes()
	for q, t := range at {
		part := slices.Clone(members)
		for l := range part {
			part[l] = int(math.Ceil(t*float64(part[l]) - 1e-9))
		}
		h := min(block, part[k])
		with := x.at(v, part)
		part[k] -= h
		without := x.at(v, part)
		if !math.IsInf(with.value, -1) && !math.IsInf(without.value, -1) {
			share += weight[q] * (with.value - without.value) / float64(h)
		}
	}
	if math.IsInf(here.value, -1) {
		return 0, math.Inf(-1)
	}
	c := x.problem.Setting
	factor := c.SharedMoney() / c.Weights.Economic // 1/w_e, or 1 with the weighted value
	return here.revenue[k], here.revenue[k] + x.problem.VPPs[v].PassThrough*factor*share
}

// solve plans all recorded states.
func (x *ownStates) solve(ctx context.Context, solver milp.Solver, workers int) error {
	var jobs []func() error
	for _, s := range x.list {
		jobs = append(jobs, func() error {
			problem := vpp.Problem{VPP: x.problem.VPPs[s.vpp], Setting: x.problem.Setting}
			for k, n := range s.members {
				if n > 0 {
					problem.Members = append(problem.Members, &der.Fleet{Unit: x.problem.Fleets[k].Unit, Count: n})
				}
			}
			plan, err := problem.Solve(ctx, solver)
			if errors.Is(err, milp.ErrInfeasible) {
				s.value = math.Inf(-1)
				return nil
			}
			if err != nil {
				return fmt.Errorf("fleet: own revenues: %w", err)
			}
			if s.value = plan.Value.Integrated; math.IsNaN(s.value) || math.IsInf(s.value, 0) {
				return fmt.Errorf("fleet: own revenues: the plan of VPP %q has the value %g", problem.VPP.Name, s.value)
			}
			for k, n := range s.members {
				// A plan has its members in the order of their names.
				for i := range plan.Members {
					if plan.Members[i].DER.Name() == x.problem.Fleets[k].Name() {
						s.revenue[k] = plan.Members[i].Revenue / float64(n)
						if math.IsNaN(s.revenue[k]) || math.IsInf(s.revenue[k], 0) {
							return fmt.Errorf("fleet: own revenues: class %q of VPP %q has the revenue %g",
								x.problem.Fleets[k].Name(), problem.VPP.Name, s.revenue[k])
						}
					}
				}
			}
			return nil
		})
	}
	return parallel.Run(max(1, workers), jobs)
}
