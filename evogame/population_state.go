package evogame

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// State holds one probability vector per player: x[i][v] is the probability (or share) of strategy v in
// population i.
type State [][]float64

// newState returns a zero state whose rows share one piece of memory.
func newState(sizes []int) State {
	total := 0
	for _, m := range sizes {
		total += m
	}
	flat := make([]float64, total)
	return carve(make(State, len(sizes)), flat, sizes)
}

// carve makes the rows of x windows into flat.
func carve(x State, flat []float64, sizes []int) State {
	for i, m := range sizes {
		x[i], flat = flat[:m:m], flat[m:]
	}
	return x
}

func sizesOf(s Shape) []int {
	sizes := make([]int, s.Players())
	for i := range sizes {
		sizes[i] = s.Strategies(i)
	}
	return sizes
}

// Uniform returns the state in which every strategy of a player is equally likely.
func Uniform(s Shape) State {
	x := newState(sizesOf(s))
	for _, row := range x {
		for v := range row {
			row[v] = 1 / float64(len(row))
		}
	}
	return x
}

// Vertex returns the state in which everybody plays the profile for certain.
func Vertex(s Shape, profile []int) State {
	x := newState(sizesOf(s))
	for i, v := range profile {
		x[i][v] = 1
	}
	return x
}

// RandomState draws each population uniformly from its simplex.
func RandomState(s Shape, source rand.Source) State {
	random := rand.New(source)
	x := newState(sizesOf(s))
	for _, row := range x {
		for v := range row {
			// Normalised exponentials are uniform on the simplex.
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

// Nearest returns the pure profile closest to x, the lower strategy winning ties, and how far x is from
// it: the largest probability, over players, of playing something else.
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

// Validate reports everything that keeps x from being a state of the given shape: missing or surplus
// populations and strategies, negative or not finite probabilities, sums that differ from one by more
// than 1e-9.
func (x State) Validate(s Shape) error {
	if len(x) != s.Players() {
		return fmt.Errorf("evogame: the state has %d populations, the game %d", len(x), s.Players())
	}
	var errs []error
	for i, row := range x {
		name := playerName(s, i)
		if len(row) != s.Strategies(i) {
			errs = append(errs, fmt.Errorf("evogame: the state has %d strategies for %s, the game %d", len(row), name, s.Strategies(i)))
			continue
		}
		sum, bad := 0.0, false
		for v, p := range row {
			if !finite(p) || p < 0 {
				errs = append(errs, fmt.Errorf("evogame: the probability of strategy %s of %s is %v, want a number of at least 0", strategyName(s, i, v), name, p))
				bad = true
			}
			sum += p
		}
		if !bad && math.Abs(sum-1) > 1e-9 {
			errs = append(errs, fmt.Errorf("evogame: the probabilities of %s sum to %v, want 1", name, sum))
		}
	}
	return errors.Join(errs...)
}

// normalise scales a non-negative vector with a positive sum to sum to one.
func normalise(row []float64) {
	sum := 0.0
	for _, p := range row {
		sum += p
	}
	for v := range row {
		row[v] /= sum
	}
}
