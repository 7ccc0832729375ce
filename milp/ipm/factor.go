package ipm

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// factor is the numeric part of a factorisation P K Pᵀ = L D Lᵀ. K is quasi-definite: it has a
// negative definite and a positive definite diagonal block, so that it has such a factorisation
// with diagonal D for every order P.
//
// Every panel is factored as a dense block. It first receives the entries of K and the updates of
// its children, then its columns are eliminated, and the rest of the block is its own update for
// its parent.
//
// Source: Vanderbei, Symmetric quasidefinite matrices, SIAM Journal on Optimization 5 (1995)
// 100–113.
type factor struct {
	*plan
	threads int
	sign    []int8            // by column: the sign of its pivot
	values  []float64         // of L by panel, with D on the diagonal
	inverse []float64         // 1/D
	floor   float64           // smallest magnitude of a pivot, assumed
	repair  float64           // magnitude of a pivot below it, assumed
	updates [][]float64       // by panel: its update until the parent has taken it
	above   [groups][]float64 // of a solve: what a group adds to columns of the upper part
	changed atomic.Int64      // pivots that had the wrong sign or were too small
}

// newFactor allocates a factor. Sign is by original index.
func newFactor(p *plan, sign []int8, threads int) *factor {
	f := &factor{
		plan: p, threads: max(1, threads), sign: make([]int8, p.n), values: make([]float64, p.entries()),
		inverse: make([]float64, p.n), floor: 1e-13, repair: 1e-7, updates: make([][]float64, p.panels()),
	}
	for k, i := range p.order {
		f.sign[k] = sign[i]
	}
	for k := range f.above {
		f.above[k] = make([]float64, p.n-int(p.upperColumn()))
	}
	return f
}

// upperColumn returns the first column of the upper part.
func (p *plan) upperColumn() int32 { return p.first[p.group[groups]] }

// index returns the position in values of the entry of K between two original indices. The entry
// lies in the column that is eliminated first.
func (f *factor) index(i, j int32, panelOf []int32) int64 {
	a, b := f.place[i], f.place[j]
	if a > b {
		a, b = b, a
	}
	s := panelOf[a]
	rows := f.rows[s]
	// Binary search in the rows below the panel's own columns.
	width := f.first[s+1] - f.first[s]
	low := b - f.first[s]
	if low >= width {
		lo, hi := int(width), len(rows)
		for lo < hi {
			mid := (lo + hi) / 2
			if rows[mid] < b {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		low = int32(lo)
	}
	return f.at[s] + int64(a-f.first[s])*int64(len(rows)) + int64(low)
}

// panelOf returns the panel of every column.
func (p *plan) panelOf() []int32 {
	of := make([]int32, p.n)
	for s := range p.panels() {
		for k := p.first[s]; k < p.first[s+1]; k++ {
			of[k] = int32(s)
		}
	}
	return of
}

// refactor factors the matrix whose entries the caller has put into values. It returns false if
// poll returned true on the way.
func (f *factor) refactor(poll func() bool) bool {
	f.changed.Store(0)
	var ended atomic.Bool
	check := func() bool {
		if poll() {
			ended.Store(true)
		}
		return ended.Load()
	}
	f.parallel(func(k int) { f.eliminate(f.group[k], f.group[k+1], 1, check) })
	if !ended.Load() {
		f.eliminate(f.group[groups], f.group[groups+1], f.threads, check)
	}
	clear(f.updates)
	return !ended.Load()
}

// parallel runs a function for every group, on at most threads goroutines.
func (f *factor) parallel(run func(group int)) {
	if f.group[groups] == 0 {
		return
	}
	if f.threads == 1 {
		for k := range groups {
			run(k)
		}
		return
	}
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(f.threads, groups) {
		wait.Go(func() {
			for k := next.Add(1) - 1; k < groups; k = next.Add(1) - 1 {
				run(int(k))
			}
		})
	}
	wait.Wait()
}

// shelf keeps slices for reuse, by the power of two that their capacity is.
type shelf [40][][]float64

// take returns a slice of zeros.
func (s *shelf) take(size int) []float64 {
	k := bits.Len(uint(size))
	if n := len(s[k]); n > 0 {
		out := s[k][n-1][:size]
		s[k] = s[k][:n-1]
		clear(out)
		return out
	}
	return make([]float64, size, 1<<k)
}

// put returns a slice that take has made. Slices of other origin are left to the collector.
func (s *shelf) put(x []float64) {
	if c := cap(x); c > 0 && c&(c-1) == 0 {
		k := bits.Len(uint(c)) - 1
		s[k] = append(s[k], x)
	}
}

// eliminate factors the panels from … to−1, children before parents. threads is for the update of
// one large panel. It stops early if ended returns true, which it calls after about two million
// multiplications.
func (f *factor) eliminate(from, to int32, threads int, ended func() bool) {
	var free shelf
	var scaled []float64
	work := 0.0
	for s := from; s < to; s++ {
		rows := len(f.rows[s])
		width := int(f.first[s+1] - f.first[s])
		if work += float64(width)*float64(rows)*float64(rows) + 500; work > 2e6 {
			if work = 0; ended() {
				return
			}
		}
		block := f.values[f.at[s]:f.at[s+1]]
		deep := rows - width
		update := free.take(deep * (deep + 1) / 2)
		for _, c := range f.child[s] {
			// Children hand their updates upwards, and their memory is used again.
			assemble(block, update, rows, width, f.updates[c], f.local[c])
			free.put(f.updates[c])
			f.updates[c] = nil
		}
		f.pivots(s, block, rows, width)
		// The last panel of a tree has no rows below, and nothing to update.
		if deep == 0 {
			continue
		}
		if len(scaled) < rows*width {
			scaled = make([]float64, 2*rows*width)
		}
		f.subtract(s, block, update, scaled[:deep*width], rows, width, threads)
		f.updates[s] = update
	}
}

// assemble adds the update of a child to the block and the update of its parent. Updates are lower
// triangles, column by column.
func assemble(block, update []float64, rows, width int, child []float64, local []int32) {
	deep := rows - width
	at := 0
	for a, ca := range local {
		column := child[at : at+len(local)-a]
		at += len(column)
		var target []float64
		// The first rows of the parent are its own columns, and the others its update.
		if int(ca) < width {
			target = block[int(ca)*rows : (int(ca)+1)*rows]
		} else {
			// Column c of the triangle starts at Σ_{i<c} (deep − i), less c to index by row.
			c := int(ca) - width
			start := c*deep - c*(c-1)/2 - c - width
			if start < 0 {
				for b, v := range column {
					update[start+int(local[a+b])] += v
				}
				continue
			}
			target = update[start:]
		}
		for b, r := range local[a:] {
			target[r] += column[b]
		}
	}
}

// pivots eliminates the columns of a panel inside its block: column k of L is column k of the block
// less the earlier columns' part, divided by the pivot.
func (f *factor) pivots(s int32, block []float64, rows, width int) {
	first := int(f.first[s])
	for k := range width {
		column := block[k*rows+k : (k+1)*rows]
		// Four earlier columns at a time need a quarter of the loads and stores of the column.
		j := 0
		for ; j+4 <= k; j += 4 {
			a, b, c, d := block[j*rows+k:(j+1)*rows], block[(j+1)*rows+k:(j+2)*rows], block[(j+2)*rows+k:(j+3)*rows], block[(j+3)*rows+k:(j+4)*rows]
			subtractFour(column, a, b, c, d, a[0]*block[j*rows+j], b[0]*block[(j+1)*rows+j+1], c[0]*block[(j+2)*rows+j+2], d[0]*block[(j+3)*rows+j+3])
		}
		for ; j < k; j++ {
			a := block[j*rows+k : (j+1)*rows]
			subtractOne(column, a, a[0]*block[j*rows+j])
		}
		pivot := column[0]
		if sign := float64(f.sign[first+k]); pivot*sign < f.floor {
			// Rounding has used up the pivot.
			f.changed.Add(1)
			pivot = sign * f.repair
		}
		column[0] = pivot
		f.inverse[first+k] = 1 / pivot
		for i := range column[1:] {
			column[1+i] *= f.inverse[first+k]
		}
	}
}

// subtract subtracts L D Lᵀ of a panel's rows below its own columns from its update.
func (f *factor) subtract(s int32, block, update, scaled []float64, rows, width, threads int) {
	deep := rows - width
	// scaled holds D Lᵀ: entry k of row a is at a·width + k.
	for k := range width {
		d := block[k*rows+k]
		for a, v := range block[k*rows+width : (k+1)*rows] {
			scaled[a*width+k] = d * v
		}
	}
	columns := func(from, to int) {
		for a := from; a < to; a++ {
			start := a*deep - a*(a-1)/2
			column := update[start : start+deep-a]
			factors := scaled[a*width : (a+1)*width]
			k := 0
			// Four columns at a time read and write the target once instead of four times.
			for ; k+4 <= width; k += 4 {
				subtractFour(column,
					block[k*rows+width+a:(k+1)*rows], block[(k+1)*rows+width+a:(k+2)*rows],
					block[(k+2)*rows+width+a:(k+3)*rows], block[(k+3)*rows+width+a:(k+4)*rows],
					factors[k], factors[k+1], factors[k+2], factors[k+3])
			}
			for ; k < width; k++ {
				subtractOne(column, block[k*rows+width+a:(k+1)*rows], factors[k])
			}
		}
	}
	// Each column is computed by one goroutine in the same order, so that threads change no bit.
	const piece = 16
	if threads == 1 || deep*deep*width < 200_000 {
		columns(0, deep)
		return
	}
	var wait sync.WaitGroup
	var next atomic.Int64
	for range threads {
		wait.Go(func() {
			for {
				from := int(next.Add(piece)) - piece
				if from >= deep {
					return
				}
				columns(from, min(from+piece, deep))
			}
		})
	}
	wait.Wait()
}

// subtractFour sets x −= p a + q b + r c + s d.
func subtractFour(x, a, b, c, d []float64, p, q, r, s float64) {
	n := len(x)
	a, b, c, d = a[:n], b[:n], c[:n], d[:n]
	for i := range x {
		x[i] -= p*a[i] + q*b[i] + r*c[i] + s*d[i]
	}
}

// subtractOne sets x −= p a.
func subtractOne(x, a []float64, p float64) {
	a = a[:len(x)]
	for i := range x {
		x[i] -= p * a[i]
	}
}
