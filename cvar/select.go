package cvar

import (
	"math"
	"math/bits"
	"slices"
)

// atom is one scenario of a distribution.
type atom struct{ value, probability float64 }

// upperTail returns the largest value q such that atoms of at least q have a probability of more than
// tail, or the smallest value of all if there is none; and the probability and the weighted sum of the
// atoms above q. For the loss of confidence c and tail 1 − c this q is the value at risk: P(L ≥ q) > 1 − c
// says P(L < q) < c, and q is the largest such value, so the smallest with P(L ≤ q) ≥ c.
//
// It selects instead of sorting (Floyd and Rivest, Communications of the ACM 18, 1975): a sample says
// where q is to be expected, the atoms are split at a pivot just beyond it into larger, equal and smaller
// ones, and only the part that holds q, mostly a small one, is split again. That takes O(n). Samples are
// taken at fixed places, so that equal input gives equal bits; input that makes them useless again and
// again is sorted. atoms is reordered; it must not be empty. inside is its probability.
func upperTail(atoms []atom, inside, tail float64) (q, mass, sum float64) {
	for patience := 64; len(atoms) > 64 && patience > 0; patience-- {
		pivot := expected(sample(len(atoms), func(i int) atom { return atoms[i] }), (tail-mass)/inside)
		larger, equal, largerMass, largerSum, equalMass := partition(atoms, pivot)
		switch {
		case mass+largerMass > tail:
			atoms, inside = atoms[:larger], largerMass
		case mass+largerMass+equalMass > tail || equal == len(atoms):
			return pivot, mass + largerMass, sum + largerSum
		default:
			mass += largerMass + equalMass
			sum += largerSum + equalMass*pivot
			atoms, inside = atoms[equal:], inside-largerMass-equalMass
		}
	}
	sortDown(atoms)
	for i := 0; ; {
		q, equalMass := atoms[i].value, 0.0
		for ; i < len(atoms) && atoms[i].value == q; i++ {
			equalMass += atoms[i].probability
		}
		if mass+equalMass > tail || i == len(atoms) {
			return q, mass, sum
		}
		mass += equalMass
		sum += equalMass * q
	}
}

// partition moves the atoms above the pivot to the front, those at the pivot behind them and the rest to
// the end. larger and equal are where the first two parts end.
func partition(atoms []atom, pivot float64) (larger, equal int, largerMass, largerSum, equalMass float64) {
	end := len(atoms)
	for equal < end {
		a := atoms[equal]
		switch {
		case a.value > pivot:
			largerMass += a.probability
			largerSum += a.probability * a.value
			atoms[equal] = atoms[larger]
			atoms[larger] = a
			larger++
			equal++
		case a.value < pivot:
			end--
			atoms[equal] = atoms[end]
			atoms[end] = a
		default:
			equalMass += a.probability
			equal++
		}
	}
	return larger, equal, largerMass, largerSum, equalMass
}

// expected returns a value such that atoms above it have about the given share of the probability, from a
// sample of them, which it sorts: a little more where that is the smaller part, a little less where it is
// the larger, so that what is looked for lies in the smaller part.
func expected(sample []atom, share float64) float64 {
	sortDown(sample)
	share = min(max(share, 0), 1)
	margin := 2 * math.Sqrt(share*(1-share)/float64(len(sample)))
	if share >= 0.5 {
		margin = -margin
	}
	total := 0.0
	for _, a := range sample {
		total += a.probability
	}
	above := 0.0
	for _, a := range sample {
		above += a.probability
		if above >= (share+margin)*total {
			return a.value
		}
	}
	return sample[len(sample)-1].value
}

// sample returns about the square root of n atoms at equal distances.
func sample(n int, at func(i int) atom) []atom {
	out := make([]atom, 1<<(bits.Len(uint(n))/2))
	for k := range out {
		out[k] = at(k * (n / len(out)))
	}
	return out
}

func sortDown(atoms []atom) {
	slices.SortFunc(atoms, func(a, b atom) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
}
