package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Values on the ledger are integers, because floating-point results may differ
// between processors. Power, energy, prices and weights are [Micro], payments
// are [Money].

// Micro is a number in millionths of its unit: 1 500 000 is 1.5 MW. The range
// is about ±9.2·10¹² units.
type Micro int64

// One is 1 in millionths. For example, 4 * One is 4 MW.
const One Micro = 1_000_000

// ErrRange is returned for a number that is NaN, infinite, or too large for its
// integer form.
var ErrRange = errors.New("ledger: number not finite or out of range")

// ToMicro rounds x to the nearest millionth, halves to even. The error wraps
// [ErrRange].
func ToMicro(x float64) (Micro, error) {
	v, err := toInteger(x * float64(One))
	if err != nil {
		return 0, fmt.Errorf("%w: %v", ErrRange, x)
	}
	return Micro(v), nil
}

// Float returns the number in its unit.
func (m Micro) Float() float64 { return float64(m) / float64(One) }

// String returns the number with all six decimals, for example "1.500000".
func (m Micro) String() string { return decimal(int64(m), 6) }

// Money is an amount in hundredths of the currency: 1250 is 12.50. Receiving is
// positive.
type Money int64

// Float returns the amount in units of the currency.
func (m Money) Float() float64 { return float64(m) / 100 }

// String returns the amount with both decimals, for example "-12.50".
func (m Money) String() string { return decimal(int64(m), 2) }

func decimal(v int64, digits int) string {
	sign, u := "", uint64(v)
	if v < 0 {
		sign, u = "-", -u
	}
	unit := uint64(math.Pow10(digits))
	return fmt.Sprintf("%s%d.%0*d", sign, u/unit, digits, u%unit)
}

func toInteger(x float64) (int64, error) {
	r := math.RoundToEven(x)
	if math.IsNaN(r) || math.Abs(r) >= 1<<63 {
		return 0, ErrRange
	}
	return int64(r), nil
}

// WeightMicros rounds three weights to millionths whose sum is exactly 1 000
// 000. The weights must be finite and not negative, and their sum must be 1
// within 1e-6. For example, three thirds become 333 334, 333 333 and 333 333.
func WeightMicros(w [3]float64) ([3]uint32, error) {
	var out [3]uint32
	for _, x := range w {
		if !(x >= 0) { // also rejects NaN
			return out, fmt.Errorf("ledger: weights %v: want three finite numbers, none negative", w)
		}
	}
	if sum := w[0] + w[1] + w[2]; !(math.Abs(sum-1) <= 1e-6) {
		return out, fmt.Errorf("ledger: weights %v sum to %v, want 1", w, sum)
	}
	parts, err := apportion([]float64{w[0] * 1e6, w[1] * 1e6, w[2] * 1e6}, 1_000_000)
	if err != nil {
		return out, err
	}
	for i, p := range parts {
		out[i] = uint32(p)
	}
	return out, nil
}

// Balance rounds amounts in units of the currency to [Money] whose sum is
// exactly zero. The sum of the amounts must be zero within tolerance. It is the
// only function that rounds money.
//
// Rounding is by largest remainder, with ties in favour of the earlier
// position. Each result differs from its amount by at most one hundredth plus
// an equal share of the remaining sum. For example, -10, 10/3, 10/3, 10/3
// become -10.00, 3.34, 3.33, 3.33.
func Balance(amounts []float64, tolerance float64) ([]Money, error) {
	sum := 0.0
	scaled := make([]float64, len(amounts))
	for i, a := range amounts {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return nil, fmt.Errorf("%w: payment %d is %v", ErrRange, i, a)
		}
		sum += a
		scaled[i] = a * 100
	}
	if !(math.Abs(sum) <= tolerance) { // also rejects a tolerance of NaN
		return nil, fmt.Errorf("ledger: payments sum to %.9g, want 0 within %g; each receipt needs a payer", sum, tolerance)
	}
	for i := range scaled {
		scaled[i] -= sum * 100 / float64(len(scaled))
	}
	return apportionAs[Money](scaled, 0)
}

// apportion rounds values down and adds one to those with the largest
// remainders until the sum is total.
func apportion(values []float64, total int64) ([]int64, error) {
	return apportionAs[int64](values, total)
}

// apportionAs is apportion for any integer type.
func apportionAs[T ~int64](values []float64, total int64) ([]T, error) {
	out := make([]T, len(values))
	order := make([]int, len(values))
	missing := total
	for i, v := range values {
		down, err := toInteger(math.Floor(v))
		if err != nil {
			return nil, fmt.Errorf("%w: value %d is %v", ErrRange, i, v)
		}
		out[i], order[i] = T(down), i
		missing -= down
	}
	if len(values) == 0 && total == 0 {
		return out, nil
	}
	// A stable sort keeps the earlier position first among equal remainders.
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(values[b]-math.Floor(values[b]), values[a]-math.Floor(values[a]))
	})
	n := int64(len(values))
	if n == 0 || missing < -n || missing > 2*n {
		return nil, fmt.Errorf("%w: rounding %d values to a sum of %d leaves %d", ErrRange, n, total, missing)
	}
	for i := int64(0); missing > 0; i++ {
		out[order[i%n]]++
		missing--
	}
	for i := n - 1; missing < 0; i-- {
		out[order[i]]--
		missing++
	}
	return out, nil
}
