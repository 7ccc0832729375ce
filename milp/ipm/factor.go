package ipm

import (
	"slices"
	"sync"
	"sync/atomic"
)

// factor is the numeric part of a factorisation P K Pᵀ = L D Lᵀ. K is
// quasi-definite: it has a negative definite and a positive definite diagonal
// block, so that it has such a factorisation with diagonal D for every order P.
//
// Every panel is factored as a dense block. It first receives the entries of K
// and the updates of its children, then its columns are eliminated, and the
// rest of the block is its own update for its parent.
//
// Source: Vanderbei, Symmetric quasidefinite matrices, SIAM Journal on
// Optimization 5 (1995) 100–113.
type factor struct {
	*plan
	threads int
	sign    []int8            // by column: the sign of its pivot
	values  []float64         // of L by panel, with D on the diagonal
	inverse []float64         // 1/D
	floor   float64           // smallest magnitude of a pivot, assumed
	repair  float64           // magnitude of a pivot below it, assumed
	arena   []float64         // updates of panels, see holdUpdates
	above   [groups][]float64 // of a solve: additions of a group to columns of the upper part
	changed atomic.Int64      // pivots that had the wrong sign or were too small

	// Entries of K outside its diagonal, by panel: panel s has those from
	// begins[s] on. Entry e is source[e] of the caller's list, at offset[e] in
	// the panel's block.
	begins         []int32
	source, offset []int32
}

// newFactor allocates a factor. Sign is by original index. Entry e of n entries
// of K outside the diagonal lies between the original indices that at returns.
func newFactor(p *plan, sign []int8, threads, n int, at func(e int) (i, j int32)) *factor {
	f := &factor{
		plan: p, threads: max(1, threads), sign: make([]int8, p.n), values: make([]float64, p.entries()),
		inverse: make([]float64, p.n), floor: 1e-13, repair: 1e-7, arena: make([]float64, p.arena),
	}
	for k, i := range p.order {
		f.sign[k] = sign[i]
	}
	for k := range f.above {
		f.above[k] = make([]float64, p.n-int(p.upperColumn()))
	}
	f.findEntries(n, at)
	return f
}

// findEntries sorts the entries of K by panel. An entry lies in the column that
// is eliminated first.
func (f *factor) findEntries(n int, at func(e int) (i, j int32)) {
	of := f.panelOf()
	panel := func(e int) (s, column, row int32) {
		i, j := at(e)
		column, row = f.place[i], f.place[j]
		if column > row {
			column, row = row, column
		}
		return of[column], column, row
	}
	f.begins = make([]int32, f.panels()+1)
	for e := range n {
		s, _, _ := panel(e)
		f.begins[s+1]++
	}
	for s := range f.panels() {
		f.begins[s+1] += f.begins[s]
	}
	f.source, f.offset = make([]int32, n), make([]int32, n)
	next := append([]int32(nil), f.begins...)
	for e := range n {
		s, column, row := panel(e)
		rows, first := f.rows[s], f.first[s]
		low, _ := slices.BinarySearch(rows, row)
		f.source[next[s]], f.offset[next[s]] = int32(e), (column-first)*int32(len(rows))+int32(low)
		next[s]++
	}
}

// upperColumn returns the first column of the upper part.
func (p *plan) upperColumn() int32 { return p.first[p.group[groups]] }

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

// refactor factors the matrix with the given entries, in the order of
// newFactor, and diagonal, by original index. It returns false if poll returned
// true on the way.
func (f *factor) refactor(entries, diagonal []float64, poll func() bool) bool {
	f.changed.Store(0)
	var ended atomic.Bool
	check := func() bool {
		if poll() {
			ended.Store(true)
		}
		return ended.Load()
	}
	f.parallel(func(k int) { f.eliminate(f.group[k], f.group[k+1], 1, entries, diagonal, check) })
	if !ended.Load() {
		f.eliminate(f.group[groups], f.group[groups+1], f.threads, entries, diagonal, check)
	}
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

// Panels up to this size are eliminated by short loops, because the blocked
// ones cost more than they save. Both are assumed.
const (
	fewColumns = 4
	fewRows    = 16
)

// eliminate factors the panels from … to−1, children before parents. threads is
// for the update of one large panel. It stops early if ended returns true,
// which it calls after about two million multiplications.
func (f *factor) eliminate(from, to int32, threads int, entries, diagonal []float64, ended func() bool) {
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
		// The block is in the cache from here to the end of its elimination.
		block := f.values[f.at[s]:f.at[s+1]]
		clear(block)
		for e := f.begins[s]; e < f.begins[s+1]; e++ {
			block[f.offset[e]] = entries[f.source[e]]
		}
		for k := range width {
			block[k*rows+k] = diagonal[f.order[int(f.first[s])+k]]
		}
		deep := rows - width
		update := f.update(s)
		if len(f.child[s]) > 0 || width > fewColumns || rows > fewRows {
			clear(update)
		}
		for _, c := range f.child[s] {
			assemble(block, update, rows, width, f.update(c), f.local[c])
		}
		if width <= fewColumns && rows <= fewRows {
			f.few(s, block, update, rows, width, len(f.child[s]) == 0)
			continue
		}
		f.pivots(s, block, rows, width)
		// The last panel of a tree has no rows below, and nothing to update.
		if deep == 0 {
			continue
		}
		if len(scaled) < rows*width {
			scaled = make([]float64, 2*rows*width)
		}
		f.subtract(block, update, scaled[:deep*width], rows, width, threads)
	}
}

// update returns the place of the update of a panel.
func (f *factor) update(s int32) []float64 {
	return f.arena[f.hold[s] : f.hold[s]+int64(f.updateSize(s))]
}

// pivot returns the pivot of a column, or its replacement if rounding has used
// it up.
func (f *factor) pivot(column int, v float64) float64 {
	if sign := float64(f.sign[column]); v*sign < f.floor {
		f.changed.Add(1)
		return sign * f.repair
	}
	return v
}

// few eliminates a small panel, column by column. Each column is subtracted at
// once from the later ones and from the update:
//
//	K_ij −= K_ik K_jk / d_k        for i ≥ j > k
//
// If the panel has no children, the update is fresh: its numbers are of an
// earlier factorisation.
func (f *factor) few(s int32, block, update []float64, rows, width int, fresh bool) {
	first := int(f.first[s])
	for k := range width {
		column := block[k*rows : (k+1)*rows]
		pivot := f.pivot(first+k, column[k])
		column[k] = pivot
		inverse := 1 / pivot
		f.inverse[first+k] = inverse
		for c := k + 1; c < width; c++ {
			factor := column[c] * inverse
			target := block[c*rows : (c+1)*rows][:len(column)]
			for i := c; i < len(column); i++ {
				target[i] -= factor * column[i]
			}
		}
		below := column[width:]
		rest := update
		for a, v := range below {
			factor := v * inverse
			source := below[a:]
			target := rest[:len(source)]
			if fresh {
				for i, x := range source {
					target[i] = -factor * x
				}
			} else {
				for i, x := range source {
					target[i] -= factor * x
				}
			}
			rest = rest[len(source):]
		}
		fresh = false
		for i := k + 1; i < len(column); i++ {
			column[i] *= inverse
		}
	}
}

// assemble adds the update of a child to the block and the update of its
// parent. Updates are lower triangles, column by column.
func assemble(block, update []float64, rows, width int, child []float64, local []int32) {
	deep := rows - width
	at := 0
	for a, ca := range local {
		column := child[at : at+len(local)-a]
		at += len(column)
		var target []float64
		// The first rows of the parent are its own columns, and the others its
		// update.
		if int(ca) < width {
			target = block[int(ca)*rows : (int(ca)+1)*rows]
		} else {
			// Column c of the triangle starts at Σ_{i<c} (deep − i), less c to
			// index by row.
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

// pivots eliminates the columns of a panel inside its block: column k of L is
// column k of the block less the earlier columns' part, divided by the pivot.
func (f *factor) pivots(s int32, block []float64, rows, width int) {
	first := int(f.first[s])
	for k := range width {
		column := block[k*rows+k : (k+1)*rows]
		// Four earlier columns at a time need a quarter of the loads and stores
		// of the column.
		j := 0
		for ; j+4 <= k; j += 4 {
			a, b, c, d := block[j*rows+k:(j+1)*rows], block[(j+1)*rows+k:(j+2)*rows], block[(j+2)*rows+k:(j+3)*rows], block[(j+3)*rows+k:(j+4)*rows]
			subtractFour(column, a, b, c, d, a[0]*block[j*rows+j], b[0]*block[(j+1)*rows+j+1], c[0]*block[(j+2)*rows+j+2], d[0]*block[(j+3)*rows+j+3])
		}
		for ; j < k; j++ {
			a := block[j*rows+k : (j+1)*rows]
			subtractOne(column, a, a[0]*block[j*rows+j])
		}
		pivot := f.pivot(first+k, column[0])
		column[0] = pivot
		inverse := 1 / pivot
		f.inverse[first+k] = inverse
		for i := range column[1:] {
			column[1+i] *= inverse
		}
	}
}

// subtract subtracts L D Lᵀ of a panel's rows below its own columns from its
// update.
func (f *factor) subtract(block, update, scaled []float64, rows, width, threads int) {
	deep := rows - width
	// scaled holds D Lᵀ: entry k of row a is at a·width + k.
	for k := range width {
		d := block[k*rows+k]
		for a, v := range block[k*rows+width : (k+1)*rows] {
			scaled[a*width+k] = d * v
		}
	}
	// Two columns of the target at a time share the loads of the source.
	pair := func(a int) {
		start := a*deep - a*(a-1)/2
		x, y := update[start:start+deep-a], update[start+deep-a:start+2*(deep-a)-1]
		f, g := scaled[a*width:(a+1)*width], scaled[(a+1)*width:(a+2)*width]
		k := 0
		for ; k+4 <= width; k += 4 {
			p, q, r, s := block[k*rows+width+a:(k+1)*rows], block[(k+1)*rows+width+a:(k+2)*rows],
				block[(k+2)*rows+width+a:(k+3)*rows], block[(k+3)*rows+width+a:(k+4)*rows]
			x[0] -= f[k]*p[0] + f[k+1]*q[0] + f[k+2]*r[0] + f[k+3]*s[0]
			subtractPair(x[1:], y, p[1:], q[1:], r[1:], s[1:], (*[4]float64)(f[k:]), (*[4]float64)(g[k:]))
		}
		for ; k < width; k++ {
			source := block[k*rows+width+a : (k+1)*rows]
			subtractOne(x, source, f[k])
			subtractOne(y, source[1:], g[k])
		}
	}
	columns := func(from, to int) {
		a := from
		for ; a+1 < to; a += 2 {
			pair(a)
		}
		for ; a < to; a++ {
			start := a*deep - a*(a-1)/2
			column := update[start : start+deep-a]
			factors := scaled[a*width : (a+1)*width]
			k := 0
			// Four columns at a time read and write the target once instead of
			// four times.
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
	// Each column is computed by one goroutine in the same order, so that
	// threads change no bit.
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

// subtractPair sets x −= f·(a, b, c, d) and y −= g·(a, b, c, d).
func subtractPair(x, y, a, b, c, d []float64, f, g *[4]float64) {
	n := len(x)
	y, a, b, c, d = y[:n], a[:n], b[:n], c[:n], d[:n]
	f0, f1, f2, f3 := f[0], f[1], f[2], f[3]
	g0, g1, g2, g3 := g[0], g[1], g[2], g[3]
	for i := range x {
		p, q, r, s := a[i], b[i], c[i], d[i]
		x[i] -= f0*p + f1*q + f2*r + f3*s
		y[i] -= g0*p + g1*q + g2*r + g3*s
	}
}

// subtractOne sets x −= p a.
func subtractOne(x, a []float64, p float64) {
	a = a[:len(x)]
	for i := range x {
		x[i] -= p * a[i]
	}
}
