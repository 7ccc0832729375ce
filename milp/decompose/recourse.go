package decompose

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/trigrid/trigrid/milp"
)

// recourse evaluates the blocks at a point x of the first stage:
//
//	Q_s(x) = min q_s y   with  l − T_s x ≤ W_s y ≤ u − T_s x
//
// Q_s is convex. With the duals λ of its rows, −T_sᵀ λ is a subgradient at x. If there is no such
// y, the smallest violation of the rows with columns of the first stage takes the place of the
// cost.
//
// Blocks with equal coefficients share warm sessions of the solver. Each lane has one session and
// solves the same blocks in the same order in every evaluation, so that a result does not depend on
// the number of cores.
type recourse struct {
	split *split
	data  milp.Data
	sign  float64 // −1 for a program that is maximised
	links [][]link
	lanes []*lane
}

// link is one coefficient of the first stage in a row of a block.
type link struct {
	place       int // in split.first
	coefficient float64
}

// lane solves some blocks in one session.
type lane struct {
	blocks []int
	cost   program // of the blocks
	phase  program // of their smallest violation; opened at the first use
}

// program is a linear program in a session.
type program struct {
	model   *milp.Model
	session milp.Session
	columns int // without those of violations
}

// answer is the result of one block.
type answer struct {
	value    float64   // Q_s, or the smallest violation
	slope    []float64 // subgradient, one entry per column of the first stage
	violated bool      // value is a violation: points with a value above 0 are infeasible
	values   []float64 // of the columns of the block
}

const (
	// maxLanes bounds the sessions. Each takes about 20 MB in the embedded solver.
	maxLanes = 16
	// maxClasses bounds the number of different matrices, which cannot share sessions.
	maxClasses = 16
)

// errShape reports a program without the structure that a decomposition needs.
var errShape = errors.New("decompose: the program has no blocks of few shapes")

// newRecourse returns the recourse of a division, without sessions yet.
func newRecourse(s *split, d milp.Data) (*recourse, error) {
	x := &recourse{split: s, data: d, sign: 1, links: make([][]link, len(d.RowLower))}
	if d.Maximize {
		x.sign = -1
	}
	classes, order := map[string][]int{}, []string(nil)
	for b := range s.blocks {
		key := x.shape(b)
		if classes[key] == nil {
			order = append(order, key)
		}
		classes[key] = append(classes[key], b)
	}
	if len(order) > maxClasses {
		return nil, errShape
	}
	for _, key := range order {
		blocks := classes[key]
		lanes := min(len(blocks), max(1, maxLanes/len(order)))
		for k := range lanes {
			l := &lane{}
			for b := k; b < len(blocks); b += lanes {
				l.blocks = append(l.blocks, blocks[b])
			}
			x.lanes = append(x.lanes, l)
		}
	}
	return x, nil
}

// shape returns the coefficients of the columns of a block as a key, and stores the links of its
// rows.
func (x *recourse) shape(b int) string {
	var key []byte
	d := x.data
	of := &x.split.blocks[b]
	inside := make(map[int]bool, len(of.columns))
	for _, j := range of.columns {
		inside[j] = true
	}
	key = binary.AppendUvarint(key, uint64(len(of.columns)))
	for _, i := range of.rows {
		linked := byte(0)
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			j := int(d.Column[k])
			if !inside[j] {
				x.links[i] = append(x.links[i], link{x.split.place[j], d.Coefficient[k]})
				linked = 1
				continue
			}
			key = binary.AppendUvarint(key, uint64(x.split.place[j])+1)
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(d.Coefficient[k]))
		}
		key = append(key, 0, linked) // end of the row
	}
	return string(key)
}

// build returns the program of the first block of a lane. With violations it minimises the sum of
// the violations of the rows that the first stage enters.
func (x *recourse) build(b int, violations bool) program {
	var (
		d  = x.data
		of = &x.split.blocks[b]
		m  = milp.New()
		p  = program{model: m, columns: len(of.columns)}
	)
	for k := range of.columns {
		m.Var(milp.At("", "y", k), 0, 0)
	}
	for k, i := range of.rows {
		var e milp.Expr
		for n := d.RowStart[i]; n < d.RowStart[i+1]; n++ {
			if j := int(d.Column[n]); x.isOf(b, j) {
				e.Add(m.VarAt(x.split.place[j]).Times(d.Coefficient[n]))
			}
		}
		if violations && len(x.links[i]) > 0 {
			above := m.Var(milp.At("", "above", k), 0, milp.Inf)
			below := m.Var(milp.At("", "below", k), 0, milp.Inf)
			m.SetCost(above, 1)
			m.SetCost(below, 1)
			e.Add(below.Times(1), above.Times(-1))
		}
		m.AtLeast(milp.At("", "row", k), e, milp.Const(0))
	}
	return p
}

// isOf reports whether column j belongs to block b.
func (x *recourse) isOf(b, j int) bool {
	columns, k := x.split.blocks[b].columns, x.split.place[j]
	return k < len(columns) && columns[k] == j
}

// set gives a program the numbers of block b at the point at.
func (x *recourse) set(p *program, b int, at []float64, cost float64) {
	d, of := x.data, &x.split.blocks[b]
	for k, j := range of.columns {
		v := p.model.VarAt(k)
		p.model.SetBounds(v, d.Lower[j], d.Upper[j])
		p.model.SetCost(v, cost*x.sign*d.Cost[j])
	}
	for k, i := range of.rows {
		shift := 0.0
		for _, l := range x.links[i] {
			shift += l.coefficient * at[l.place]
		}
		p.model.SetLimits(p.model.RowAt(k), d.RowLower[i]-shift, d.RowUpper[i]-shift)
	}
}

// solve solves block b at a point.
func (x *recourse) solve(ctx context.Context, solver milp.Opener, l *lane, b int, at []float64) (answer, error) {
	solution, err := x.run(ctx, solver, &l.cost, l.blocks[0], b, at, false)
	if err != nil {
		return answer{}, err
	}
	out := answer{value: solution.Objective, values: solution.Values}
	if solution.Status == milp.Infeasible {
		if solution, err = x.run(ctx, solver, &l.phase, l.blocks[0], b, at, true); err != nil {
			return out, err
		}
		out = answer{value: solution.Objective, violated: true}
	}
	if solution.Status != milp.Optimal {
		return out, fmt.Errorf("decompose: block %d is %v", b, solution.Status)
	}
	out.slope = make([]float64, len(x.split.first))
	for k, i := range x.split.blocks[b].rows {
		for _, l := range x.links[i] {
			out.slope[l.place] -= solution.Duals[k] * l.coefficient
		}
	}
	return out, nil
}

// run solves one of the two programs of a lane for block b.
func (x *recourse) run(ctx context.Context, solver milp.Opener, p *program, first, b int, at []float64, violations bool) (*milp.Solution, error) {
	if p.session == nil {
		*p = x.build(first, violations)
	}
	cost := 1.0
	if violations {
		cost = 0
	}
	x.set(p, b, at, cost)
	if p.session == nil {
		var err error
		if p.session, err = solver.Open(p.model); err != nil {
			return nil, err
		}
	}
	return p.session.Solve(ctx)
}

// evaluate returns the answers of all blocks at a point.
func (x *recourse) evaluate(ctx context.Context, solver milp.Opener, at []float64) ([]answer, error) {
	var (
		out   = make([]answer, len(x.split.blocks))
		errs  = make([]error, len(x.lanes))
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
		group sync.WaitGroup
	)
	for k, l := range x.lanes {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, b := range l.blocks {
				if errs[k] = ctx.Err(); errs[k] != nil {
					return
				}
				if out[b], errs[k] = x.solve(ctx, solver, l, b, at); errs[k] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// close releases the sessions.
func (x *recourse) close() {
	for _, l := range x.lanes {
		for _, p := range []*program{&l.cost, &l.phase} {
			if p.session != nil {
				p.session.Close()
			}
		}
	}
}
