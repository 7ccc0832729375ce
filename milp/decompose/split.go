package decompose

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// split is the division of a model into a first stage and blocks, one per
// scenario:
//
//	min c x + Σ_s q_s y_s,   rows of x alone,   T_s x + W_s y_s within limits
//
// A block has no row in common with another one.
type split struct {
	first  []int // columns of the first stage, ascending
	place  []int // of each column: its number in first, or in its block
	rows   []int // rows of the first stage alone
	blocks []block
}

// block has the columns and rows of one scenario, ascending.
type block struct{ columns, rows []int }

const (
	unknown = -2 // a column whose name has fewer than two indices and that no row has placed
	shared  = -1 // a column of the first stage
)

// splitOf returns the division of a model, or nil if there is none. By
// convention a name with two indices begins with its scenario. Integers belong
// to the first stage. Another column belongs to a scenario if all rows that it
// shares with columns of scenarios are of one scenario: such as the excess of a
// conditional value at risk; otherwise it belongs to the first stage, such as a
// day-ahead schedule.
//
// A model with more integers in scenarios than in its first stage is not
// divided: the tree would decide each of them, and branch and bound of the
// whole model has the better relaxation.
func splitOf(m *milp.Model, d milp.Data) *split {
	stage, inside, outside := make([]int, len(d.Cost)), 0, 0
	for j := range stage {
		index := m.VarAt(j).Name().Indices()
		switch {
		case d.Integer[j] && len(index) == 2 && d.Lower[j] < d.Upper[j]:
			stage[j], inside = shared, inside+1
		case d.Integer[j]:
			stage[j], outside = shared, outside+1
		case len(index) == 2:
			stage[j] = index[0]
		default:
			stage[j] = unknown
		}
	}
	if inside > outside || !placeOthers(d, stage) {
		return nil
	}
	return collect(d, stage)
}

// placeOthers places the columns without a scenario in their names. It returns
// false if a row has columns of two scenarios.
func placeOthers(d milp.Data, stage []int) bool {
	found := slices.Clone(stage)
	for i := range d.RowLower {
		row, scenario := d.Column[d.RowStart[i]:d.RowStart[i+1]], unknown
		for _, j := range row {
			if s := stage[j]; s >= 0 {
				if scenario != unknown && scenario != s {
					return false
				}
				scenario = s
			}
		}
		for _, j := range row {
			switch {
			case stage[j] != unknown || scenario == unknown:
			case found[j] == unknown:
				found[j] = scenario
			case found[j] != scenario:
				found[j] = shared
			}
		}
	}
	for j, s := range found {
		if s == unknown {
			s = shared
		}
		stage[j] = s
	}
	// A column that a row has placed can meet another one in a row without
	// other columns.
	for i := range d.RowLower {
		scenario := unknown
		for _, j := range d.Column[d.RowStart[i]:d.RowStart[i+1]] {
			if s := stage[j]; s >= 0 {
				if scenario != unknown && scenario != s {
					return false
				}
				scenario = s
			}
		}
	}
	return true
}

// collect returns the division for the stages of all columns.
func collect(d milp.Data, stage []int) *split {
	number := map[int]int{}
	for _, s := range stage {
		if s >= 0 {
			number[s] = 0
		}
	}
	for k, s := range slices.Sorted(maps.Keys(number)) {
		number[s] = k
	}
	out := &split{place: make([]int, len(stage)), blocks: make([]block, len(number))}
	for j, s := range stage {
		columns := &out.first
		if s >= 0 {
			columns = &out.blocks[number[s]].columns
		}
		out.place[j] = len(*columns)
		*columns = append(*columns, j)
	}
	for i := range d.RowLower {
		rows := &out.rows
		for _, j := range d.Column[d.RowStart[i]:d.RowStart[i+1]] {
			if s := stage[j]; s >= 0 {
				rows = &out.blocks[number[s]].rows
			}
		}
		*rows = append(*rows, i)
	}
	return out
}
