package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Fen is the minor unit of the CNY in CNY, for [Settle].
const Fen = 0.01

// maxMinor is the largest number of minor units a float64 still counts one by one.
const maxMinor = 1 << 53

// Settle turns amounts of money between parties, which add up to zero except for rounding, into whole
// minor units that add up to zero exactly. unit is the value of one minor unit ([Fen], or 0.01 of any
// currency with cents). Payments are positive and receipts negative, or the other way round.
//
// Every result is the amount rounded down or up, never further away; an amount that is a whole number
// of units stays, even one like 0.29 that binary puts a hair below: its remainder is then the largest
// and the missing unit exists. Who is rounded up is decided by the largest remainder, and among equal remainders by
// the lower index, so the same amounts always give the same units. (Largest remainders minimise the
// sum of the absolute rounding errors among all roundings that keep the total.)
func Settle(amounts []float64, unit float64) ([]int64, error) {
	scaled, err := inUnits(amounts, unit)
	if err != nil {
		return nil, err
	}
	// Amounts computed as price times quantity carry relative errors near 1e-16, and a cleared auction
	// may be out of balance by its dust. Anything larger is a party left out, and shall not be spread
	// over the others.
	const tolerance = 1e-10
	total, size := 0.0, 0.0
	for _, a := range scaled {
		total += a
		size += math.Abs(a)
	}
	if math.Abs(total) > tolerance*size {
		return nil, fmt.Errorf("settlement: the amounts add up to %v, not to 0; name the party that is left out, or use SettleWith", total*unit)
	}
	units := make([]int64, len(scaled))
	remainder := make([]float64, len(scaled))
	var broken []int // amounts that are not whole
	short := int64(0)
	for i, a := range scaled {
		down := math.Floor(a)
		units[i], remainder[i] = int64(down), a-down
		short -= units[i]
		if remainder[i] > 0 {
			broken = append(broken, i)
		}
	}
	// Every floor takes less than one unit, so the shortage is covered by rounding some of the broken
	// amounts up, unless the amounts are so large that the tolerance on their total exceeds a unit.
	if short < 0 || short > int64(len(broken)) {
		return nil, fmt.Errorf("settlement: the amounts add up to %v, more than rounding can settle; name the party that is left out", total*unit)
	}
	slices.SortStableFunc(broken, func(i, j int) int { return cmp.Compare(remainder[j], remainder[i]) })
	for _, i := range broken[:short] {
		units[i]++
	}
	return units, nil
}

// SettleWith turns the amounts of parties into whole minor units, each rounded to the nearest (halves
// away from zero), and returns the amount of the counterparty that makes the sum zero exactly: the
// grid, the exchange or the registry that stands against them all and carries the rounding, at most
// half a unit per party.
func SettleWith(amounts []float64, unit float64) (parties []int64, counterparty int64, err error) {
	scaled, err := inUnits(amounts, unit)
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

// inUnits divides by the unit. Amounts so large that minor units can no longer be told apart are
// refused, together or singly.
func inUnits(amounts []float64, unit float64) ([]float64, error) {
	var bad faults.List
	if !finite(unit) || unit <= 0 {
		bad.Addf("settlement: a minor unit of %v; give its value, for instance 0.01", unit)
		return nil, bad.Err()
	}
	scaled := make([]float64, len(amounts))
	size := 0.0
	for i, a := range amounts {
		scaled[i] = a / unit
		size += math.Abs(scaled[i])
		if !finite(a) {
			bad.Addf("settlement: amount %d is %v", i, a)
		}
	}
	if bad.Len() == 0 && size > maxMinor {
		bad.Addf("settlement: %v minor units in all; more than 2^53 cannot be counted exactly, choose a larger unit", size)
	}
	return scaled, bad.Err()
}
