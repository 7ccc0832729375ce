package decompose

import (
	"context"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// master is the program of the first stage with a model of the recourse:
//
//	min c x + Σ_g θ_g,   rows of x alone,   θ_g ≥ value_g + slope_g (x − at)   cuts
//
// θ_g is the recourse of the blocks of group g. A cut holds for every x, with integers or without,
// so that all nodes share all cuts.
type master struct {
	split  *split
	data   milp.Data
	sign   float64
	solver milp.Opener

	groups  int
	cuts    []cut
	covered []bool // groups with a cut

	model   *milp.Model
	session milp.Session
	stated  int // cuts with a row in model
}

// cut is a row Σ slope x − θ_group ≤ limit. A group of −1 has no θ: points beyond it are
// infeasible.
type cut struct {
	group int
	slope []float64
	limit float64
	idle  int // consecutive solutions at which the row had no dual
}

// maxGroups bounds the columns θ. More groups are a closer model with more rows.
const maxGroups = 50

// maxIdle is the number of solutions after which a row without a dual is left out.
const maxIdle = 20

// newMaster returns the program without cuts.
func newMaster(x *recourse, solver milp.Opener) *master {
	groups := min(maxGroups, len(x.split.blocks))
	const iterations = 5000 // many times those of an ordinary step
	if limited, ok := solver.(milp.Limited); ok {
		if opener, ok := limited.Limit(milp.Limits{Iterations: iterations}).(milp.Opener); ok {
			solver = opener
		}
	}
	return &master{
		split: x.split, data: x.data, sign: x.sign, solver: solver,
		groups: groups, covered: make([]bool, groups),
	}
}

// add adds the cuts of the answers at a point. theta are the values of θ there, nil for none. It
// returns the recourse, +Inf if a block has no solution, and the number of new cuts.
func (x *master) add(answers []answer, at, theta []float64) (value float64, added int) {
	sums := make([]answer, x.groups)
	for b, a := range answers {
		if a.violated {
			value = math.Inf(1)
			x.cuts = append(x.cuts, x.cutOf(-1, a, at))
			added++
			sums[b%x.groups].violated = true
			continue
		}
		sum := &sums[b%x.groups]
		if sum.slope == nil {
			sum.slope = make([]float64, len(at))
		}
		sum.value += a.value
		for k, v := range a.slope {
			sum.slope[k] += v
		}
	}
	for g, sum := range sums {
		if sum.violated {
			continue
		}
		value += sum.value
		if theta != nil && x.covered[g] && sum.value <= theta[g]+1e-9*max(1, math.Abs(sum.value)) {
			continue
		}
		x.cuts = append(x.cuts, x.cutOf(g, sum, at))
		x.covered[g] = true
		added++
	}
	return value, added
}

// cutOf returns the cut of an answer at a point. A slope that rounding left is replaced by its
// least contribution within the bounds of its column: solvers handle rows badly whose coefficients
// differ by twelve orders of magnitude.
func (x *master) cutOf(group int, a answer, at []float64) cut {
	const rounding = 1e-8
	out := cut{group: group, slope: a.slope, limit: dot(a.slope, at) - a.value}
	largest := 0.0
	for _, v := range a.slope {
		largest = max(largest, math.Abs(v))
	}
	for k, v := range a.slope {
		if v == 0 || math.Abs(v) >= rounding*max(1, largest) {
			continue
		}
		j := x.split.first[k]
		least := min(v*x.data.Lower[j], v*x.data.Upper[j])
		if math.Abs(least) > rounding*max(1, math.Abs(out.limit)) {
			continue // also if it is infinite
		}
		out.slope[k] = 0
		out.limit -= least
	}
	return out
}

// complete reports whether every group has a cut, so that the objective is a bound.
func (x *master) complete() bool {
	for _, covered := range x.covered {
		if !covered {
			return false
		}
	}
	return true
}

// build states the program with the cuts kept.
func (x *master) build(integers bool) *milp.Model {
	m := milp.New()
	var objective milp.Expr
	for k, j := range x.split.first {
		name := milp.At("", "x", k)
		v := milp.Var{}
		if integers && x.data.Integer[j] {
			v = m.Int(name, x.data.Lower[j], x.data.Upper[j])
		} else {
			v = m.Var(name, x.data.Lower[j], x.data.Upper[j])
		}
		objective.Add(v.Times(x.sign * x.data.Cost[j]))
	}
	for g := range x.groups {
		theta := m.Var(milp.At("", "theta", g), math.Inf(-1), math.Inf(1))
		if !x.covered[g] {
			m.Fix(theta, 0)
		}
		objective.Add(theta.Expr())
	}
	m.Minimize(objective)
	for k, i := range x.split.rows {
		var e milp.Expr
		for n := x.data.RowStart[i]; n < x.data.RowStart[i+1]; n++ {
			e.Add(m.VarAt(x.split.place[x.data.Column[n]]).Times(x.data.Coefficient[n]))
		}
		row := m.AtLeast(milp.At("", "row", k), e, milp.Const(0))
		m.SetLimits(row, x.data.RowLower[i], x.data.RowUpper[i])
	}
	for k := range x.cuts {
		x.state(m, k)
	}
	return m
}

// state adds the row of cut k to a model.
func (x *master) state(m *milp.Model, k int) {
	c := &x.cuts[k]
	var e milp.Expr
	for p, v := range c.slope {
		if v != 0 {
			e.Add(m.VarAt(p).Times(v))
		}
	}
	if c.group >= 0 {
		e.Add(m.VarAt(len(x.split.first) + c.group).Times(-1))
	}
	m.AtMost(milp.At("", "cut", k), e, milp.Const(c.limit))
}

// relaxed solves the relaxation within bounds of the first stage.
func (x *master) relaxed(ctx context.Context, lower, upper []float64) (*milp.Solution, error) {
	if idle := x.countIdle(); x.model == nil || idle < 0 {
		x.drop()
		x.close()
		x.model, x.stated = x.build(false), len(x.cuts)
		var err error
		if x.session, err = x.solver.Open(x.model); err != nil {
			return nil, err
		}
	}
	for ; x.stated < len(x.cuts); x.stated++ {
		x.state(x.model, x.stated)
	}
	for g, covered := range x.covered {
		if covered {
			x.model.SetBounds(x.model.VarAt(len(x.split.first)+g), math.Inf(-1), math.Inf(1))
		}
	}
	for k := range x.split.first {
		x.model.SetBounds(x.model.VarAt(k), lower[k], upper[k])
	}
	solution, err := x.session.Solve(ctx)
	if err != nil {
		return nil, err
	}
	if solution.Status == milp.Feasible || solution.Status == milp.NoSolution {
		// The simplex method cycles from some bases. A new session starts without one.
		if err := x.reopen(); err != nil {
			return nil, err
		}
		if solution, err = x.session.Solve(ctx); err != nil {
			return nil, err
		}
	}
	if solution.Status == milp.Optimal {
		for k := range x.cuts {
			if x.cuts[k].idle++; solution.Duals[len(x.split.rows)+k] != 0 {
				x.cuts[k].idle = 0
			}
		}
	}
	return solution, nil
}

// reopen replaces the session by a new one with the same model.
func (x *master) reopen() (err error) {
	if err = x.session.Close(); err == nil {
		x.session, err = x.solver.Open(x.model)
	}
	return err
}

// countIdle returns the number of cuts that relaxed may drop.
func (x *master) countIdle() int {
	idle := 0
	for k := range x.cuts {
		if x.cuts[k].idle > maxIdle {
			idle++
		}
	}
	return idle
}

// drop removes idle cuts. Without them the model is looser and still a bound.
func (x *master) drop() {
	kept := x.cuts[:0]
	for _, c := range x.cuts {
		if c.idle <= maxIdle {
			kept = append(kept, c)
		}
	}
	clear(x.cuts[len(kept):])
	x.cuts = kept
	clear(x.covered)
	for _, c := range x.cuts {
		if c.group >= 0 {
			x.covered[c.group] = true
		}
	}
}

// close releases the session.
func (x *master) close() {
	if x.session != nil {
		x.session.Close()
	}
	x.session, x.model = nil, nil
}

// dot returns Σ a_k b_k.
func dot(a, b []float64) float64 {
	sum := 0.0
	for k, v := range a {
		sum += v * b[k]
	}
	return sum
}
