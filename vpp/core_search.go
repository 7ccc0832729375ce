package vpp

import (
	"context"
	"errors"
	"math"
	"math/bits"
)

// coreRow is a coalition with its gain: the row x(S) + t ≥ v(S) of a linear
// program.
type coreRow struct {
	s     Coalition
	gain  float64
	fixed bool // of [enumeration]: the excess follows from those already fixed
}

// coreSource returns rows of the programs of a [coreSearch].
type coreSource interface {
	// start returns the rows with which the search begins.
	start(ctx context.Context, x *coreSearch) ([]coreRow, error)
	// worst returns a coalition of large excess at a division, among those that
	// are free and have an excess above a limit. found is false if there is
	// none that can run.
	worst(ctx context.Context, x *coreSearch, at []float64, above float64) (row coreRow, found bool, err error)
	// narrowed is called after coalitions have been fixed.
	narrowed(x *coreSearch)
	// known returns the number of coalitions whose gain was used, and of
	// programs solved.
	known() (coalitions, programs int)
}

// coreSearch finds the nucleolus by a sequence of linear programs in the
// division x and t,
//
//	min t      x(N) = v(N),  v(S) − x(S) ≤ t for free S,  x(S) = v(S) − t_k for fixed S
//
// The first optimum t is ε of the least core. Coalitions with a positive dual
// have the excess t in each optimum. They are fixed, and with them all
// coalitions whose indicator is a combination of fixed ones. Each program
// raises the rank of the fixed ones, so that n programs suffice. The rows of a
// program are generated: an optimum over some rows is an optimum over all if
// the largest excess at its x is at most t.
//
// Sources: Maschler, Peleg, Shapley, Math. Oper. Res. 4 (1979) 303, for the
// sequence; Hallefjord, Helming, Jørnsten, Computing the nucleolus when the
// characteristic function is given implicitly, Int. J. Game Theory 24 (1995)
// 357, for the generation of rows.
type coreSearch struct {
	members   []int
	place     [MaxDERs]int // of a member in members
	all       Coalition
	total     float64
	source    coreSource
	tolerance float64 // of excesses, currency

	pool []coreRow
	has  map[Coalition]bool

	span   [][]float64 // orthonormal basis of the fixed indicators
	amount []float64   // span[k] · x
	rest   [][]float64 // orthonormal basis of the directions in which x is free
	fixed  []fixedRow
}

// fixedRow is a coalition with an excess that is fixed, and the program that
// fixed it. A negative one stands for x(N) = v(N).
type fixedRow struct {
	coreRow
	program int
}

// newCoreSearch returns a search over the divisions of the gain of s.
func newCoreSearch(s Coalition, total float64, source coreSource) *coreSearch {
	x := &coreSearch{
		members: s.Members(), all: s, total: total, source: source, has: map[Coalition]bool{},
		tolerance: 1e-10 * max(1, math.Abs(total)),
	}
	for p, i := range x.members {
		x.place[i] = p
	}
	x.fix(fixedRow{coreRow{s: s, gain: total}, -1}, 0)
	x.narrow()
	return x
}

// lowest returns the member with the lowest number.
func lowest(s Coalition) int { return bits.TrailingZeros64(uint64(s)) }

// errCore is the error of a search that makes no progress.
var errCore = errors.New("vpp: core: the linear programs make no progress, because gains of very different size " +
	"exceed the accuracy of floating-point numbers; state them in a larger unit")

// core returns the core with the rows that determine the nucleolus.
func (x *coreSearch) core(ctx context.Context) (*Core, []fixedRow, error) {
	out := &Core{Members: x.all, Gain: x.total, LeastCore: math.Inf(-1)}
	rows, err := x.source.start(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		x.add(row)
	}
	for program := 0; len(x.rest) > 0; program++ {
		t, dual, err := x.level(ctx)
		if err != nil {
			return nil, nil, err
		}
		if dual == nil { // no coalition limits the rest
			out.Coalitions, out.Programs = x.source.known()
			return out, nil, nil
		}
		if program == 0 {
			out.LeastCore = t
		}
		for k, lambda := range dual {
			row := x.pool[k]
			if lambda <= positiveDual {
				continue
			}
			if program == 0 {
				out.Worst = append(out.Worst, Excess{Coalition: row.s, Gain: row.gain, Paid: row.gain - t, Excess: t})
			}
			x.fix(fixedRow{row, program}, t)
		}
		x.narrow()
	}
	out.Nucleolus = x.division(nil)
	out.Coalitions, out.Programs = x.source.known()
	return out, x.fixed, nil
}

// positiveDual is the dual above which a coalition is fixed. Duals sum to 1.
const positiveDual = 1e-8

// sameExcess is the accepted error of an excess, relative to the largest gain,
// if the coalition with the largest excess is a row of the program already.
const sameExcess = 1e-6

// level solves one program of the sequence. It returns the optimum t and the
// dual of each row of the pool, or no duals if no free coalition limits t.
func (x *coreSearch) level(ctx context.Context) (t float64, dual []float64, err error) {
	m := newCoreMaster(len(x.rest))
	for _, row := range x.pool {
		m.add(x.column(row))
	}
	for repeats := 0; ; {
		limited, err := m.solve()
		if err != nil {
			return 0, nil, err
		}
		y := m.y
		if !limited { // along y all rows of the pool become loose: look far away
			y = make([]float64, len(m.y))
			for j := range y {
				y[j] = m.y[j] * math.Pow(100, float64(repeats+1)) * max(1, x.scale())
			}
		}
		above := math.Inf(-1)
		if limited {
			above = m.t + x.tolerance
		}
		row, found, err := x.source.worst(ctx, x, x.point(y), above)
		switch known := x.has[row.s]; {
		case err != nil:
			return 0, nil, err
		case !found && limited:
			return m.t, m.lambda, nil
		case !found:
			return 0, nil, nil
		case known && limited:
			// The excess of a row of the program is at most t, so that the rest
			// is rounding.
			if excess(row.s, row.gain, x.division(y)).Excess > m.t+sameExcess*max(1, x.scale()) {
				return 0, nil, errCore
			}
			return m.t, m.lambda, nil
		case known && repeats == 3:
			return 0, nil, nil
		case known:
			repeats++
			continue
		}
		repeats = 0
		x.add(row)
		m.add(x.column(row))
	}
}

// scale returns the largest gain of the pool.
func (x *coreSearch) scale() float64 {
	scale := math.Abs(x.total)
	for _, row := range x.pool {
		scale = max(scale, math.Abs(row.gain))
	}
	return scale
}

// add adds a row to the pool.
func (x *coreSearch) add(row coreRow) {
	x.pool = append(x.pool, row)
	x.has[row.s] = true
}

// narrow computes the free directions and drops the rows of the pool that are
// fixed.
func (x *coreSearch) narrow() {
	x.rest = nil
	n := len(x.members)
	for p := 0; p < n && len(x.span)+len(x.rest) < n; p++ {
		unit := make([]float64, n)
		unit[p] = 1
		if r, norm := without(unit, x.span, x.rest); norm > 1e-6 {
			x.rest = append(x.rest, r)
		}
	}
	kept := x.pool[:0]
	for _, row := range x.pool {
		if x.free(row.s) {
			kept = append(kept, row)
		}
	}
	x.pool = kept
	x.source.narrowed(x)
}

// free reports whether the excess of a coalition does not follow from the fixed
// ones.
func (x *coreSearch) free(s Coalition) bool {
	_, norm := without(x.indicator(s), x.span)
	return norm > 1e-6
}

// indicator returns the vector that is 1 for each member of s.
func (x *coreSearch) indicator(s Coalition) []float64 {
	out := make([]float64, len(x.members))
	for _, i := range s.Members() {
		out[x.place[i]] = 1
	}
	return out
}

// fix fixes the excess of a coalition at t.
func (x *coreSearch) fix(row fixedRow, t float64) {
	x.fixed = append(x.fixed, row)
	e := x.indicator(row.s)
	r, norm := without(e, x.span)
	if norm <= 1e-6 {
		return
	}
	value := row.gain - t
	for k, q := range x.span {
		value -= dot(e, q) * x.amount[k]
	}
	x.span, x.amount = append(x.span, r), append(x.amount, value/norm)
}

// point returns the division with the coordinates y in the free directions.
func (x *coreSearch) point(y []float64) []float64 {
	out := make([]float64, len(x.members))
	for k, q := range x.span {
		for p := range out {
			out[p] += x.amount[k] * q[p]
		}
	}
	for j := range y {
		for p := range out {
			out[p] += y[j] * x.rest[j][p]
		}
	}
	return out
}

// division returns a point by member.
func (x *coreSearch) division(y []float64) map[int]float64 {
	out := make(map[int]float64, len(x.members))
	for p, amount := range x.point(y) {
		out[x.members[p]] = amount
	}
	return out
}

// column returns a row in the coordinates of the free directions: v(S) − x(S) =
// cost − a·y.
func (x *coreSearch) column(row coreRow) (a []float64, cost float64) {
	e := x.indicator(row.s)
	for _, p := range x.rest {
		a = append(a, dot(e, p))
	}
	return a, row.gain - dot(e, x.point(nil))
}

// without returns a vector without its parts in some orthonormal vectors, of
// length 1, and its length before.
func without(v []float64, bases ...[][]float64) (r []float64, norm float64) {
	r = append([]float64(nil), v...)
	for range 2 { // the second pass removes the rounding of the first
		for _, basis := range bases {
			for _, q := range basis {
				along := dot(r, q)
				for p := range r {
					r[p] -= along * q[p]
				}
			}
		}
	}
	if norm = math.Sqrt(dot(r, r)); norm > 0 {
		for p := range r {
			r[p] /= norm
		}
	}
	return r, norm
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for k := range a {
		sum += a[k] * b[k]
	}
	return sum
}
