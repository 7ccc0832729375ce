package microgrid

import (
	"math"
	"slices"
)

// point is a point of a curve.
type point struct{ x, y float64 }

// curve is a continuous piecewise linear function on [first x, last x], by its
// points in ascending x. Two points with the same x are a jump; the function
// has the smaller value there. Outside the interval the function is +∞.
type curve []point

// at returns the value at x. A value just outside the interval, within
// rounding, counts as its end.
func (c curve) at(x float64) float64 {
	n := len(c)
	if n == 0 {
		return math.Inf(1)
	}
	slack := 1e-9 * max(1, math.Abs(x))
	if x < c[0].x-slack || x > c[n-1].x+slack {
		return math.Inf(1)
	}
	i, exact := slices.BinarySearchFunc(c, x, func(p point, x float64) int {
		switch {
		case p.x < x:
			return -1
		case p.x > x:
			return 1
		}
		return 0
	})
	switch {
	case exact:
		y := c[i].y
		for ; i < n && c[i].x == x; i++ {
			y = min(y, c[i].y)
		}
		return y
	case i == 0:
		return c[0].y
	case i == n:
		return c[n-1].y
	}
	return between(c[i-1], c[i], x)
}

// between returns the value of the line through two points at x.
func between(a, b point, x float64) float64 {
	return a.y + (b.y-a.y)*((x-a.x)/(b.x-a.x))
}

// convexParts splits a curve into its largest convex parts, from left to right.
//
// For example, the curve through (0,0), (1,2), (2,3), (3,6) has slopes 2, 1, 3
// and the parts [0,1] and [1,3].
func (c curve) convexParts(parts []curve) []curve {
	start := 0
	last := math.Inf(-1)
	for i := 1; i < len(c); i++ {
		dx, dy := c[i].x-c[i-1].x, c[i].y-c[i-1].y
		if dx == 0 { // a jump
			parts = append(parts, c[start:i])
			start, last = i, math.Inf(-1)
			continue
		}
		slope := dy / dx
		if slope < last-1e-12*(1+math.Abs(last)) {
			parts = append(parts, c[start:i])
			start = i - 1
		}
		last = slope
	}
	return append(parts, c[start:])
}

// convolve returns min over u of f(u) + v(x − u) of two convex curves: segments
// of both in the order of their slopes. The result is written to out.
func convolve(out, f, v curve) curve {
	p := point{f[0].x + v[0].x, f[0].y + v[0].y}
	out = append(out[:0], p)
	i, j := 1, 1
	for i < len(f) || j < len(v) {
		var dx, dy float64
		takeF := j == len(v)
		if i < len(f) && j < len(v) {
			// Slopes are compared by products, because dx > 0.
			fx, fy := f[i].x-f[i-1].x, f[i].y-f[i-1].y
			vx, vy := v[j].x-v[j-1].x, v[j].y-v[j-1].y
			takeF = fy*vx <= vy*fx
		}
		if takeF {
			dx, dy = f[i].x-f[i-1].x, f[i].y-f[i-1].y
			i++
		} else {
			dx, dy = v[j].x-v[j-1].x, v[j].y-v[j-1].y
			j++
		}
		p = point{p.x + dx, p.y + dy}
		out = append(out, p)
	}
	return out
}

// clip returns the part of a curve within [lo, hi], written to out; empty if
// there is none.
func (c curve) clip(out curve, lo, hi float64) curve {
	out = out[:0]
	if len(c) == 0 || c[0].x > hi || c[len(c)-1].x < lo {
		return out
	}
	for i, p := range c {
		switch {
		case p.x < lo:
			if i+1 < len(c) && c[i+1].x > lo {
				out = append(out, point{lo, between(p, c[i+1], lo)})
			}
		case p.x > hi:
			if i > 0 && c[i-1].x < hi {
				out = append(out, point{hi, between(c[i-1], p, hi)})
			}
			return out
		default:
			out = append(out, p)
		}
	}
	return out
}

// lower returns the minimum of two curves, written to out.
func lower(out, a, b curve) curve {
	out = out[:0]
	if len(a) == 0 {
		return append(out, b...)
	}
	if len(b) == 0 {
		return append(out, a...)
	}
	// Between two neighbouring x of either curve both are lines, which cross at
	// most once.
	i, j := 0, 0
	var left float64
	first := true
	for i < len(a) || j < len(b) {
		var x float64
		switch {
		case j == len(b) || (i < len(a) && a[i].x <= b[j].x):
			x = a[i].x
		default:
			x = b[j].x
		}
		if !first && x > left {
			out = crossing(out, a, b, i, j, left, x)
		}
		for i < len(a) && a[i].x == x {
			i++
		}
		for j < len(b) && b[j].x == x {
			j++
		}
		left, first = x, false
	}
	return out.simplify()
}

// crossing appends the minimum of two curves on [left, right], on which each is
// a line or absent. i and j are the first points of a and b at or after right.
func crossing(out, a, b curve, i, j int, left, right float64) curve {
	var al, ar, bl, br float64
	hasA, hasB := i > 0 && i < len(a), j > 0 && j < len(b)
	if hasA {
		al, ar = between(a[i-1], a[i], left), between(a[i-1], a[i], right)
	}
	if hasB {
		bl, br = between(b[j-1], b[j], left), between(b[j-1], b[j], right)
	}
	add := func(x, y float64) {
		if n := len(out); n == 0 || out[n-1].x != x || math.Abs(out[n-1].y-y) > 1e-9*(1+math.Abs(y)) {
			out = append(out, point{x, y})
		}
	}
	switch {
	case !hasA && !hasB:
	case !hasB:
		add(left, al)
		add(right, ar)
	case !hasA:
		add(left, bl)
		add(right, br)
	default:
		add(left, min(al, bl))
		if dl, dr := al-bl, ar-br; dl*dr < 0 {
			x := left + (right-left)*(dl/(dl-dr))
			if x > left && x < right {
				add(x, al+(ar-al)*((x-left)/(right-left)))
			}
		}
		add(right, min(ar, br))
	}
	return out
}

// simplify removes points that lie on the line of their neighbours, in place.
// Without it, points would multiply over the hours of a window.
func (c curve) simplify() curve {
	n := 0
	for _, p := range c {
		for n >= 2 {
			a, b := c[n-2], c[n-1]
			if b.x == a.x || p.x == b.x {
				break
			}
			if math.Abs(between(a, p, b.x)-b.y) > 1e-10*(1+math.Abs(b.y)) {
				break
			}
			n--
		}
		c[n] = p
		n++
	}
	return c[:n]
}
