package cvar

import (
	"math"
	"math/bits"
	"slices"
)

// atom is one scenario of a distribution.
type atom struct{ value, probability float64 }

// upperTail returns the largest value q such that atoms of at least q have a
// probability above tail, or the smallest value if there is none. It also
// returns the probability and the weighted sum of the atoms above q.
//
// For a loss, a confidence c and tail = 1 − c, q is the value at risk: P(L ≥ q)
// > 1 − c is equivalent to P(L < q) < c, and q is the largest such value and
// therefore the smallest with P(L ≤ q) ≥ c.
//
// The function selects instead of sorting (Floyd and Rivest, Communications of
// the ACM 18, 1975, algorithm 489) and takes O(n) time. A sample gives the
// probable place of q. A pivot just beyond that place splits the atoms into
// larger, equal and smaller ones, and the loop continues with the part that
// contains q, which is small in most cases. Samples are taken at fixed places,
// so that equal input gives equal bits. If 64 samples in a row were useless,
// the rest is sorted. atoms is reordered; it must not be empty. inside is the
// probability of atoms.
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

// partition moves atoms above the pivot to the front, atoms at the pivot behind
// them, and the other atoms to the end. The first part ends before index
// larger, the second before index equal.
func partition(atoms []atom, pivot float64) (larger, equal int, largerMass, largerSum, equalMass float64) {
	var (
		end       = len(atoms)
		above, at compensated
	)
	for equal < end {
		a := atoms[equal]
		switch {
		case a.value > pivot:
			above.add(a.probability)
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
			at.add(a.probability)
			equal++
		}
	}
	return larger, equal, above.sum(), largerSum, at.sum()
}

// compensated is a sum whose rounding does not grow with the number of terms
// (Kahan). Plain sums of a million times 1e-6 are wrong by 1e-11, which moves a
// quantile by one value.
type compensated struct{ total, lost float64 }

// add adds a term that is not larger than the final sum by magnitude.
func (c *compensated) add(x float64) {
	next := c.total + x
	c.lost += x - (next - c.total)
	c.total = next
}

// sum returns the sum of all terms.
func (c *compensated) sum() float64 { return c.total + c.lost }

// expected returns a value from the sample such that atoms above it have about
// the given share of the probability. It sorts the sample. The share is
// enlarged by two standard errors if it is below one half, and reduced
// otherwise, so that the wanted quantile lies in the smaller of the two parts.
//
//	margin = 2 √(share (1 − share) / n)      n atoms in the sample
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

// sample returns about √n of n atoms at equal distances.
func sample(n int, at func(i int) atom) []atom {
	out := make([]atom, 1<<(bits.Len(uint(n))/2))
	for k := range out {
		out[k] = at(k * (n / len(out)))
	}
	return out
}

// sortDown sorts atoms from the largest to the smallest value.
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
