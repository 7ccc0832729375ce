package decompose

import (
	"context"
	"math"
	"slices"
)

// node is a part of the tree: the bounds of the first stage that its branches changed, and a lower
// bound of its relaxation.
type node struct {
	limits []limit
	bound  float64
	centre point // of its parent
}

// limit is the range of one integer of the first stage.
type limit struct {
	place        int
	lower, upper float64
}

// tree is the state of branch and bound.
type tree struct {
	*run
	lower, upper []float64
	allowed      func(float64) float64
	open         []node
	best         point
	gain         [2][]float64 // sum of the increases of the bound per branch, down and up
	tried        [2][]float64
}

// Numbers of the search.
const (
	nodeSteps = 4 // evaluations at a node before it is branched
	integral  = 1e-6

	// maxNodes ends a search that a loose relaxation makes long. The program is then solved whole.
	maxNodes = 1000
)

// search solves the program by branch and bound above the relaxation. Cuts hold at every node. A
// node is evaluated a few times and then branched: exact bounds of nodes that are branched anyway
// are not needed. Nodes are taken by their bound; the child that the relaxation prefers follows its
// parent at once.
func (x *run) search(ctx context.Context, lower, upper []float64, relaxed point, bound float64, allowed func(float64) float64) (point, float64, error) {
	t := &tree{run: x, lower: lower, upper: upper, allowed: allowed, best: point{cost: math.Inf(1)}}
	for side := range 2 {
		t.gain[side], t.tried[side] = make([]float64, len(lower)), make([]float64, len(lower))
	}
	next := &node{bound: bound, centre: relaxed}
	for {
		if t.nodes >= maxNodes {
			return t.best, bound, errUndecided
		}
		if next == nil {
			if next = t.take(); next == nil {
				break
			}
		}
		var err error
		if next, err = t.visit(ctx, *next); err != nil {
			return t.best, bound, err
		}
	}
	low := t.best.cost
	for _, n := range t.open {
		low = min(low, n.bound)
	}
	x.solver.trace("tree: %d nodes, %d steps, %d cuts, best %.4f bound %.4f", x.nodes, x.steps, len(x.master.cuts), t.best.cost, low)
	return t.best, low, nil
}

// target returns the bound from which on a node holds no better solution.
func (t *tree) target() float64 {
	if math.IsInf(t.best.cost, 1) {
		return math.Inf(1)
	}
	return t.best.cost - t.allowed(t.best.cost)
}

// take removes the open node with the lowest bound, or returns nil if none can be better.
func (t *tree) take() *node {
	if len(t.open) == 0 {
		return nil
	}
	at := 0
	for k := range t.open {
		if t.open[k].bound < t.open[at].bound {
			at = k
		}
	}
	if t.open[at].bound >= t.target() {
		return nil
	}
	n := t.open[at]
	t.open = slices.Delete(t.open, at, at+1)
	return &n
}

// visit evaluates a node and branches it. It returns the child to visit next, or nil.
func (t *tree) visit(ctx context.Context, n node) (*node, error) {
	t.nodes++
	lower, upper := slices.Clone(t.lower), slices.Clone(t.upper)
	for _, l := range n.limits {
		lower[l.place], upper[l.place] = l.lower, l.upper
	}
	steps := nodeSteps
	for {
		target := t.target()
		tolerance := t.allowed(n.centre.cost) / 8
		found, free, bound, err := t.converge(ctx, lower, upper, point{n.centre.at, math.Inf(1)}, tolerance, target, steps)
		if err != nil {
			return nil, err
		}
		t.learn(n, bound)
		t.solver.trace("  node %d depth %d bound %.4f cost %.4f best %.4f steps %d", t.nodes, len(n.limits), bound, found.cost, t.best.cost, t.steps)
		n.bound = max(n.bound, bound)
		if t.whole(found.at) && found.cost < t.best.cost {
			t.best = found
		}
		if n.bound >= t.target() {
			if !math.IsInf(n.bound, 1) {
				t.open = append(t.open, n) // its bound counts at the end
			}
			return nil, nil
		}
		if free == nil {
			free = found.at
		}
		if at := t.branching(free, found.at); at >= 0 {
			return t.branch(n, at, free[at], found), nil
		}
		if steps >= maxSteps {
			return nil, errUndecided
		}
		// All integers are whole in the model: only more evaluations raise its bound.
		steps *= 4
		if !math.IsInf(found.cost, 1) {
			n.centre = found
		}
	}
}

// learn records the increase of the bound by the last branch of a node.
func (t *tree) learn(n node, bound float64) {
	if len(n.limits) == 0 || math.IsInf(bound, 0) {
		return
	}
	l := n.limits[len(n.limits)-1]
	side := 0
	if l.lower > t.lower[l.place] {
		side = 1
	}
	t.gain[side][l.place] += max(0, bound-n.bound)
	t.tried[side][l.place]++
}

// whole reports whether all integers of a point are whole.
func (t *tree) whole(at []float64) bool {
	for k, j := range t.split.first {
		if t.recourse.data.Integer[j] && math.Abs(at[k]-math.Round(at[k])) > integral {
			return false
		}
	}
	return true
}

// branching returns the integer to branch on, or −1 if all are whole in the model: the one with the
// largest product of the mean gains of both sides.
func (t *tree) branching(free, found []float64) int {
	at, most := -1, -1.0
	mean := func(side, k int) float64 {
		if t.tried[side][k] == 0 {
			return 1
		}
		return max(t.gain[side][k]/t.tried[side][k], 1e-3)
	}
	for k, j := range t.split.first {
		if !t.recourse.data.Integer[j] {
			continue
		}
		f := free[k] - math.Floor(free[k])
		if f <= integral || f >= 1-integral {
			continue
		}
		if score := mean(0, k) * mean(1, k) * min(f, 1-f); score > most {
			at, most = k, score
		}
	}
	return at
}

// branch opens the two children of a node at an integer with the value v and returns the nearer
// one.
func (t *tree) branch(n node, at int, v float64, found point) *node {
	lower, upper := t.lower[at], t.upper[at]
	for _, l := range n.limits {
		if l.place == at {
			lower, upper = l.lower, l.upper
		}
	}
	child := func(lower, upper float64) node {
		return node{append(slices.Clone(n.limits), limit{at, lower, upper}), n.bound, found}
	}
	down, up := child(lower, math.Floor(v)), child(math.Ceil(v), upper)
	if v-math.Floor(v) > 0.5 {
		down, up = up, down
	}
	t.open = append(t.open, up)
	return &down
}
