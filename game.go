package trigrid

import (
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// choice is the game between the units: strategy v < M is the v-th plant, strategy M is to join none.
// All coalitions have been planned before it is asked for payoffs.
type choice struct {
	region   Region
	rule     vpp.Sharing
	outcomes []vpp.Outcomes // per plant
	payoffs  []map[vpp.Coalition]map[int]float64
}

var (
	_ evogame.Game     = (*choice)(nil)
	_ evogame.Tolerant = (*choice)(nil)
	_ evogame.Named    = (*choice)(nil)
)

// newChoice computes the payoffs of every coalition of every plant.
func newChoice(r Region, plants []*vpp.Coalitions) *choice {
	g := &choice{region: r, rule: r.sharing(), payoffs: make([]map[vpp.Coalition]map[int]float64, len(r.Plants))}
	for v, p := range plants {
		of := p.Outcomes()
		g.outcomes = append(g.outcomes, of)
		g.payoffs[v] = make(map[vpp.Coalition]map[int]float64)
		for s := range vpp.Coalition(1) << len(r.Units) {
			g.payoffs[v][s] = vpp.Payoffs(s, of, g.rule, r.Plants[v].Share)
		}
	}
	return g
}

func (g *choice) Players() int       { return len(g.region.Units) }
func (g *choice) Strategies(int) int { return len(g.region.Plants) + 1 }

// Payoff implements [evogame.Game].
func (g *choice) Payoff(unit int, profile []int) float64 {
	v := profile[unit]
	if v == len(g.region.Plants) {
		return g.region.Outside[g.PlayerName(unit)]
	}
	return g.payoffs[v][coalition(profile, v)][unit]
}

// Tolerance implements [evogame.Tolerant].
func (g *choice) Tolerance(unit int, profile []int) float64 {
	v := profile[unit]
	if v == len(g.region.Plants) {
		return 0
	}
	return vpp.PayoffTolerance(coalition(profile, v), g.outcomes[v], g.rule, g.region.Plants[v].Share, g.region.Setting.Weights.Economic)
}

// welfare returns what a profile is worth to the whole region: the objectives of all plants, in which
// payments between a plant and its members cancel, and what the units outside earn there, weighted as
// money is.
func (g *choice) welfare(profile []int) float64 {
	sum := 0.0
	for v, of := range g.outcomes {
		sum += of(coalition(profile, v)).Value.Objective
	}
	for unit, v := range profile {
		if v == len(g.region.Plants) {
			sum += g.region.Setting.Weights.Economic * g.region.Outside[g.PlayerName(unit)]
		}
	}
	return sum
}

func (g *choice) PlayerName(unit int) string { return g.region.Units[unit].Name() }

func (g *choice) StrategyName(_, v int) string {
	if v == len(g.region.Plants) {
		return Out
	}
	return g.region.Plants[v].Name
}

// Out is the name of the strategy of joining no plant.
const Out = "out"

// coalition returns the units that chose plant v.
func coalition(profile []int, v int) vpp.Coalition {
	var s vpp.Coalition
	for unit, chosen := range profile {
		if chosen == v {
			s = s.With(unit)
		}
	}
	return s
}
