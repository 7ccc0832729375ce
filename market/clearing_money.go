package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Fen is the value of the minor unit of the CNY, for [Settle].
const Fen = 0.01

// Largest numbers of minor units, as powers of two. float64 counts up to 2^53
// one by one, as Settle needs for its remainders. The counterparty of
// SettleWith closes the sum in whole numbers, so that only the sum in an int64
// limits them.
const (
	settleBits     = 53
	settleWithBits = 62
)

// Settle converts amounts of money between parties, whose sum is zero up to
// rounding, into whole minor units with a sum of exactly zero. unit is the
// value of one minor unit ([Fen], or 0.01 of any currency with cents). Payments
// are positive and receipts negative, or the reverse.
//
// Every result is the amount rounded down or up by less than one unit. The
// amounts with the largest remainders are rounded up, of equal remainders those
// with the lower index, so equal amounts give equal units. Largest remainders
// minimise the sum of the absolute rounding errors under a fixed total
// (Balinski and Young, Fair Representation, 1982). Whole amounts stay, also one
// like 0.29 that binary represents slightly below: its remainder is the
// largest, and it is rounded up.
//
// For example, 0.004, 0.004 and −0.008 at a unit of 0.01 give 1, 0 and −1.
// Rounding down leaves one unit, which the first of the largest remainders
// (0.4, 0.4 and 0.2) receives.
//
// Settle returns an error if the sum differs from zero by more than rounding,
// if an amount is not finite, or if the unit is not positive.
func Settle(amounts []float64, unit float64) ([]int64, error) {
	scaled, err := inUnits(amounts, unit, settleBits)
	if err != nil {
		return nil, err
	}
	// Products of price and quantity have relative errors near 1e-16, and a
	// cleared auction may be unbalanced by its dust. A larger difference means
	// that a party is missing; it must not be distributed over the others.
	const tolerance = 1e-10
	total, size := 0.0, 0.0
	for _, a := range scaled {
		total += a
		size += math.Abs(a)
	}
	if math.Abs(total) > tolerance*size {
		return nil, fmt.Errorf(
			"settlement: amounts add up to %v, not to 0; add the missing party or use SettleWith",
			total*unit)
	}
	units := make([]int64, len(scaled))
	remainder := make([]float64, len(scaled))
	var broken []int // indices of amounts that are not whole
	short := int64(0)
	for i, a := range scaled {
		down := math.Floor(a)
		units[i], remainder[i] = int64(down), a-down
		short -= units[i]
		if remainder[i] > 0 {
			broken = append(broken, i)
		}
	}
	// Every floor removes less than one unit, so rounding up some of the broken
	// amounts restores the sum, unless amounts are so large that the tolerance
	// on their total exceeds a unit.
	if short < 0 || short > int64(len(broken)) {
		return nil, fmt.Errorf(
			"settlement: amounts add up to %v, more than rounding explains; add the missing party",
			total*unit)
	}
	slices.SortStableFunc(broken, func(i, j int) int { return cmp.Compare(remainder[j], remainder[i]) })
	for _, i := range broken[:short] {
		units[i]++
	}
	return units, nil
}

// SettleWith converts the amounts of parties into whole minor units, each
// rounded to the nearest (halves away from zero). It also returns the amount of
// the counterparty (grid, exchange or registry) that makes the sum exactly
// zero. The counterparty bears the rounding, at most half a unit per party.
// Amounts above 2^53 units are whole numbers as float64, up to 2^62 units in
// total.
func SettleWith(amounts []float64, unit float64) (parties []int64, counterparty int64, err error) {
	scaled, err := inUnits(amounts, unit, settleWithBits)
	if err != nil {
		return nil, 0, err
	}
	parties = make([]int64, len(scaled))
	for i, a := range scaled {
		parties[i] = int64(math.Round(a))
		counterparty -= parties[i]
	}
	return parties, counterparty, nil
}

// inUnits divides amounts by the unit. It reports amounts that have more than
// 2^bits minor units in total.
func inUnits(amounts []float64, unit float64, bits int) ([]float64, error) {
	var bad faults.List
	if !finite(unit) || unit <= 0 {
		bad.Addf("settlement: a minor unit of %v, want a positive value such as 0.01", unit)
		return nil, bad.Err()
	}
	scaled := make([]float64, len(amounts))
	size := 0.0
	for i, a := range amounts {
		scaled[i] = a / unit
		size += math.Abs(scaled[i])
		if !finite(a) {
			bad.Addf("settlement: amount %d is %v, want a finite number", i, a)
		}
	}
	if bad.Len() == 0 && size > math.Ldexp(1, bits) {
		bad.Addf(
			"settlement: %v minor units in total, want at most 2^%d; choose a larger unit", size, bits)
	}
	return scaled, bad.Err()
}
