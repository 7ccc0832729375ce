package evogame

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/internal/faults"
)

// State is a point of the product of simplices: x[i][v] ≥ 0 is the probability
// of strategy v in population i, or the population share that plays v, and Σ_v
// x[i][v] = 1.
//
// For example, {{0.25, 0.75}, {1, 0}} is a state of two populations. The first
// plays strategy 1 with probability 0.75, the second plays strategy 0 with
// certainty.
type State [][]float64

// newState returns a zero state. Its rows share one array.
func newState(sizes []int) State {
	total := 0
	for _, m := range sizes {
		total += m
	}
	flat := make([]float64, total)
	return carve(make(State, len(sizes)), flat, sizes)
}

// carve sets the rows of x to consecutive parts of flat, of the given sizes,
// and returns x.
func carve(x State, flat []float64, sizes []int) State {
	for i, m := range sizes {
		x[i], flat = flat[:m:m], flat[m:]
	}
	return x
}

// Uniform returns the barycentre: every strategy of a player has the same
// probability.
func Uniform(s Shape) State {
	x := newState(sizesOf(s))
	for _, row := range x {
		for v := range row {
			row[v] = 1 / float64(len(row))
		}
	}
	return x
}

// Vertex returns the pure state in which each player i plays profile[i] with
// probability 1.
func Vertex(s Shape, profile []int) State {
	x := newState(sizesOf(s))
	for i, v := range profile {
		x[i][v] = 1
	}
	return x
}

// RandomState draws the state of each population uniformly from its simplex.
// Equal sources give equal states.
func RandomState(s Shape, source rand.Source) State {
	random := rand.New(source)
	x := newState(sizesOf(s))
	for _, row := range x {
		for v := range row {
			// Normalised exponential variates are uniform on the simplex
			// (Dirichlet with all α = 1).
			row[v] = random.ExpFloat64()
		}
		normalise(row)
	}
	return x
}

// Clone returns a deep copy.
func (x State) Clone() State {
	sizes := make([]int, len(x))
	for i, row := range x {
		sizes[i] = len(row)
	}
	y := newState(sizes)
	for i, row := range x {
		copy(y[i], row)
	}
	return y
}

// Nearest returns the pure profile closest to x and the distance of x from it:
//
//	profile_i = argmax_v x[i][v]        distance = max_i (1 − x[i][profile_i])
//
// Ties go to the lower strategy.
func (x State) Nearest() (profile []int, distance float64) {
	profile = make([]int, len(x))
	for i, row := range x {
		for v := range row {
			if row[v] > row[profile[i]] {
				profile[i] = v
			}
		}
		distance = max(distance, 1-row[profile[i]])
	}
	return profile, distance
}

// Validate reports every violation that keeps x from being a state of the given
// shape: wrong numbers of populations or strategies, probabilities that are
// negative or not finite, and sums that differ from 1 by more than 1e-9.
func (x State) Validate(s Shape) error {
	if len(x) != s.Players() {
		return fmt.Errorf("evogame: the state has %d populations, the game %d", len(x), s.Players())
	}
	bad := faults.List{Prefix: "evogame: "}
	for i, row := range x {
		name := playerName(s, i)
		if !bad.Require(len(row) == s.Strategies(i),
			"the state has %d strategies for %s, the game %d", len(row), name, s.Strategies(i)) {
			continue
		}
		sum, valid := 0.0, true
		for v, p := range row {
			valid = bad.Require(finite(p) && p >= 0,
				"the probability of strategy %s of %s is %v, want a number of at least 0",
				strategyName(s, i, v), name, p) && valid
			sum += p
		}
		bad.Require(!valid || math.Abs(sum-1) <= 1e-9,
			"the probabilities of %s sum to %v, want 1", name, sum)
	}
	return bad.Err()
}

// distance returns the largest difference of two probabilities, the maximum
// norm of x − y.
func distance(x, y State) float64 {
	largest := 0.0
	for i := range x {
		for v := range x[i] {
			largest = max(largest, math.Abs(x[i][v]-y[i][v]))
		}
	}
	return largest
}

func copyState(dst, src State) {
	for i := range dst {
		copy(dst[i], src[i])
	}
}

// mean returns Σ_v x[v] f[v], the average payoff of a population with state x.
func mean(x, f []float64) float64 {
	sum := 0.0
	for v := range x {
		sum += x[v] * f[v]
	}
	return sum
}

// normalise divides a non-negative vector with a positive sum by its sum.
func normalise(row []float64) {
	sum := 0.0
	for _, p := range row {
		sum += p
	}
	for v := range row {
		row[v] /= sum
	}
}
