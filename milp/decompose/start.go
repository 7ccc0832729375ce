package decompose

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// startBlocks is the number of blocks of the program that gives the first point.
const startBlocks = 5

// few returns the relaxation of the program on a few blocks at equal distances, whose costs are
// scaled to those of all blocks. Its first columns are those of the first stage. The point that it
// gives decides the time of the method only, not its result.
func (x *recourse) few() *milp.Model {
	var (
		d      = x.data
		blocks = x.split.blocks
		n      = min(startBlocks, len(blocks))
		m      = milp.New()
		column = make([]milp.Var, len(d.Cost))
		chosen []int
		all    float64
		part   float64
	)
	for k := range n {
		chosen = append(chosen, (2*k+1)*len(blocks)/(2*n))
	}
	size := func(b int) (sum float64) {
		for _, j := range blocks[b].columns {
			sum += math.Abs(d.Cost[j])
		}
		return sum
	}
	for b := range blocks {
		all += size(b)
	}
	for _, b := range chosen {
		part += size(b)
	}
	scale := float64(len(blocks)) / float64(n)
	if part > 0 {
		scale = all / part
	}
	add := func(j int, cost float64) {
		column[j] = m.Var(milp.At("", "c", j), d.Lower[j], d.Upper[j])
		m.SetCost(column[j], cost*x.sign*d.Cost[j])
	}
	for _, j := range x.split.first {
		add(j, 1)
	}
	state := func(i int) {
		var e milp.Expr
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			e.Add(column[d.Column[k]].Times(d.Coefficient[k]))
		}
		m.SetLimits(m.AtLeast(milp.At("", "r", i), e, milp.Const(0)), d.RowLower[i], d.RowUpper[i])
	}
	for _, i := range x.split.rows {
		state(i)
	}
	for _, b := range chosen {
		for _, j := range blocks[b].columns {
			add(j, scale)
		}
		for _, i := range blocks[b].rows {
			state(i)
		}
	}
	return m
}

// scales returns the size of a first step of each column of the first stage: a share of the range
// of a binary, and a share of the largest value in its family otherwise.
func scales(m *milp.Model, s *split, d milp.Data, at []float64) []float64 {
	const binary, other = 0.3, 0.1
	largest := map[string]float64{}
	for k, j := range s.first {
		family := m.VarAt(j).Name().Family()
		largest[family] = max(largest[family], math.Abs(at[k]))
	}
	out := make([]float64, len(s.first))
	for k, j := range s.first {
		switch width := d.Upper[j] - d.Lower[j]; {
		case width <= 1:
			out[k] = binary * width
		default:
			out[k] = other * largest[m.VarAt(j).Name().Family()]
			if out[k] == 0 {
				out[k] = other * min(width, 10)
			}
		}
		if out[k] == 0 {
			out[k] = binary
		}
	}
	return out
}
