package dop853

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is a rooted tree, the subtrees hanging from its root. The order
// conditions of Runge-Kutta methods are one equation per tree (Hairer, Nørsett,
// Wanner, section II.2).
type tree []tree

// order is the number of nodes.
func (t tree) order() int {
	n := 1
	for _, sub := range t {
		n += sub.order()
	}
	return n
}

// density is the number of nodes times the densities of the subtrees.
func (t tree) density() float64 {
	d := float64(t.order())
	for _, sub := range t {
		d *= sub.density()
	}
	return d
}

// stages returns, for each stage, the product over the subtrees of Σ_j a_ij
// times their own value.
func (t tree) stages(a [12][12]float64) (value [12]float64) {
	for i := range value {
		value[i] = 1
	}
	for _, sub := range t {
		inner := sub.stages(a)
		for i := range value {
			sum := 0.0
			for j, v := range inner {
				sum += a[i][j] * v
			}
			value[i] *= sum
		}
	}
	return value
}

// weight is Σ_i w_i times the value of the stage.
func (t tree) weight(a [12][12]float64, w [12]float64) (sum float64) {
	for i, v := range t.stages(a) {
		sum += w[i] * v
	}
	return sum
}

func (t tree) String() string {
	parts := make([]string, len(t))
	for i, sub := range t {
		parts[i] = sub.String()
	}
	slices.Sort(parts)
	return "[" + strings.Join(parts, "") + "]"
}

// trees returns the rooted trees of each order up to n, index 0 empty: each
// tree of an order is one of the order below with a leaf added somewhere.
func trees(n int) [][]tree {
	all := [][]tree{nil, {tree{}}}
	for len(all) <= n {
		found := map[string]tree{}
		for _, t := range all[len(all)-1] {
			for _, larger := range t.grow() {
				found[larger.String()] = larger
			}
		}
		var next []tree
		for _, t := range found {
			next = append(next, t)
		}
		all = append(all, next)
	}
	return all
}

// grow returns the trees with one more leaf.
func (t tree) grow() []tree {
	larger := []tree{append(slices.Clone(t), tree{})}
	for i, sub := range t {
		for _, grown := range sub.grow() {
			other := slices.Clone(t)
			other[i] = grown
			larger = append(larger, other)
		}
	}
	return larger
}

func TestThereAreAsManyTreesAsKnown(t *testing.T) {
	// OEIS A000081.
	for order, want := range []int{0, 1, 1, 2, 4, 9, 20, 48, 115, 286} {
		assert.Len(t, trees(9)[order], want, "order %d", order)
	}
}

// TestCoefficientsMeetAllOrderConditions checks Σ b_i Φ_i(τ) = 1/γ(τ) for the
// 200 trees τ up to order 8, and that some of order 9 fails. The embedded error
// estimates vanish on all trees up to the orders of the methods they compare, 5
// and 3, and on no whole order beyond.
func TestCoefficientsMeetAllOrderConditions(t *testing.T) {
	a, b, _ := tableau()
	five := [12]float64{e1, 0, 0, 0, 0, e6, e7, e8, e9, e10, e11, e12}
	three := b
	three[0], three[8], three[11] = b1-bhh1, b9-bhh9, b12-bhh12
	all := trees(9)
	for _, method := range []struct {
		name    string
		weights [12]float64
		order   int
		exact   func(tree) float64
	}{
		{"step", b, 8, func(t tree) float64 { return 1 / t.density() }},
		{"error of order 5", five, 5, func(tree) float64 { return 0 }},
		{"error of order 3", three, 3, func(tree) float64 { return 0 }},
	} {
		worst := 0.0
		for order := 1; order <= method.order+1; order++ {
			worst = 0
			for _, tree := range all[order] {
				miss := tree.weight(a, method.weights) - method.exact(tree)
				worst = max(worst, miss, -miss)
			}
			if order <= method.order {
				require.Less(t, worst, 2e-14, fmt.Sprintf("%s, order %d", method.name, order))
			}
		}
		assert.Greater(t, worst, 1e-7, "%s: the condition itself must be able to fail", method.name)
	}
}

// TestOrderConditionsSeeEveryCoefficient changes one coefficient at a time in
// the ninth digit: the worst order condition, or the sum of its row, must
// notice.
func TestOrderConditionsSeeEveryCoefficient(t *testing.T) {
	a, b, c := tableau()
	all := slices.Concat(trees(8)...)
	worst := func() (miss float64) {
		for _, tree := range all {
			d := tree.weight(a, b) - 1/tree.density()
			miss = max(miss, d, -d)
		}
		for i, node := range c {
			for _, v := range a[i] {
				node -= v
			}
			miss = max(miss, node, -node)
		}
		return miss
	}
	const change = 1e-9
	for i := range a {
		for j := range a[i] {
			if kept := a[i][j]; kept != 0 {
				a[i][j] *= 1 + change
				assert.Greater(t, worst(), 1e-13, "a%d,%d", i+1, j+1)
				a[i][j] = kept
			}
		}
		if kept := b[i]; kept != 0 {
			b[i] *= 1 + change
			assert.Greater(t, worst(), 1e-13, "b%d", i+1)
			b[i] = kept
		}
	}
}
