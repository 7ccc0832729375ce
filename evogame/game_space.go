package evogame

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// space numbers the pure profiles of a game in mixed radix. The strategy of the
// last player changes fastest:
//
//	index(a) = Σ_i a_i stride_i        stride_i = Π_{j>i} size_j
//
// For example, a game with sizes [2 3] has strides [3 1], and profile [1 2] has
// index 5.
type space struct {
	sizes   []int // strategies per player
	strides []int // distance between profiles that differ by one strategy of the player
	count   int   // number of profiles, Π_i size_i
}

// newSpace returns the profile space of s. It rejects games without players or
// strategies and games with more than limit profiles.
func newSpace(s Shape, limit int) (space, error) {
	n := s.Players()
	if n < 1 {
		return space{}, fmt.Errorf("evogame: the game has %d players, want at least 1", n)
	}
	sp := space{sizes: make([]int, n), strides: make([]int, n), count: 1}
	bad := faults.List{Prefix: "evogame: "}
	for i := n - 1; i >= 0; i-- {
		m := s.Strategies(i)
		if !bad.Require(m >= 1, "%s has %d strategies, want at least 1", playerName(s, i), m) {
			continue
		}
		sp.sizes[i], sp.strides[i] = m, sp.count
		// The comparison by division cannot overflow, unlike count * m.
		if sp.count > limit/m {
			return space{}, fmt.Errorf("evogame: the game has more than %d profiles, "+
				"too many to enumerate; group equal players into Classes, "+
				"or use BetterReplies on a Cached game", limit)
		}
		sp.count *= m
	}
	return sp, bad.Err()
}

// index returns the number of a profile. It panics if a strategy does not
// exist.
func (s space) index(profile []int) int {
	k := 0
	for i, v := range profile {
		if uint(v) >= uint(s.sizes[i]) { // also true for negative v
			panic(fmt.Sprintf("evogame: player %d has no strategy %d, want less than %d",
				i, v, s.sizes[i]))
		}
		k += v * s.strides[i]
	}
	return k
}

// profile writes the profile with number k into dst and returns dst.
func (s space) profile(k int, dst []int) []int {
	for i, stride := range s.strides {
		dst[i] = k / stride % s.sizes[i]
	}
	return dst
}

// shape is the [Shape] of a list of strategy counts.
type shape []int

func (s shape) Players() int              { return len(s) }
func (s shape) Strategies(player int) int { return s[player] }

// sizesOf returns the number of strategies of every player.
func sizesOf(s Shape) []int {
	sizes := make([]int, s.Players())
	for i := range sizes {
		sizes[i] = s.Strategies(i)
	}
	return sizes
}
