package ipm

// solve replaces b, by column, by the solution of L D Lᵀ x = b. Groups are
// solved in parallel; their additions to the upper part are summed in the order
// of the groups.
func (f *factor) solve(b []float64) {
	from := f.upperColumn()
	upper := b[from:]
	f.parallel(func(k int) {
		clear(f.above[k])
		f.forward(f.group[k], f.group[k+1], b, f.above[k], from)
	})
	if f.group[groups] > 0 {
		for _, part := range f.above {
			for i, v := range part {
				upper[i] += v
			}
		}
	}
	f.forward(f.group[groups], f.group[groups+1], b, upper, from)
	f.backward(f.group[groups], f.group[groups+1], b)
	f.parallel(func(k int) { f.backward(f.group[k], f.group[k+1], b) })
}

// forward solves L x = b for a range of panels. Rows from the column on are
// subtracted from above, which belongs to one group, so that groups never write
// to the same place.
func (f *factor) forward(s, to int32, b, above []float64, from int32) {
	var scratch []float64
	for ; s < to; s++ {
		rows := f.rows[s]
		n := len(rows)
		first := f.first[s]
		width := int(f.first[s+1] - first)
		block := f.values[f.at[s]:f.at[s+1]]
		own := b[first : int(first)+width]
		below := rows[width:]
		// Most panels of a sparse factor have one column, for which the sums
		// below cost more.
		if width == 1 {
			x := own[0]
			if x == 0 {
				continue
			}
			for i, r := range below {
				if r < from {
					b[r] -= block[1+i] * x
				} else {
					above[r-from] -= block[1+i] * x
				}
			}
			continue
		}
		if width == 2 && n <= fewRows {
			x := own[0]
			y := own[1] - block[1]*x
			own[1] = y
			c, d := block[2:n], block[n+2:]
			d = d[:len(c)]
			for i, r := range below[:len(c)] {
				if v := c[i]*x + d[i]*y; r < from {
					b[r] -= v
				} else {
					above[r-from] -= v
				}
			}
			continue
		}
		if width == 3 && n <= fewRows {
			x := own[0]
			y := own[1] - block[1]*x
			z := own[2] - block[2]*x - block[n+2]*y
			own[1], own[2] = y, z
			c, d, e := block[3:n], block[n+3:2*n], block[2*n+3:]
			d, e = d[:len(c)], e[:len(c)]
			for i, r := range below[:len(c)] {
				if v := c[i]*x + d[i]*y + e[i]*z; r < from {
					b[r] -= v
				} else {
					above[r-from] -= v
				}
			}
			continue
		}
		// The rows below are summed densely and scattered once.
		if len(scratch) < n {
			scratch = make([]float64, 2*n)
		}
		sum := scratch[:n-width]
		clear(sum)
		for k := range width {
			x := own[k]
			if x == 0 {
				continue
			}
			column := block[k*n : (k+1)*n]
			for i := k + 1; i < width; i++ {
				own[i] -= column[i] * x
			}
			for i, l := range column[width:] {
				sum[i] += l * x
			}
		}
		for i, r := range below {
			if r < from {
				b[r] -= sum[i]
			} else {
				above[r-from] -= sum[i]
			}
		}
	}
}

// backward solves D Lᵀ x = b for a range of panels, the last one first.
func (f *factor) backward(from, to int32, b []float64) {
	var scratch []float64
	for s := to - 1; s >= from; s-- {
		rows := f.rows[s]
		n := len(rows)
		first := f.first[s]
		width := int(f.first[s+1] - first)
		block := f.values[f.at[s]:f.at[s+1]]
		own := b[first : int(first)+width]
		if width == 1 {
			x := own[0] * f.inverse[first]
			for i, r := range rows[1:] {
				x -= block[1+i] * b[r]
			}
			own[0] = x
			continue
		}
		if width == 2 && n <= fewRows {
			x, y := own[0]*f.inverse[first], own[1]*f.inverse[first+1]
			c, d := block[2:n], block[n+2:]
			d = d[:len(c)]
			for i, r := range rows[2:][:len(c)] {
				v := b[r]
				x -= c[i] * v
				y -= d[i] * v
			}
			own[0], own[1] = x-block[1]*y, y
			continue
		}
		if width == 3 && n <= fewRows {
			x, y, z := own[0]*f.inverse[first], own[1]*f.inverse[first+1], own[2]*f.inverse[first+2]
			c, d, e := block[3:n], block[n+3:2*n], block[2*n+3:]
			d, e = d[:len(c)], e[:len(c)]
			for i, r := range rows[3:][:len(c)] {
				v := b[r]
				x -= c[i] * v
				y -= d[i] * v
				z -= e[i] * v
			}
			y -= block[n+2] * z
			own[0], own[1], own[2] = x-block[1]*y-block[2]*z, y, z
			continue
		}
		if len(scratch) < n {
			scratch = make([]float64, 2*n)
		}
		// known has the entries of x in the panel's rows, gathered once.
		known := scratch[:n]
		for i := width; i < n; i++ {
			known[i] = b[rows[i]]
		}
		for k := width - 1; k >= 0; k-- {
			x := own[k] * f.inverse[int(first)+k]
			column := block[k*n : (k+1)*n]
			for i := k + 1; i < n; i++ {
				x -= column[i] * known[i]
			}
			own[k], known[k] = x, x
		}
	}
}
