package fleet

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// answerer is one DER and the way in which it answers the prices of each VPP. A
// DER that responds answers in about a microsecond per scenario, and a program
// takes about a millisecond.
type answerer struct {
	unit      der.DER
	responder der.Responder
	stores    int            // its probe: 1 for stores
	context   []*der.Context // per VPP
	program   []*alone       // per VPP: nil if the DER responds
}

// alone is the program of one DER, with its terms, which become the objective
// at each price.
type alone struct {
	model *milp.Model
	terms []der.Terms
}

// answerers returns all DERs. A DER whose program has integers has no answers
// that prove a bound for a split, and is refused. Stores may inject and
// withdraw at once in a VPP that does not exclude a negative marginal value;
// relaxed has the names of these VPPs.
func (p *Distinct) answerers(contexts []der.Context) (out []answerer, relaxed []string, err error) {
	bad := faults.List{Prefix: "fleet: "}
	var (
		loose = make([]bool, len(contexts))
		bound = make([]*der.Context, len(contexts))
		free  = make([]*der.Context, len(contexts)) // without the rule against both at once
	)
	for v := range contexts {
		bound[v] = &contexts[v]
		copied := contexts[v]
		copied.MinMarginalValues = slices.Repeat([]float64{math.Inf(1)}, copied.Steps())
		free[v] = &copied
	}
	out = make([]answerer, len(p.DERs))
	for i, d := range p.DERs {
		x := &out[i]
		x.unit = d
		if store, ok := der.As[der.Storer](d); ok && store.StoresElectricity() {
			x.stores = 1
		}
		x.responder, _ = d.(der.Responder)
		x.context, x.program = make([]*der.Context, len(contexts)), make([]*alone, len(contexts))
		for v := range contexts {
			x.context[v] = bound[v]
			if x.responder != nil && x.responder.Responds(*bound[v]) {
				continue
			}
			// The rule against both at once is no convex one. Without it a
			// store has more schedules, so that a bound stays a bound.
			if _, ok := der.As[der.Overlapper](d); ok {
				x.context[v] = free[v]
				loose[v] = true
				if x.responder != nil && x.responder.Responds(*free[v]) {
					continue
				}
			}
			m := milp.New()
			x.program[v] = &alone{m, d.Model(m, milp.Const(1), *x.context[v])}
			if m.Integers() > 0 {
				bad.Addf("DER %q of type %T has %d integers; want DERs with convex schedules, such as a storage without StartsPerDay, "+
					"or a der.Fleet of equal ones in Problem", d.Name(), d, m.Integers())
				break
			}
			// Tangents bound a convex cost from below, and would make a value
			// too good.
			for s := range x.program[v].terms {
				if len(x.program[v].terms[s].Convex) > 0 {
					bad.Addf("DER %q of type %T has a convex cost; want piecewise-linear costs, such as der.Thermal.Pieces", d.Name(), d)
					break
				}
			}
		}
	}
	for v, is := range loose {
		if is {
			relaxed = append(relaxed, p.VPPs[v].Name)
		}
	}
	return out, relaxed, bad.Err()
}

// limits returns the largest sums of the absolute values of the ports of all
// DERs, per probe. They bound the sums of the members of each VPP, for all
// splits.
func (p *Distinct) limits(ctx context.Context, solver milp.Solver, all []answerer) ([2]*amounts, error) {
	var (
		set = p.Setting.Set
		out [2]*amounts
	)
	for k := range out {
		out[k] = newAmounts(set.Len(), set.Steps())
	}
	for i := range all {
		x := &all[i]
		for s := range set.Len() {
			// The limits follow from data that do not depend on the VPP.
			var most der.Ports
			if x.program[0] == nil {
				most = x.responder.Limits(*x.context[0], s)
			} else {
				var err error
				if most, err = x.program[0].limits(ctx, solver, s); err != nil {
					return out, fmt.Errorf("fleet: DER %q: %w", x.unit.Name(), err)
				}
			}
			out[x.stores].add(s, &most)
		}
	}
	return out, nil
}

// limits returns bounds of the ports from those of the columns, or by the
// program if rows limit them.
func (x *alone) limits(ctx context.Context, solver milp.Solver, s int) (der.Ports, error) {
	var failed error
	most := func(e milp.Expr) float64 {
		lower, upper := e.Range()
		bound := max(math.Abs(lower), math.Abs(upper))
		if !math.IsInf(bound, 0) || failed != nil {
			return bound
		}
		bound = 0
		for _, sign := range []float64{1, -1} {
			m := x.model.Copy()
			m.Maximize(copied(m, e, sign))
			found, err := solved(ctx, solver, m, "the largest amount of a port")
			if err != nil {
				failed = err
				return 0
			}
			bound = max(bound, math.Abs(found.Bound))
		}
		return bound * (1 + 1e-6) // the tolerance of a solver
	}
	each := func(exprs []milp.Expr) []float64 {
		out := make([]float64, len(exprs))
		for t, e := range exprs {
			out[t] = most(e)
		}
		return out
	}
	t := &x.terms[s]
	return der.Ports{
		Injected: each(t.Injected), Withdrawn: each(t.Withdrawn), Reduced: each(t.Reduced),
		Heat: each(t.Heat), Gas: each(t.Gas), Reserve: each(t.Reserve),
		Emission: each(t.Emission), Allowance: each(t.Allowance), CO2: each(t.CO2),
		Renewable: each(t.Renewable), Available: each(t.Available), Conventional: each(t.Conventional),
		Cost: most(t.Cost),
	}, failed
}

// copied returns a multiple of an expression in a copy of its model.
func copied(m *milp.Model, e milp.Expr, factor float64) milp.Expr {
	out := milp.Const(factor * e.Constant())
	for c, f := range e.Terms {
		out.Add(m.VarAt(c.Index()).Times(factor * f))
	}
	return out
}

// answer returns the best value of a DER at the prices of VPP v, over all
// scenarios. If use is not nil, it receives the schedule of each scenario,
// which is valid until use returns.
func (x *answerer) answer(ctx context.Context, solver milp.Solver, v int, prices tariff, scratch *der.Ports, use func(s int, p *der.Ports)) (float64, error) {
	worth := 0.0
	at := prices[x.stores]
	if x.program[v] == nil {
		for s := range at {
			if use == nil {
				worth += x.responder.Answer(&at[s], *x.context[v], s, nil)
				continue
			}
			worth += x.responder.Answer(&at[s], *x.context[v], s, scratch)
			use(s, scratch)
		}
		if math.IsNaN(worth) || math.IsInf(worth, 0) {
			return 0, fmt.Errorf("fleet: DER %q answers with %v: it has no schedule; correct its data", x.unit.Name(), worth)
		}
		return worth, nil
	}
	// The program is shared by all prices, so that each answer has a copy of
	// its own.
	var value milp.Expr
	m := x.program[v].model.Copy()
	for s := range at {
		t := &x.program[v].terms[s]
		for k, price := range pricesOf(&at[s]) {
			for step, e := range *termsOf(t)[k] {
				value.Add(copied(m, e, (*price)[step]))
			}
		}
		value.Add(copied(m, t.Cost, at[s].Cost))
	}
	m.Maximize(value)
	found, err := solved(ctx, solver, m, fmt.Sprintf("the answer of DER %q", x.unit.Name()))
	if err != nil {
		return 0, err
	}
	if use != nil {
		for s, p := range der.Realise(x.program[v].terms, found.Values) {
			use(s, &p)
		}
	}
	// The bound of the solver proves more than its value.
	return max(found.Objective, found.Bound), nil
}

// inParallel calls do for 0 … n−1 on all cores and returns the first error.
// Each call writes to its own results, so that the number of cores changes no
// bit of them.
func inParallel(n int, do func(i int) error) error {
	var (
		wait  sync.WaitGroup
		next  atomic.Int64
		mutex sync.Mutex
		first error
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					mutex.Lock()
					if first == nil {
						first = err
					}
					mutex.Unlock()
					return
				}
			}
		})
	}
	wait.Wait()
	return first
}

// answers returns π_iv, the best value of each DER in each VPP at the prices of
// the VPP.
func (x *population) answers(ctx context.Context, prices []tariff) ([][]float64, error) {
	out := make([][]float64, len(x.all))
	err := x.each(ctx, func(i int) (err error) {
		out[i] = make([]float64, len(prices))
		for v := range prices {
			if out[i][v], err = x.all[i].answer(ctx, x.solver, v, prices[v], nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// answersIn returns π_iv in one VPP.
func (x *population) answersIn(ctx context.Context, v int, prices tariff) ([]float64, error) {
	out := make([]float64, len(x.all))
	err := x.each(ctx, func(i int) (err error) {
		out[i], err = x.all[i].answer(ctx, x.solver, v, prices, nil, nil)
		return err
	})
	return out, err
}

// each calls do for each DER, on all cores.
func (x *population) each(ctx context.Context, do func(i int) error) error {
	const chunk = 64 // DERs per call, so that goroutines seldom meet
	return inParallel((len(x.all)+chunk-1)/chunk, func(c int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := c * chunk; i < min(len(x.all), (c+1)*chunk); i++ {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	})
}
