package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// outwards is the relative rounding of bounds, for the error of sums. It is
// assumed. The tolerance of the solver is not part of it.
const outwards = 1e-9

// Certificate bounds the distance of a split from the best one, and the gain of
// a DER that moves. It holds for any prices at which the value of each VPP is
// finite; those of the equilibrium make it tight.
//
// With prices y, G_vq the best value of VPP v if it trades at y instead of
// having members, and π_kv the best answer of one DER of class k to the prices
// of v:
//
//	max potential ≤ Σ_v Σ_q G_vq(y) + Σ_k N_k max(u_k, max_v π_kv)      weak duality
//	π_kv = Σ_q w_q max_{x in X_k} [value of x at y_vq − cost of x]
//
// The payoffs are those at the prices y. If y are not duals of the split,
// marginal values differ from them by at most Slack, because V_v(n') ≤ V_v(n) +
// π_v (n' − n) + ε_v with Σ_v ε_v = Slack, where V_v is the potential of v:
//
//	gain of one DER that moves ≤ Regret + Slack
//
// For example, Regret 0 beside a Slack of 20 proves that no DER gains more than
// 20, not that none gains.
//
// Source: Bertsekas, Constrained Optimization and Lagrange Multiplier Methods
// (1982), chapter 5.
type Certificate struct {
	Value float64 // potential of the split; under [Marginal] its welfare
	Bound float64 // no split has a larger potential, rounded up
	Gap   float64 // Bound − Value, at least 0
	Empty float64 // potential if all DERs stay outside; −Inf if a VPP cannot run without members
	Gain  float64 // Value − Empty

	Welfare float64 // Σ_v J_v of the split, and the payoffs of the DERs outside
	// WelfareBound: no split of whole DERs, with their integers, has a larger
	// welfare. Rounded up.
	WelfareBound float64

	// Payoff is π_kv, the payoff that one DER of a class can reach in a VPP,
	// per VPP and class.
	Payoff [][]float64
	// Regrets is the gain at the prices of one DER that moves to its best
	// choice, per VPP and class, at least 0. It matters where Members has DERs.
	Regrets [][]float64
	// OutsideRegrets is the same for a DER outside, per class.
	OutsideRegrets []float64
	// Regret is the largest one of a DER in its place, per DER.
	Regret float64
	// TotalRegret is the sum over all DERs. It is a part of Gap.
	TotalRegret float64
	// Slack is Gap − TotalRegret, at least 0: the error of the prices as
	// marginal values of the split. At the duals of an optimal split it is 0,
	// up to the tolerance of the solver.
	Slack float64
}

// Verify computes the certificate of a split and prices from the data alone. It
// uses Members and Duals of the equilibrium, no other field. Answers are optima
// of the program of a class, or of one DER with its integers.
//
// Value, Bound, Welfare and the payoffs are those of the game in which integers
// are relaxed, and in which an [der.Overlapper] may feed in and withdraw at
// once. WelfareBound has the answers of DERs with their integers, and
// [Problem.Round] the welfare of whole DERs. The numbers are those of the
// solver, with its tolerances.
func (p Problem) Verify(ctx context.Context, solver milp.Solver, e *Equilibrium) (*Certificate, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	all, err := p.coalitions(p.room)
	if err != nil {
		return nil, err
	}
	one, err := p.coalitions(func(int) float64 { return 1 })
	if err != nil {
		return nil, err
	}
	if err := p.fits(e, all); err != nil {
		return nil, err
	}
	for v := range all {
		if err := all[v].sameRows(one[v]); err != nil {
			return nil, fmt.Errorf("fleet: VPP %q: %w", p.VPPs[v].Name, err)
		}
	}
	var (
		x     = &Certificate{}
		whole [][]float64 // answers at the last node, as marginal values
		parts = make([]certified, len(all))
		errs  = make([]error, len(all))
		group sync.WaitGroup
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for v := range all {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			parts[v], errs[v] = p.certify(ctx, solver, v, all[v], one[v], e)
		})
	}
	group.Wait()
	// Sums in the order of VPPs do not depend on the number of cores.
	for v, part := range parts {
		if errs[v] != nil {
			return nil, errs[v]
		}
		x.Bound += part.bound
		x.WelfareBound += part.welfareBound
		x.Value += part.value
		x.Empty += part.empty
		x.Welfare += part.welfare
		x.Payoff = append(x.Payoff, part.answers)
		whole = append(whole, part.whole)
	}
	x.choices(p, e, whole)
	x.Bound += outwards * max(1, math.Abs(x.Bound))
	x.WelfareBound += outwards * max(1, math.Abs(x.WelfareBound))
	x.Gap, x.Gain = max(0, x.Bound-x.Value), x.Value-x.Empty
	x.Slack = max(0, x.Gap-x.TotalRegret)
	return x, nil
}

// certified has the sums of a [Certificate] that belong to one VPP.
type certified struct {
	bound, welfareBound   float64 // of the VPP that trades at the prices
	value, empty, welfare float64
	answers, whole        []float64 // per class, relaxed and with integers
}

// certify computes the part of VPP v in a certificate. all has many DERs of
// each class at the share 1, and one a single one.
func (p Problem) certify(ctx context.Context, solver milp.Solver, v int, all, one *coalition, e *Equilibrium) (certified, error) {
	var (
		at, weight = p.rule().Nodes()
		last       = len(at) - 1
		x          = certified{answers: make([]float64, len(p.Fleets)), whole: make([]float64, len(p.Fleets)), welfare: math.NaN()}
	)
	for q, t := range at {
		factor := weight[q] / t
		free, err := all.trading(ctx, solver, e.Duals[v][q], factor)
		if errors.Is(err, milp.ErrUnbounded) {
			err = fmt.Errorf("%w; the Duals of VPP %q prove no bound: use those of the equilibrium", err, p.VPPs[v].Name)
		}
		if err != nil {
			return x, err
		}
		x.bound += free
		if q == last {
			x.welfareBound += free / factor
		}
		for k := range p.Fleets {
			// The answer of the class: one of a million DERs can be below the
			// tolerance of a solver.
			answer, err := all.answer(ctx, solver, k, e.Duals[v][q], factor, false)
			if err != nil {
				return x, err
			}
			answer /= p.room(k)
			x.answers[k] += t * answer
			if q != last {
				continue
			}
			if one.whole[k] {
				whole, err := one.answer(ctx, solver, k, e.Duals[v][q], factor, true)
				if err != nil {
					return x, err
				}
				answer = min(answer, whole)
			}
			x.whole[k] = answer / factor
		}
		value, err := all.value(ctx, solver, p.shares(e.Members[v], t))
		if err != nil {
			return x, err
		}
		x.value += factor * value
		if t == 1 { // the node of marginal sharing
			x.welfare = value
		}
		empty, err := all.value(ctx, solver, p.shares(e.Members[v], 0))
		switch {
		case errors.Is(err, milp.ErrInfeasible):
			empty = math.Inf(-1) // the VPP needs members, which is no error of the split
		case err != nil:
			return x, err
		}
		x.empty += factor * empty
	}
	if math.IsNaN(x.welfare) {
		welfare, err := all.value(ctx, solver, p.shares(e.Members[v], 1))
		if err != nil {
			return x, err
		}
		x.welfare = welfare
	}
	return x, nil
}

// choices adds the best choice of each class to the bounds, and sets the
// regrets.
func (x *Certificate) choices(p Problem, e *Equilibrium, whole [][]float64) {
	const used = 1e-9 // share of a class that counts as none
	x.Regrets = make([][]float64, len(p.VPPs))
	for k := range p.Fleets {
		best, marginal := p.outside(k), p.outside(k)
		outside := p.count(k)
		for v := range p.VPPs {
			best, marginal = max(best, x.Payoff[v][k]), max(marginal, whole[v][k])
			outside -= e.Members[v][k]
		}
		outside = max(0, outside)
		x.Bound += p.count(k) * best
		x.WelfareBound += p.count(k) * marginal
		x.Value += outside * p.outside(k)
		x.Welfare += outside * p.outside(k)
		x.Empty += p.count(k) * p.outside(k)
		place := func(many, payoff float64) float64 {
			regret := best - payoff
			x.TotalRegret += many * regret
			if many > used*p.count(k) {
				x.Regret = max(x.Regret, regret)
			}
			return regret
		}
		for v := range p.VPPs {
			x.Regrets[v] = append(x.Regrets[v], place(e.Members[v][k], x.Payoff[v][k]))
		}
		x.OutsideRegrets = append(x.OutsideRegrets, place(outside, p.outside(k)))
	}
}

// fits returns an error if the equilibrium has other dimensions than the
// problem, or members that do not exist.
func (p Problem) fits(e *Equilibrium, parts []*coalition) error {
	bad := faults.List{Prefix: "fleet: equilibrium: "}
	if e == nil {
		bad.Addf("it is nil, want the result of Solve")
		return bad.Err()
	}
	nodes, _ := p.rule().Nodes()
	if len(e.Members) != len(p.VPPs) || len(e.Duals) != len(p.VPPs) {
		bad.Addf("it has Members of %d and Duals of %d VPPs, want %d", len(e.Members), len(e.Duals), len(p.VPPs))
		return bad.Err()
	}
	sum := make([]float64, len(p.Fleets))
	for v := range p.VPPs {
		if len(e.Members[v]) != len(p.Fleets) || len(e.Duals[v]) != len(nodes) {
			bad.Addf("VPP %q has %d classes and %d nodes, want %d and %d", p.VPPs[v].Name, len(e.Members[v]), len(e.Duals[v]), len(p.Fleets), len(nodes))
			continue
		}
		for q, y := range e.Duals[v] {
			bad.Require(len(y) == len(parts[v].rows), "VPP %q, node %d: %d duals, want one for each of %d rows", p.VPPs[v].Name, q, len(y), len(parts[v].rows))
			for i := range y {
				if math.IsNaN(y[i]) || math.IsInf(y[i], 0) {
					bad.Addf("VPP %q, node %d: the dual of row %d is %v, want a number", p.VPPs[v].Name, q, i, y[i])
				}
			}
		}
		for k, n := range e.Members[v] {
			bad.Require(n >= 0, "VPP %q has %v DERs of class %q, want at least 0", p.VPPs[v].Name, n, p.Fleets[k].Name())
			sum[k] += n
		}
	}
	for k, n := range sum {
		bad.Require(n <= p.count(k)*(1+1e-12), "class %q has %v DERs in VPPs, want at most %v", p.Fleets[k].Name(), n, p.count(k))
	}
	return bad.Err()
}

// sameRows returns an error if the program of one DER per class has other rows:
// prices belong to rows by number. A kind must not add rows for many DERs only.
func (x *coalition) sameRows(one *coalition) error {
	for i := range max(len(x.rows), len(one.rows)) {
		if i >= len(x.rows) || i >= len(one.rows) || x.model.RowAt(i).Name() != one.model.RowAt(i).Name() {
			return fmt.Errorf("the program of one DER per class differs from that of many in row %d; a kind must have the same rows for each number", i)
		}
	}
	return nil
}

// shares returns t times the members of a VPP as shares of their classes.
func (p Problem) shares(members []float64, t float64) []float64 {
	out := make([]float64, len(members))
	for k, n := range members {
		out[k] = min(1, t*n/p.room(k))
	}
	return out
}

// value returns J_v at fixed shares, with integers relaxed.
func (x *coalition) value(ctx context.Context, solver milp.Solver, shares []float64) (float64, error) {
	s, err := solved(ctx, solver, x.at(shares).Relaxed(), "a VPP with its members")
	if err != nil {
		return 0, err
	}
	return s.Objective, nil
}

// at returns a copy of the program with fixed shares.
func (x *coalition) at(shares []float64) *milp.Model {
	m := x.model.Copy()
	for k, z := range shares {
		m.Fix(m.VarAt(x.share[k]), z)
	}
	return m
}

// trading returns G: the best value of a VPP whose rows have free amounts g_i
// in place of the terms of its members,
//
//	max factor c x + Σ_i y_i g_i      lower_i ≤ A_i x + g_i ≤ upper_i,  g within the bounds of the terms
//
// The bounds of g follow from those of the columns of all members and from
// their rows. They keep the value finite if prices are slightly wrong, as those
// of an interior point are.
func (x *coalition) trading(ctx context.Context, solver milp.Solver, y []float64, factor float64) (float64, error) {
	var (
		d         = x.data
		m         = milp.New()
		columns   = make([]milp.Var, x.model.Vars())
		objective = milp.Const(factor * d.Constant)
		low, high = x.impliedBounds()
	)
	for j, owner := range x.owner {
		if owner < 0 {
			columns[j] = m.Var(x.model.VarAt(j).Name(), d.Lower[j], d.Upper[j])
			objective.Add(columns[j].Times(factor * d.Cost[j]))
		}
	}
	for i, owner := range x.rows {
		if owner >= 0 {
			continue
		}
		var (
			sum          milp.Expr
			lower, upper float64
			joined       bool
		)
		for e := d.RowStart[i]; e < d.RowStart[i+1]; e++ {
			j, a := d.Column[e], d.Coefficient[e]
			if x.owner[j] < 0 {
				sum.Add(columns[j].Times(a))
				continue
			}
			joined = true
			lower += min(a*low[j], a*high[j])
			upper += max(a*low[j], a*high[j])
		}
		name := x.model.RowAt(i).Name()
		if joined {
			traded := m.Var(milp.At("", fmt.Sprintf("traded_%d", i)), lower, upper)
			sum.Add(traded.Expr())
			objective.Add(traded.Times(y[i]))
		}
		limited(m, name, d.RowLower[i], sum, d.RowUpper[i])
	}
	m.Maximize(objective)
	s, err := solved(ctx, solver, m, "a VPP that trades at the prices")
	if err != nil {
		return 0, err
	}
	return max(s.Objective, s.Bound), nil
}

// impliedBounds returns bounds of all columns. An infinite bound of a member's
// column is replaced by the one that a row of the member implies. For example,
// output − 6 share ≤ 0 with a share of at most 1 implies output ≤ 6.
//
// Source: Brearley, Mitra, Williams, "Analysis of mathematical programming
// problems prior to applying the simplex algorithm", Math. Program. 8 (1975)
// 54.
func (x *coalition) impliedBounds() (low, high []float64) {
	const rounds = 8 // a bound can follow from one that was found before
	d := x.data
	low, high = slices.Clone(d.Lower), slices.Clone(d.Upper)
	for range rounds {
		changed := false
		for i, owner := range x.rows {
			if owner < 0 {
				continue
			}
			entries := func(use func(j int, a float64)) {
				for e := d.RowStart[i]; e < d.RowStart[i+1]; e++ {
					use(int(d.Column[e]), d.Coefficient[e])
				}
			}
			entries(func(j int, a float64) {
				if a == 0 || !math.IsInf(low[j], -1) && !math.IsInf(high[j], 1) {
					return
				}
				least, most := 0.0, 0.0 // of the other terms
				entries(func(k int, b float64) {
					if k != j {
						least += min(b*low[k], b*high[k])
						most += max(b*low[k], b*high[k])
					}
				})
				from, to := (d.RowLower[i]-most)/a, (d.RowUpper[i]-least)/a
				if a < 0 {
					from, to = to, from
				}
				if math.IsInf(low[j], -1) && from > low[j] {
					low[j], changed = from-outwards*max(1, math.Abs(from)), true
				}
				if math.IsInf(high[j], 1) && to < high[j] {
					high[j], changed = to+outwards*max(1, math.Abs(to)), true
				}
			})
		}
		if !changed {
			break
		}
	}
	return low, high
}

// answer returns the best answer of class k at the share 1 to prices, from its
// part of the program:
//
//	max factor c x − Σ_i y_i A_i x       x in X_k
//
// Without whole its integers are relaxed.
func (x *coalition) answer(ctx context.Context, solver milp.Solver, k int, y []float64, factor float64, whole bool) (float64, error) {
	var (
		d         = x.data
		m         = milp.New()
		columns   = make([]milp.Expr, x.model.Vars())
		objective milp.Expr
	)
	for j, owner := range x.owner {
		if owner != k {
			continue
		}
		name := x.model.VarAt(j).Name()
		switch {
		case j == x.share[k]:
			columns[j] = milp.Const(1)
		case whole && d.Integer[j]:
			columns[j] = m.Int(name, d.Lower[j], d.Upper[j]).Expr()
		default:
			columns[j] = m.Var(name, d.Lower[j], d.Upper[j]).Expr()
		}
		objective.Add(columns[j].Times(factor * d.Cost[j]))
	}
	for i, owner := range x.rows {
		if owner >= 0 && owner != k {
			continue
		}
		var sum milp.Expr
		for e := d.RowStart[i]; e < d.RowStart[i+1]; e++ {
			if x.owner[d.Column[e]] == k {
				sum.Add(columns[d.Column[e]].Times(d.Coefficient[e]))
			}
		}
		if owner < 0 {
			objective.Add(sum.Times(-y[i]))
			continue
		}
		constant := milp.Const(sum.Constant())
		limited(m, x.model.RowAt(i).Name(), d.RowLower[i]-constant.Constant(), sum.Minus(constant), d.RowUpper[i]-constant.Constant())
	}
	m.Maximize(objective)
	s, err := solved(ctx, solver, m, "the answer of a DER to the prices")
	if err != nil {
		return 0, err
	}
	return max(s.Objective, s.Bound), nil
}
