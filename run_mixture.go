package trigrid

import (
	"math/bits"
	"sync"

	"github.com/trigrid/trigrid/evogame"
)

// mixture is the table of a game with a faster expectation. The payoff of DER i in VPP v depends on
// the coalition of v only, so that its expectation is one over coalitions and not over profiles:
//
//	f_i(v; x) = Σ_{S ⊆ N∖i} Π_{j∈S} x_jv Π_{j∉S} (1 − x_jv) u_i(v, S ∪ i)
//
// With n DERs and M VPPs an evaluation takes about 2 n M 2^(n−1) multiplications instead of
// n (M+1)^n. For 8 DERs and 3 VPPs these are 6,144 instead of 524,288.
type mixture struct {
	game                  // the table, as an interface, because a Table has a fast expectation of its own
	payoffs [][][]float64 // by VPP, DER and coalition of the others, whose bits leave out the DER's own
	outside []float64     // by DER
	scratch sync.Pool     // of *[]float64
}

// game is the part of a table that the dynamics need besides the expectation.
type game interface {
	evogame.Game
	evogame.Tolerant
	evogame.Named
}

// manyProfiles is the number of profiles from which a mixture is used. Below it the table is fast
// enough.
const manyProfiles = 1 << 14

// mixed returns the table, or its mixture if it has many profiles.
func (g *choice) mixed(t *evogame.Table) evogame.PopulationGame {
	n, vpps, profiles := g.Players(), len(g.region.VPPs), 1
	for range n {
		profiles *= vpps + 1
	}
	if profiles < manyProfiles {
		return t
	}
	return newMixture(t, n, vpps)
}

func newMixture(t *evogame.Table, n, vpps int) *mixture {
	m := &mixture{game: t, payoffs: make([][][]float64, vpps), outside: make([]float64, n)}
	profile := make([]int, n)
	for v := range vpps {
		m.payoffs[v] = make([][]float64, n)
		for i := range n {
			m.payoffs[v][i] = make([]float64, 1<<(n-1))
			for others := range m.payoffs[v][i] {
				bit := 0
				for j := range profile {
					switch {
					case j == i:
						profile[j] = v
						continue
					case others>>bit&1 == 1:
						profile[j] = v
					default:
						profile[j] = vpps
					}
					bit++
				}
				m.payoffs[v][i][others] = t.Payoff(i, profile)
			}
		}
	}
	for i := range n {
		for j := range profile {
			profile[j] = vpps
		}
		m.outside[i] = t.Payoff(i, profile)
	}
	return m
}

// Payoffs implements [evogame.PopulationGame].
func (m *mixture) Payoffs(dst, x evogame.State) {
	buffer, _ := m.scratch.Get().(*[]float64)
	if buffer == nil {
		buffer = new([]float64)
		*buffer = make([]float64, len(m.payoffs[0][0]))
	}
	for i := range dst {
		for v := range m.payoffs {
			dst[i][v] = expect(m.payoffs[v][i], x, i, v, *buffer)
		}
		dst[i][len(m.payoffs)] = m.outside[i]
	}
	m.scratch.Put(buffer)
}

// expect returns f_i(v; x). It removes one DER after the other, from the one with the highest bit:
// rest[k] becomes (1 − p) rest[k] + p rest[k + half].
func expect(payoffs []float64, x evogame.State, i, v int, buffer []float64) float64 {
	rest := payoffs
	for j, bit := len(x)-1, bits.Len(uint(len(payoffs)))-2; j >= 0; j-- {
		if j == i {
			continue
		}
		in, out := x[j][v], 0.0
		for u, p := range x[j] {
			if u != v {
				out += p // the difference 1 − in would lose the digits of small probabilities
			}
		}
		half := 1 << bit
		low, high := rest[:half], rest[half:2*half]
		for k := range low {
			buffer[k] = out*low[k] + in*high[k]
		}
		rest = buffer
		bit--
	}
	return rest[0]
}
