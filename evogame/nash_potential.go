package evogame

import (
	"context"
	"fmt"
	"math"
)

// Potential is the function Φ on profiles whose change is what a deviating player gains,
//
//	Φ(u, a_-i) − Φ(a) = U_i(u, a_-i) − U_i(a)     for every player i, profile a and strategy u
//
// or, where no such function exists, the best attempt along one path and by how much it fails.
//
// In a game with an exact potential the replicator climbs it, so that cycles are impossible, and the
// profiles of locally highest potential are equilibria; the potential need not be welfare.
type Potential struct {
	Exact     bool
	Mismatch  float64 // largest difference between the two sides over all deviations, payoff's unit
	Tolerance float64 // up to which the game counts as exact
	Player    int     // whose deviation shows the mismatch
	Profile   []int   // one end of that deviation

	space  space
	values []float64
}

// ExactPotential tests whether a game has an exact potential, on every unilateral deviation. Mismatches
// up to the tolerance, in the payoff's unit, are accepted; 0 stands for 1e-9 of the largest gain or loss
// of any deviation, which is rounding. Allow for inexact payoffs.
//
// Source: D. Monderer, L. S. Shapley, Potential games, Games and Economic Behavior 14 (1996).
func ExactPotential(g Game, tolerance float64) (*Potential, error) {
	if !finite(tolerance) || tolerance < 0 {
		return nil, fmt.Errorf("evogame: the tolerance of the potential is %v, want a finite number of at least 0", tolerance)
	}
	sp, err := newSpace(g, maxPayoffs)
	if err != nil {
		return nil, err
	}
	p := &Potential{Tolerance: tolerance, space: sp, values: make([]float64, sp.count)}
	profile := make([]int, len(sp.sizes))

	// Φ is zero where all play strategy 0. Any other profile comes after the one in which its last player
	// with another strategy plays 0 instead, and differs from it by that player's gain.
	for k := 1; k < sp.count; k++ {
		i := lastMover(sp.profile(k, profile))
		v := profile[i]
		gain, err := gainOver(g, i, profile)
		if err != nil {
			return nil, err
		}
		p.values[k] = p.values[k-v*sp.strides[i]] + gain
	}

	// The game has this potential when U_i − Φ does not depend on the strategy of i.
	largest := 0.0
	for k := range sp.count {
		for i, stride := range sp.strides {
			sp.profile(k, profile)
			if profile[i] == 0 {
				continue
			}
			gain, err := gainOver(g, i, profile)
			if err != nil {
				return nil, err
			}
			base := k - k/stride%sp.sizes[i]*stride
			largest = max(largest, math.Abs(gain))
			if miss := math.Abs(gain - (p.values[k] - p.values[base])); miss > p.Mismatch {
				p.Mismatch, p.Player, p.Profile = miss, i, sp.profile(k, make([]int, len(sp.sizes)))
			}
		}
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-9 * largest
	}
	p.Exact = p.Mismatch <= p.Tolerance
	return p, nil
}

// gainOver returns what a player gains over playing strategy 0, which the profile is changed to.
func gainOver(g Game, player int, profile []int) (float64, error) {
	here, _, err := compute(context.Background(), g, player, profile)
	if err != nil {
		return 0, err
	}
	profile[player] = 0
	there, _, err := compute(context.Background(), g, player, profile)
	return here - there, err
}

// At returns Φ at a profile, zero where all play strategy 0. It panics on a profile that does not exist.
func (p *Potential) At(profile []int) float64 { return p.values[p.space.index(profile)] }

func lastMover(profile []int) int {
	for i := len(profile) - 1; ; i-- {
		if profile[i] != 0 {
			return i
		}
	}
}
