package fleet

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// cluster is a set of DERs of one kind that prefer the VPPs alike. Size does
// not matter for that: a roof of twice the size prefers the same VPP. For
// example, roofs to the east and to the west have different shapes, because the
// VPPs have their peaks in the morning and in the evening.
type cluster struct {
	members []int
	mean    []float64 // of the shapes, weighted
	spread  float64   // Σ_i w_i |shape_i − mean|²
}

// shapes returns the size w_i of each DER, its mean value over the VPPs, and
// its shape π_iv / w_i. A DER of twice the size has the same shape. DERs
// without value have the shape 1.
func shapes(values [][]float64) (size []float64, shape [][]float64) {
	total := 0.0
	size, shape = make([]float64, len(values)), make([][]float64, len(values))
	for i, row := range values {
		for _, v := range row {
			size[i] += math.Abs(v) / float64(len(row))
		}
		total += size[i]
	}
	// A DER of nearly no value would have a shape of rounding errors.
	least := 1e-6 * total / float64(max(1, len(values)))
	for i, row := range values {
		shape[i] = slices.Repeat([]float64{1}, len(row))
		if size[i] <= least || least == 0 {
			size[i] = max(least, 1e-12)
			continue
		}
		for v := range row {
			shape[i][v] = row[v] / size[i]
		}
	}
	return size, shape
}

// newCluster measures a cluster.
func newCluster(members []int, size []float64, shape [][]float64) cluster {
	x := cluster{members: members, mean: make([]float64, len(shape[members[0]]))}
	weight := 0.0
	for _, i := range members {
		weight += size[i]
		for v, r := range shape[i] {
			x.mean[v] += size[i] * r
		}
	}
	for v := range x.mean {
		x.mean[v] /= weight
	}
	for _, i := range members {
		x.spread += size[i] * distance(shape[i], x.mean)
	}
	return x
}

// distance returns the square of the distance.
func distance(a, b []float64) float64 {
	sum := 0.0
	for v := range a {
		sum += (a[v] - b[v]) * (a[v] - b[v])
	}
	return sum
}

// split returns two clusters by the method of means, which starts on both sides
// of the mean in the direction of the largest variance. It returns false if all
// shapes are equal.
//
// Source: Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory
// 28 (1982) 129.
func (x cluster) split(size []float64, shape [][]float64) (a, b cluster, ok bool) {
	// The first halves are those on both sides of the mean.
	variance := make([]float64, len(x.mean))
	for _, i := range x.members {
		for v, r := range shape[i] {
			variance[v] += size[i] * (r - x.mean[v]) * (r - x.mean[v])
		}
	}
	widest := 0
	for v := range variance {
		if variance[v] > variance[widest] {
			widest = v
		}
	}
	var left, right []int
	for _, i := range x.members {
		if shape[i][widest] <= x.mean[widest] {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	const rounds = 8 // assumed; most clusters settle in fewer
	for range rounds {
		if len(left) == 0 || len(right) == 0 {
			return a, b, false
		}
		a, b = newCluster(left, size, shape), newCluster(right, size, shape)
		left, right = nil, nil
		for _, i := range x.members {
			if distance(shape[i], a.mean) <= distance(shape[i], b.mean) {
				left = append(left, i)
			} else {
				right = append(right, i)
			}
		}
	}
	return a, b, true
}

// refine splits the clusters of largest spread, which lose most by one mean for
// all, until there are n of them, or all shapes are equal.
func refine(clusters []cluster, n int, size []float64, shape [][]float64) []cluster {
	out := slices.Clone(clusters)
	whole := make(map[int]bool) // clusters that cannot be split, by their first member
	for len(out) < n {
		widest := -1
		for k := range out {
			if !whole[out[k].members[0]] && out[k].spread > 0 && (widest < 0 || out[k].spread > out[widest].spread) {
				widest = k
			}
		}
		if widest < 0 {
			break
		}
		a, b, ok := out[widest].split(size, shape)
		if !ok {
			whole[out[widest].members[0]] = true
			continue
		}
		out[widest] = a
		out = append(out, b)
	}
	return out
}

// kinds returns the DERs in groups of one kind, in the order of their first
// DERs, whose means exist. DERs without means form groups by type.
func (p *Distinct) kinds() [][]int {
	var (
		out   [][]int
		first []der.DER
	)
	for i, d := range p.DERs {
		k := slices.IndexFunc(first, func(other der.DER) bool {
			if x, ok := other.(der.Averaged); ok {
				return x.Alike(d)
			}
			_, averaged := d.(der.Averaged)
			return !averaged && fmt.Sprintf("%T", d) == fmt.Sprintf("%T", other)
		})
		if k < 0 {
			k = len(first)
			first, out = append(first, d), append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}

// classes is the population as classes of mean DERs, with types of DERs within
// each class.
type classes struct {
	problem Problem
	members [][]int     // per class
	class   []int       // per DER
	units   []float64   // per DER: the mean DERs that it counts as
	types   [][]cluster // per class
}

// classify forms classes from the values of DERs, and types within them.
func (x *population) classify(values [][]float64, n, types int) (*classes, error) {
	size, shape := shapes(values)
	var clusters []cluster
	for _, members := range x.problem.kinds() {
		clusters = append(clusters, newCluster(members, size, shape))
	}
	clusters = refine(clusters, n, size, shape)
	// Means of series belong to a copy of the set, because the set is that of
	// the caller.
	set := x.problem.Setting.Set.Window(0, x.problem.Setting.Set.Steps()) // a copy, for series of means
	setting := x.problem.Setting
	setting.Set = set
	out := &classes{
		problem: Problem{VPPs: x.problem.VPPs, Setting: setting},
		class:   make([]int, len(size)), units: make([]float64, len(size)),
	}
	for k, c := range clusters {
		name := x.unused(fmt.Sprintf("class %d", k+1))
		weight := 0.0
		for _, i := range c.members {
			weight += size[i]
		}
		unit, err := x.represent(name, c, size, setting)
		if err != nil {
			return nil, fmt.Errorf("fleet: class %d: %w", k+1, err)
		}
		all := der.Fleet{Unit: unit, Count: len(c.members)}
		if group, ok := unit.(*der.Fleet); ok { // a fleet of fleets is a larger one
			all = der.Fleet{Unit: group.Unit, Count: group.Count * len(c.members)}
		}
		out.problem.Fleets = append(out.problem.Fleets, all)
		count := float64(all.Count)
		// A DER counts as mean DERs in proportion to its size, so that the
		// class adds up.
		outside := 0.0
		for _, i := range c.members {
			out.class[i], out.units[i] = k, count*size[i]/weight
			outside += x.outside(i) / count
		}
		out.problem.Outside = append(out.problem.Outside, outside)
		out.members = append(out.members, c.members)
		out.types = append(out.types, refine([]cluster{c}, types, size, shape))
	}
	return out, nil
}

// represent returns one DER that stands for the mean of a cluster: its mean, or
// the DER nearest to it.
func (x *population) represent(name string, c cluster, size []float64, setting vpp.Setting) (der.DER, error) {
	ders := make([]der.DER, len(c.members))
	for k, i := range c.members {
		ders[k] = x.problem.DERs[i]
	}
	// A DER with rules that no mean can state, such as a limit of calls, is not
	// even alike itself.
	if u, ok := ders[0].(der.Averaged); ok && u.Alike(u) {
		return u.Mean(name, ders, float64(len(ders)), setting.Set)
	}
	mean := 0.0
	for _, i := range c.members {
		mean += size[i] / float64(len(c.members))
	}
	nearest := slices.MinFunc(c.members, func(a, b int) int {
		switch da, db := math.Abs(size[a]-mean), math.Abs(size[b]-mean); {
		case da < db:
			return -1
		case da > db:
			return 1
		}
		return 0
	})
	return x.problem.DERs[nearest], nil
}

// unused returns a name that neither a DER nor a series of the region has.
func (x *population) unused(name string) string {
	for x.names[name] || x.problem.Setting.Set.Has(name) {
		name += "'"
	}
	return name
}

// guess is the solution of a class program: how many DERs of each class each
// VPP has, in mean DERs, and prices.
type guess struct {
	members [][]float64 // per VPP and class
	duals   [][]float64 // per VPP and row of its venue
}

// solve solves the class program. extra is the value that a DER of a type
// brings beyond that of its class, per class, type and VPP and per mean DER;
// nil for none. Types are columns of their own:
//
//	Σ_v n_kmv ≤ N_km,   Σ_m n_kmv = n_kv,   objective + Σ extra_kmv n_kmv
//
// so that DERs are sorted by their preferences, at the first order.
func (x *population) classProgram(ctx context.Context, c *classes, solver milp.Solver, extra [][][]float64) (*guess, error) {
	program, err := c.problem.Formulate()
	if err != nil {
		return nil, err
	}
	if extra != nil {
		// Counts of types have the unit of the shares of classes, which is the
		// room of the class.
		m := program.Model
		var gain milp.Expr
		for k := range extra {
			room := c.problem.room(k)
			parts := make([]milp.Expr, len(c.problem.VPPs))
			for q, t := range c.types[k] {
				count := 0.0
				for _, i := range t.members {
					count += c.units[i]
				}
				var sum milp.Expr
				for v := range parts {
					n := m.Var(milp.At(fmt.Sprintf("%s/type %d", c.problem.Fleets[k].Name(), q+1), "fleet_type", v), 0, milp.Inf)
					sum.Add(n.Expr())
					parts[v].Add(n.Expr())
					gain.Add(n.Times(extra[k][q][v] * room))
				}
				m.AtMost(milp.At(c.problem.Fleets[k].Name(), "fleet_type", q), sum, milp.Const(count/room))
			}
			for v := range parts {
				m.Equal(milp.At(c.problem.VPPs[v].Name+"/"+c.problem.Fleets[k].Name(), "fleet_types"), parts[v], program.share[v][k].Expr())
			}
		}
		m.AddObjective(gain)
	}
	e, err := program.Solve(ctx, solver)
	if err != nil {
		return nil, err
	}
	// Both programs have the rows of the VPP, by name. Rows of classes price
	// nothing here.
	out := &guess{members: e.Members}
	for v, venue := range x.venues {
		duals := make([]float64, len(venue.joined))
		for i := range program.rows[v][0] {
			if program.parts[v].rows[i] >= 0 {
				continue
			}
			if to, ok := venue.row[program.parts[v].model.RowAt(i).Name()]; ok {
				duals[to] = e.Duals[v][0][i]
			}
		}
		out.duals = append(out.duals, duals)
	}
	return out, nil
}

// extra returns what DERs of each type are worth beyond their class at prices,
// per mean DER.
func (x *population) extra(ctx context.Context, c *classes, values [][]float64, prices []tariff) ([][][]float64, error) {
	// The means answer in the context of the VPPs, with the series of the
	// means.
	contexts := make([]der.Context, len(x.venues))
	for v := range contexts {
		contexts[v] = x.venues[v].probes[0].context
		contexts[v].Set = c.problem.Setting.Set
	}
	means := &Distinct{VPPs: x.problem.VPPs, Setting: c.problem.Setting}
	for k := range c.problem.Fleets {
		means.DERs = append(means.DERs, c.problem.Fleets[k].Unit)
	}
	all, _, err := means.answerers(contexts)
	if err != nil {
		return nil, err
	}
	own, err := (&population{problem: means, all: all, solver: x.solver}).answers(ctx, prices)
	if err != nil {
		return nil, err
	}
	out := make([][][]float64, len(c.types))
	for k := range c.types {
		for _, t := range c.types[k] {
			count, outside := 0.0, 0.0
			sum := make([]float64, len(prices))
			for _, i := range t.members {
				count += c.units[i]
				outside += x.outside(i)
				for v := range sum {
					sum[v] += values[i][v]
				}
			}
			for v := range sum {
				sum[v] = sum[v]/count - own[k][v] - (outside/count - c.problem.Outside[k])
			}
			out[k] = append(out[k], sum)
		}
	}
	return out, nil
}
