package evogame

import (
	"context"
	"fmt"
	"math"
)

// Potential is a function Φ on profiles whose change equals the gain of each
// deviation:
//
//	Φ(u, a_-i) − Φ(a) = U_i(u, a_-i) − U_i(a)     for every player i, profile a and strategy u
//
// If no such function exists, Potential holds the values along one path per
// profile, and the largest violation of the equation.
//
// In a game with an exact potential, Φ increases along the replicator, cycles
// are impossible, and every local maximum of Φ is a pure Nash equilibrium. Φ
// may differ from welfare. For example, the prisoner's dilemma with payoffs 3,
// 0, 5, 1 has an exact potential whose maximum is mutual defection.
//
// Source: Monderer, Shapley (1996), Games and Economic Behavior 14, 124.
type Potential struct {
	Exact     bool    // Mismatch ≤ Tolerance
	Mismatch  float64 // largest difference between the two sides, in the unit of the payoffs
	Tolerance float64 // accepted mismatch
	Player    int     // i of the deviation with the largest mismatch
	Profile   []int   // its profile; the deviation is to strategy 0. nil without mismatch

	space  space
	values []float64 // Φ by profile index
}

// ExactPotential tests for an exact potential. It evaluates every deviation to
// strategy 0, which implies the equation for all other deviations. A mismatch
// up to tolerance, in the unit of the payoffs, is accepted; 0 means 1e-9 of the
// largest payoff difference, for rounding. If payoffs are inexact, add their
// tolerances.
func ExactPotential(g Game, tolerance float64) (*Potential, error) {
	if !finite(tolerance) || tolerance < 0 {
		return nil, fmt.Errorf("evogame: the tolerance of the potential is %v, "+
			"want a finite number of at least 0", tolerance)
	}
	sp, err := newSpace(g, MaxPayoffs)
	if err != nil {
		return nil, err
	}
	p := &Potential{Tolerance: tolerance, space: sp, values: make([]float64, sp.count)}
	profile := make([]int, len(sp.sizes))

	// Φ = 0 at the profile of all zeros. Any other profile is compared with the
	// one in which its last player on another strategy plays 0. That profile
	// has a lower index, so its Φ is known.
	for k := 1; k < sp.count; k++ {
		i := lastMover(sp.profile(k, profile))
		v := profile[i]
		gain, err := gainOver(g, i, profile)
		if err != nil {
			return nil, err
		}
		p.values[k] = p.values[k-v*sp.strides[i]] + gain
	}

	// Φ is a potential if U_i − Φ does not depend on the strategy of i.
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
				p.Mismatch, p.Player = miss, i
				p.Profile = sp.profile(k, make([]int, len(sp.sizes)))
			}
		}
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-9 * largest
	}
	p.Exact = p.Mismatch <= p.Tolerance
	return p, nil
}

// gainOver returns U_i(a) − U_i(0, a_-i), the gain of a player over strategy 0.
// It leaves the profile with strategy 0 of the player.
func gainOver(g Game, player int, profile []int) (float64, error) {
	here, _, err := compute(context.Background(), g, player, profile)
	if err != nil {
		return 0, err
	}
	profile[player] = 0
	there, _, err := compute(context.Background(), g, player, profile)
	return here - there, err
}

// At returns Φ at a profile, normalised to 0 at the profile of all zeros. It
// panics if the profile does not exist.
func (p *Potential) At(profile []int) float64 { return p.values[p.space.index(profile)] }

// lastMover returns the last player that does not play strategy 0.
func lastMover(profile []int) int {
	for i := len(profile) - 1; ; i-- {
		if profile[i] != 0 {
			return i
		}
	}
}
