package fleet

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/milp"
)

// MaxLargePrograms is the largest number of programs of [Problem.Large], and
// MaxLargeStates that of its states. Both are assumed.
const MaxLargePrograms, MaxLargeStates = 20_000, 1_000_000

// Large describes the game in which the DERs of each class are Parts large DERs
// that each choose a VPP, under marginal payoffs J_v(n) − J_v(n − e_k). A state
// without a DER that gains by moving is a Nash state. With few large DERs there
// can be several of different welfare; as DERs get smaller, their welfare tends
// to that of the joint program.
type Large struct {
	Parts  int `json:"parts"`  // r
	States int `json:"states"` // of all DERs
	Nash   int `json:"nash"`
	// Best and Worst are the welfare of the best state and of the best and the
	// worst Nash state, in units of the objective; the last two are 0 if there
	// is no Nash state.
	Best      float64 `json:"best"`
	BestNash  float64 `json:"best_nash"`
	WorstNash float64 `json:"worst_nash"`
}

// LargeSize returns the numbers of programs and of states of [Problem.Large]: V
// (r+1)^K, and C(r+V, V)^K for the splits of r DERs among V VPPs and the
// outside option.
func (p Problem) LargeSize(parts int) (programs, states float64) {
	k, v := float64(len(p.Fleets)), float64(len(p.VPPs))
	splits := 1.0
	for i := 1.0; i <= v; i++ {
		splits *= (float64(parts) + i) / i
	}
	return v * math.Pow(float64(parts)+1, k), math.Pow(math.Round(splits), k)
}

// Large enumerates all states of r large DERs per class. It solves the program
// of each VPP with each number of them, integers relaxed, several at a time. It
// returns an error for more than [MaxLargePrograms] programs or
// [MaxLargeStates] states.
func (p Problem) Large(ctx context.Context, solver milp.Solver, parts, workers int) (*Large, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	bad := faults.List{Prefix: "fleet: large DERs: "}
	bad.Require(parts >= 1, "%d parts of a class, want at least 1", parts)
	if programs, states := p.LargeSize(parts); parts >= 1 {
		bad.Require(programs <= MaxLargePrograms && states <= MaxLargeStates, "%g programs and %g states, want at most %d and %d; give fewer parts",
			programs, states, MaxLargePrograms, MaxLargeStates)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	all, err := p.coalitions(p.room)
	if err != nil {
		return nil, err
	}
	x := &large{problem: p, parts: parts, value: make([][]float64, len(all))}
	size := 1 // of the coalitions of a VPP
	for range p.Fleets {
		x.step = append(x.step, size)
		size *= parts + 1
	}
	var jobs []func() error
	for v, part := range all {
		x.value[v] = make([]float64, size)
		for c := range size {
			jobs = append(jobs, func() error {
				shares := make([]float64, len(p.Fleets))
				for k := range shares {
					shares[k] = float64(c/x.step[k]%(parts+1)) / float64(parts) * p.count(k) / p.room(k)
				}
				var err error
				if x.value[v][c], err = part.value(ctx, solver, shares); infeasible(err) {
					x.value[v][c], err = math.Inf(-1), nil
				}
				if err != nil {
					return fmt.Errorf("large DERs: %w", err)
				}
				return nil
			})
		}
	}
	if err := parallel.Run(max(1, workers), jobs); err != nil {
		return nil, err
	}
	out := &Large{Parts: parts, Best: math.Inf(-1), BestNash: math.Inf(-1), WorstNash: math.Inf(1)}
	x.splits(0, make([]int, len(all)), make([]int, len(p.Fleets)), out)
	if out.Nash == 0 {
		out.BestNash, out.WorstNash = 0, 0
	}
	return out, nil
}

// large has the values of all coalitions of large DERs. A coalition is the
// number Σ_k n_k (r+1)^k.
type large struct {
	problem Problem
	parts   int
	step    []int       // (r+1)^k
	value   [][]float64 // per VPP and coalition, −Inf if it cannot run
}

// splits visits each split of the classes from k on: coalitions are those of
// the VPPs so far, and outside the DERs in none.
func (x *large) splits(k int, coalitions, outside []int, out *Large) {
	if k == len(outside) {
		x.visit(coalitions, outside, out)
		return
	}
	var place func(v, left int)
	place = func(v, left int) {
		if v == len(coalitions) {
			outside[k] = left
			x.splits(k+1, coalitions, outside, out)
			return
		}
		for n := range left + 1 {
			coalitions[v] += n * x.step[k]
			place(v+1, left-n)
			coalitions[v] -= n * x.step[k]
		}
	}
	place(0, x.parts)
}

// visit counts a state, and tests whether a DER gains by moving.
func (x *large) visit(coalitions, outside []int, out *Large) {
	welfare := 0.0
	for k, n := range outside {
		welfare += float64(n) * x.own(k)
	}
	for v, c := range coalitions {
		welfare += x.value[v][c]
	}
	out.States++
	if math.IsInf(welfare, -1) {
		return
	}
	out.Best = max(out.Best, welfare)
	tolerance := 1e-9 * max(1, math.Abs(welfare))
	for k := range outside {
		for from := nowhere; from < len(coalitions); from++ {
			here := x.own(k)
			switch {
			case from == nowhere && outside[k] == 0:
				continue
			case from != nowhere:
				c := coalitions[from]
				if c/x.step[k]%(x.parts+1) == 0 {
					continue
				}
				here = x.value[from][c] - x.value[from][c-x.step[k]]
			}
			if from != nowhere && x.own(k) > here+tolerance {
				return
			}
			for to, c := range coalitions {
				// A class has a DER elsewhere, so that the coalition with one
				// more exists.
				if to != from && x.value[to][c+x.step[k]]-x.value[to][c] > here+tolerance {
					return
				}
			}
		}
	}
	out.Nash++
	out.BestNash, out.WorstNash = max(out.BestNash, welfare), min(out.WorstNash, welfare)
}

// own returns the payoff of one large DER of class k outside of all VPPs.
func (x *large) own(k int) float64 {
	return x.problem.outside(k) * x.problem.count(k) / float64(x.parts)
}
