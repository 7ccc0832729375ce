package trigrid

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Infeasible is a coalition that cannot run: its program has no schedule. For example, a VPP with a
// demand of 7 MW, an import limit of 2 MW and a turbine of 4 MW lacks 1 MW.
//
// Such coalitions are excluded from the game by these rules:
//
//   - A DER cannot join a VPP whose coalition with it cannot run. The move counts as a loss against
//     every other payoff of the DER.
//   - A DER may leave a coalition that cannot run without it. A profile in which a VPP cannot run
//     is not feasible: it is no equilibrium, it has no welfare, and it is never recommended.
//   - A sharing rule compares coalitions. One that cannot run counts as its best sub-coalition that
//     can, because the other members bring nothing. If there is none, as for a VPP that cannot
//     run alone, it counts as the worst of the compared coalitions that can run, so that the
//     members share only the gain over that one.
//   - The same rules hold for a coalition without a plan in [Result.OpenPrograms], but each verdict
//     that rests on it is not proven.
//   - A VPP that can run with no coalition takes no part: no DER can join it and it trades nothing.
//     [VPPResult.NeverRuns] has the reason. If this holds for all VPPs, no profile is feasible.
type Infeasible struct {
	VPP     string   `json:"vpp"`
	Members []string `json:"members"`
	Reason  string   `json:"reason"` // with step, scenario and amount if the diagnosis has them
}

// impossible reports whether an error states that a program has no solution, and not that it may be
// unbounded instead.
func impossible(err error) bool {
	return errors.Is(err, milp.ErrInfeasible) && !errors.Is(err, milp.ErrUnbounded)
}

// diagnose returns the reason if err states that a program has no solution, "" if err is nil, and
// otherwise err. An error of package vpp has the reason already.
func (x *planner) diagnose(_ context.Context, j job, err error) (reason string, failed error) {
	if !errors.Is(err, milp.ErrInfeasible) {
		return "", err
	}
	p := vpp.Problem{VPP: x.region.VPPs[j.vpp], Setting: x.region.Setting}
	for _, i := range j.s.Members() {
		p.Members = append(p.Members, x.region.DERs[i])
	}
	// A contradiction that the data show without a solver has the shortest explanation.
	if seen := p.Diagnose(); seen != nil {
		return plain(seen.Error()), nil
	}
	var conflict *vpp.InfeasibleError
	switch {
	case errors.As(err, &conflict):
		return conflict.Reason, nil
	case impossible(err):
		return plain(err.Error()), nil // the diagnosis failed or was cut, but not the proof
	}
	return "", err
}

// plain writes a diagnosis in one line, without the parts that every diagnosis repeats.
func plain(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSpace(line), ": "+milp.ErrInfeasible.Error())
		parts = append(parts, strings.TrimPrefix(strings.TrimSuffix(line, ":"), "vpp: "))
	}
	return strings.Join(parts, "; ")
}

// runs reports whether a planned coalition has a plan.
func (x *planner) runs(v int, s vpp.Coalition) bool { return x.reason(v, s) == "" }

// reason returns why a planned coalition has no plan, "" if it has one.
func (x *planner) reason(v int, s vpp.Coalition) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return cmp.Or(x.excluded[job{v, s}], x.open[job{v, s}])
}

// infeasible lists the planned coalitions that cannot run, by VPP and number.
func (x *planner) infeasible() []Infeasible {
	jobs := slices.SortedFunc(maps.Keys(x.excluded), func(a, b job) int {
		return cmp.Or(cmp.Compare(a.vpp, b.vpp), cmp.Compare(a.s, b.s))
	})
	out := make([]Infeasible, 0, len(jobs)) // empty, not null, in JSON
	for _, j := range jobs {
		out = append(out, Infeasible{x.region.VPPs[j.vpp].Name, x.region.names(j.s), x.excluded[j]})
	}
	return out
}

// outcomes returns the outcomes of VPP v for planned coalitions. Those that cannot run are replaced
// as [Infeasible] states.
func (x *planner) outcomes(v int, needed []vpp.Coalition) vpp.Outcomes {
	return x.substituted(v, needed, x.vpps[v].Outcomes())
}

// substituted returns the outcomes of, in which those of coalitions that cannot run are replaced.
func (x *planner) substituted(v int, needed []vpp.Coalition, of vpp.Outcomes) vpp.Outcomes {
	var able, unable []vpp.Coalition
	for _, s := range needed {
		if x.runs(v, s) {
			able = append(able, s)
		} else {
			unable = append(unable, s)
		}
	}
	if unable == nil {
		return of
	}
	instead := make(map[vpp.Coalition]*vpp.Outcome, len(unable))
	for _, s := range unable {
		instead[s] = replacement(s, able, of)
	}
	return func(s vpp.Coalition) *vpp.Outcome {
		if o, ok := instead[s]; ok {
			return o
		}
		return of(s)
	}
}

// replacement returns the outcome that stands for coalition s, which cannot run: the best of its
// sub-coalitions in able, or the worst of all of able if there is none. The gap is the largest of
// the compared ones, because any of them may be the true best. Ranges, if there are any, contain the
// value of the true one.
func replacement(s vpp.Coalition, able []vpp.Coalition, of vpp.Outcomes) *vpp.Outcome {
	var best, worst *vpp.Outcome
	gapBest, gapWorst := 0.0, 0.0
	var ranges, rangesWorst *vpp.Ranges
	for _, t := range able {
		o := of(t)
		rangesWorst = extreme(rangesWorst, o.Ranges, func(a, b float64) float64 { return min(a, b) })
		gapWorst = max(gapWorst, o.AbsoluteGap)
		if worst == nil || o.Value.Integrated < worst.Value.Integrated {
			worst = o
		}
		if t&^s != 0 {
			continue // not a sub-coalition
		}
		gapBest = max(gapBest, o.AbsoluteGap)
		ranges = extreme(ranges, o.Ranges, func(a, b float64) float64 { return max(a, b) })
		if best == nil || o.Value.Integrated > best.Value.Integrated {
			best = o
		}
	}
	gap := gapBest
	if best == nil {
		best, gap, ranges = worst, gapWorst, rangesWorst
	}
	out := *best
	out.Coalition, out.AbsoluteGap = s, gap
	if ranges != nil {
		return out.WithRanges(ranges)
	}
	return &out
}

// extreme returns the range of the higher, or lower, one of two values. Its schedule is certain if
// both are.
func extreme(a, b *vpp.Ranges, choose func(a, b float64) float64) *vpp.Ranges {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &vpp.Ranges{
		Integrated: vpp.Range{Low: choose(a.Integrated.Low, b.Integrated.Low), High: choose(a.Integrated.High, b.Integrated.High)},
		Schedules:  min(a.Schedules, b.Schedules, 1),
	}
}

// noRun is the payoff of a move that is not available, in a search: below every payoff in money.
const noRun = -1e12

// floors returns, per DER, the payoff of a move that is not available: below the lowest payoff of
// the DER in any coalition by the range of its payoffs and 1 more. It returns nil if all coalitions
// can run. All coalitions must be planned.
func (g *choice) floors(ctx context.Context) ([]float64, error) {
	if len(g.planner.excluded)+len(g.planner.open) == 0 {
		return nil, nil
	}
	low, high := make([]float64, g.Players()), make([]float64, g.Players())
	for i := range low {
		low[i] = g.region.Outside[g.PlayerName(i)]
		high[i] = low[i]
	}
	for v := range g.region.VPPs {
		for s := vpp.Coalition(1); s < 1<<g.Players(); s++ {
			if !g.planner.runs(v, s) {
				continue
			}
			d, err := g.divide(ctx, v, s)
			if err != nil {
				return nil, err
			}
			for i, payoff := range d.payoffs {
				low[i], high[i] = min(low[i], payoff), max(high[i], payoff)
			}
		}
	}
	for i := range low {
		low[i] -= math.Abs(high[i]-low[i]) + 1
	}
	return low, nil
}
