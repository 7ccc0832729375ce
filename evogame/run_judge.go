package evogame

import (
	"fmt"
	"math"
)

// supportCut is the probability from which a strategy counts as played when a rest point is judged, and
// vertexCut how far from a pure profile a state may be that is still on its way there.
const (
	supportCut = 1e-6
	vertexCut  = 1e-2
)

// tieCut is the payoff difference, relative to the population's spread, that counts as none when asking
// whether a nearly extinct strategy is about to come back.
const tieCut = 1e-9

// ending is a verdict with everything that goes with it.
type ending struct {
	verdict   Verdict
	reason    string
	profile   []int
	margin    float64
	period    float64
	stability Stability
}

// judge decides whether a trajectory has settled. Slow is not enough: near a vertex that is not an
// equilibrium everything is slow for a long time. A state has settled when no population moves faster
// than the Rest option allows and no strategy that could still grow earns more than the average.
type judge struct {
	motion  *motion
	scale   scale
	options Options
	dx      State
	free    []bool // populations that are not held
}

func newJudge(m *motion, s scale, o Options) *judge {
	j := &judge{motion: m, scale: s, options: o, dx: m.x.Clone(), free: make([]bool, len(m.x))}
	for i := range j.free {
		j.free[i] = true
	}
	for _, i := range o.Held {
		j.free[i] = false
	}
	return j
}

// settled looks at the state and payoffs in the motion. It changes neither.
func (j *judge) settled(time float64) (ending, bool) {
	x, f := j.motion.x, j.motion.f
	for _, p := range j.motion.parts {
		i := p.population
		j.motion.change(j.dx[i], i, x[i], f[i])
		for _, v := range p.strategies {
			if !(math.Abs(j.dx[i][v]) <= j.options.Rest*j.scale.speed[i]) { // NaN is not rest
				return ending{}, false
			}
		}
	}
	for _, p := range j.motion.parts {
		i := p.population
		average := mean(x[i], f[i])
		for _, v := range p.strategies {
			// Logarithms remember a strategy whose probability has underflowed to zero.
			alive := x[i][v] > 0 || j.motion.imitative != nil
			if alive && x[i][v] < supportCut && f[i][v]-average > tieCut*j.scale.spread[i] {
				return ending{}, false
			}
		}
	}
	return j.classify(time), true
}

// classify says what kind of rest point the motion is at.
func (j *judge) classify(time float64) ending {
	g, x := j.motion.game, j.motion.x
	profile, _ := x.Nearest()
	mixed, far := j.apart(profile)
	d := j.cheapest(profile)
	if far > vertexCut || (far > supportCut && !j.closing(profile, d)) {
		return ending{
			verdict:   ConvergedToRestPoint,
			stability: j.stability(),
			reason:    fmt.Sprintf("at rest from t = %.6g with %s mixed", time, playerName(g, mixed)),
		}
	}

	end := ending{profile: profile, margin: d.margin}
	switch {
	case d.player < 0:
		end.verdict, end.stability = ConvergedToStrictNash, Stable
		end.reason = fmt.Sprintf("at %s, where nobody has another strategy", profileName(g, profile))
	case !finite(d.margin):
		end.verdict = ConvergedToRestPoint
		end.reason = fmt.Sprintf("at %s the payoffs of %s for what it plays or for %s are not finite: undecided", profileName(g, profile), playerName(g, d.player), strategyName(g, d.player, d.strategy))
	case d.margin > d.tolerance:
		end.verdict, end.stability = ConvergedToStrictNash, Stable
		end.reason = fmt.Sprintf("at %s every deviation loses; the cheapest, %s to %s, loses %.6g", profileName(g, profile), playerName(g, d.player), strategyName(g, d.player, d.strategy), d.margin)
	case d.margin >= -d.tolerance:
		end.verdict = ConvergedToRestPoint
		end.reason = fmt.Sprintf("at %s the margin of %s over %s is %.3g, within the tolerance %.3g: undecided", profileName(g, profile), playerName(g, d.player), strategyName(g, d.player, d.strategy), d.margin, d.tolerance)
	default:
		end.verdict, end.stability = ConvergedToRestPoint, Unstable
		end.reason = fmt.Sprintf("at %s, where %s would gain %.6g by %s, which it does not play", profileName(g, profile), playerName(g, d.player), -d.margin, strategyName(g, d.player, d.strategy))
	}
	return end
}

// apart returns the free population that is furthest from its strategy in a profile, and how far it is.
func (j *judge) apart(profile []int) (population int, distance float64) {
	for i, row := range j.motion.x {
		if d := 1 - row[profile[i]]; j.free[i] && d > distance {
			population, distance = i, d
		}
	}
	return population, distance
}

// closing tells a state that creeps towards a strict profile from a rest point of its own nearby. Some
// dynamics approach a vertex like 1/t and are slow while still at a distance. They are on their way when
// the profile is strict and itself at rest, and every other strategy in play already earns less by half
// of what it will lose there; at a mixed rest point it would earn the same, or, under a noisy dynamic,
// the profile would not be at rest.
func (j *judge) closing(profile []int, d deviation) bool {
	if d.player < 0 || d.margin <= d.tolerance {
		return false
	}
	m := j.motion
	vertex, f := j.vertex(profile)
	for i, v := range profile {
		if !j.free[i] {
			continue
		}
		for u := range f[i] {
			if u != v && m.x[i][u] >= supportCut && m.f[i][v]-m.f[i][u] < (f[i][v]-f[i][u])/2 {
				return false
			}
		}
		m.change(j.dx[i], i, vertex[i], f[i])
		for _, speed := range j.dx[i] {
			if math.Abs(speed) > j.options.Rest*j.scale.speed[i] {
				return false
			}
		}
	}
	return true
}

// deviation is a unilateral change of strategy and what it loses (margin, negative for a gain).
type deviation struct {
	player, strategy  int // player is -1 where there is none
	margin, tolerance float64
}

// less orders deviations by how far the margin is above its tolerance.
func (d deviation) less(other deviation) bool {
	return d.margin-d.tolerance < other.margin-other.tolerance
}

// cheapest finds the deviation of a free player from a pure profile that loses least beyond its tolerance.
// Held players stay at their mixture.
func (j *judge) cheapest(profile []int) deviation {
	m := j.motion
	_, f := j.vertex(profile)
	worst := deviation{player: -1, margin: math.Inf(1)}
	for i, v := range profile {
		for u := range f[i] {
			if u == v || !j.free[i] {
				continue
			}
			d := deviation{player: i, strategy: u, margin: f[i][v] - f[i][u]}
			if !finite(d.margin) {
				return d // nothing is worse than not to know
			}
			d.tolerance = roundingOf(f[i][v], f[i][u]) + 2*j.options.PayoffTolerance + statedTolerance(m.game, i, profile, u, len(j.options.Held) > 0)
			if worst.player < 0 || d.less(worst) {
				worst = d
			}
		}
	}
	if worst.player < 0 {
		worst.margin = 0
	}
	return worst
}

// vertex returns the state in which the free players play a profile and the held ones their mixture, and
// the payoffs there.
func (j *judge) vertex(profile []int) (x, f State) {
	x, f = j.motion.x.Clone(), j.motion.f.Clone()
	for i := range x {
		if j.free[i] {
			for v := range x[i] {
				x[i][v] = 0
			}
			x[i][profile[i]] = 1
		}
	}
	j.motion.payoffs(f, x)
	return x, f
}

// statedTolerance is the sum of the tolerances that a [Tolerant] game states for a player's payoffs at a
// profile and after a deviation. Where others mix, the largest tolerances anywhere bound those of the
// expectation.
func statedTolerance(g PopulationGame, player int, profile []int, strategy int, mixed bool) float64 {
	if mixed {
		if t, ok := g.(*Table); ok && t.tolerances != nil {
			largest := 0.0
			for _, tolerance := range t.tolerances[player] {
				largest = max(largest, tolerance)
			}
			return 2 * largest
		}
	}
	other := append([]int(nil), profile...)
	other[player] = strategy
	return toleranceOf(g, player, profile) + toleranceOf(g, player, other)
}
