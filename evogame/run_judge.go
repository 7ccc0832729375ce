package evogame

import (
	"fmt"
	"math"
)

// Thresholds of the judge.
const (
	// supportCut is the probability above which a strategy counts as played at
	// a rest point.
	supportCut = 1e-6
	// vertexCut is the largest distance from a pure profile at which a state
	// may count as approaching it.
	vertexCut = 1e-2
	// tieCut is the payoff difference, relative to the spread of the
	// population, below which a nearly extinct strategy does not count as
	// growing.
	tieCut = 1e-9
)

// ending is a verdict with the fields of [Result] that depend on it.
type ending struct {
	verdict   Verdict
	reason    string
	profile   []int
	margin    float64
	period    float64
	stability Stability
}

// judge decides whether a trajectory has come to rest. A low speed does not
// suffice, because a trajectory stays near a vertex for a long time even if the
// vertex is not an equilibrium. A state is at rest if
//
//	|dx_{i,v}/dt| ≤ Rest · speed_i                   for all populations i and strategies v
//	f_i(v; x) − f̄_i ≤ tieCut · spread_i              for all strategies with x_{i,v} < supportCut
//
// with speed and spread from [scale] and f̄_i the average payoff.
type judge struct {
	motion  *motion
	scale   scale
	options Options
	dx      State  // working memory
	free    []bool // per population: not held
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

// settled reports whether the state in the motion, at time t, is at rest, and
// classifies it. It changes neither the state nor the payoffs in the motion.
func (j *judge) settled(t float64) (ending, bool) {
	x, f := j.motion.x, j.motion.f
	for _, p := range j.motion.parts {
		i := p.population
		j.motion.change(j.dx[i], i, x[i], f[i])
		for _, v := range p.strategies {
			if !(math.Abs(j.dx[i][v]) <= j.options.Rest*j.scale.speed[i]) { // false for NaN
				return ending{}, false
			}
		}
	}
	for _, p := range j.motion.parts {
		i := p.population
		average := mean(x[i], f[i])
		for _, v := range p.strategies {
			// In logarithms a strategy can grow again after its probability has
			// underflowed to 0.
			alive := x[i][v] > 0 || j.motion.imitative != nil
			if alive && x[i][v] < supportCut && f[i][v]-average > tieCut*j.scale.spread[i] {
				return ending{}, false
			}
		}
	}
	return j.classify(t), true
}

// classify returns the ending for a state at rest: a mixed rest point, or a
// pure profile with the sign of its cheapest deviation.
func (j *judge) classify(t float64) ending {
	g, x := j.motion.game, j.motion.x
	profile, _ := x.Nearest()
	mixed, far := j.apart(profile)
	d := j.cheapest(profile)
	if far > vertexCut || (far > supportCut && !j.closing(profile, d)) {
		return ending{
			verdict:   ConvergedToRestPoint,
			stability: j.stability(),
			reason:    fmt.Sprintf("at rest from t = %.6g with %s mixed", t, playerName(g, mixed)),
		}
	}

	end := ending{profile: profile, margin: d.margin}
	at := profileName(g, profile)
	if d.player < 0 {
		end.verdict, end.stability = ConvergedToStrictNash, Stable
		end.reason = fmt.Sprintf("at %s, no player has another strategy", at)
		return end
	}
	player, strategy := playerName(g, d.player), strategyName(g, d.player, d.strategy)
	switch {
	case !finite(d.margin):
		end.verdict = ConvergedToRestPoint
		end.reason = fmt.Sprintf("at %s the payoff of %s, or its payoff after a change to %s, "+
			"is not finite: undecided", at, player, strategy)
	case d.margin > d.tolerance:
		end.verdict, end.stability = ConvergedToStrictNash, Stable
		end.reason = fmt.Sprintf("at %s every deviation loses; the cheapest, %s to %s, loses %.6g",
			at, player, strategy, d.margin)
	case d.margin >= -d.tolerance:
		end.verdict = ConvergedToRestPoint
		end.reason = fmt.Sprintf("at %s the margin of %s over %s is %.3g, "+
			"within the tolerance %.3g: undecided", at, player, strategy, d.margin, d.tolerance)
	default:
		end.verdict, end.stability = ConvergedToRestPoint, Unstable
		end.reason = fmt.Sprintf("at %s, but %s would gain %.6g by %s, which it does not play",
			at, player, -d.margin, strategy)
	}
	return end
}

// apart returns the free population furthest from its strategy in a profile,
// and the distance 1 − x.
func (j *judge) apart(profile []int) (population int, distance float64) {
	for i, row := range j.motion.x {
		if d := 1 - row[profile[i]]; j.free[i] && d > distance {
			population, distance = i, d
		}
	}
	return population, distance
}

// closing reports whether a slow state near a strict profile approaches it, or
// is a rest point of its own. Some dynamics, such as [Smith], approach a vertex
// like 1/t and are slow at a distance. The state approaches the profile if
//
//   - the profile is strict and itself at rest;
//   - every other strategy in play has at least half of the payoff disadvantage
//     that it has at the profile.
//
// At a mixed rest point the strategies in play would have equal payoffs. Under
// a dynamic with noise, such as [Logit], the profile would not be at rest.
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

// deviation is a unilateral change of strategy. margin is its loss, negative
// for a gain.
type deviation struct {
	player, strategy  int // player is -1 if no player can deviate
	margin, tolerance float64
}

// less orders deviations by margin minus tolerance.
func (d deviation) less(other deviation) bool {
	return d.margin-d.tolerance < other.margin-other.tolerance
}

// cheapest returns the deviation of a free player from a pure profile with the
// smallest margin minus tolerance. Held players keep their mixed strategy. A
// margin that is not finite is returned at once.
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
				return d // without this margin the profile cannot be classified
			}
			d.tolerance = roundingOf(f[i][v], f[i][u]) + 2*j.options.PayoffTolerance +
				statedTolerance(m.game, i, profile, u, len(j.options.Held) > 0)
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

// vertex returns the state in which free players play a profile and held
// players keep their mixed strategy, and its payoffs.
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

// statedTolerance returns the sum of the tolerances that a [Tolerant] game
// states for a player's payoffs at a profile and after a deviation. If held
// players mix, both payoffs are expectations, and the largest tolerance of the
// player bounds the tolerance of each.
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
