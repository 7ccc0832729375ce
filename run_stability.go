package trigrid

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
)

// addStability adds the stability of the recommended profile against groups. It
// solves no programs.
func (res *Result) addStability(ctx context.Context, g *choice, p *played, shown []int) error {
	out := &vpp.Stability{VPPs: []vpp.CoreStability{}, Groups: []vpp.GroupStability{}}
	res.Stability = out
	if shown == nil {
		out.Unknown = "no feasible profile is known"
		return nil
	}
	for v := range g.planner.vpps {
		s := coalition(shown, v)
		if s.Size() < 2 || g.proposed[v].never != "" {
			continue
		}
		core, unknown, err := g.coreStability(ctx, v, s, res.Recommendation.Payoffs, len(res.Recommendation.Distribution) > 0)
		if err != nil {
			return err
		}
		if unknown != "" {
			out.Unknown = unknown
			continue
		}
		out.VPPs = append(out.VPPs, *core)
	}
	if p.table == nil {
		out.Unknown = "the search does not know the payoffs of all profiles; leave out -search or Options.Search"
		return nil
	}
	profiles := [][]int{shown}
	for _, r := range p.rows {
		profiles = append(profiles, r.profile)
	}
	for _, profile := range profiles {
		move, err := evogame.FindGroupMove(ctx, p.table, profile, 0)
		if err != nil {
			return err
		}
		one := vpp.GroupStability{Profile: g.profile(profile), Strong: move == nil}
		if move != nil {
			one.Moves, one.Gain = map[string]string{}, move.Gain
			for _, i := range move.Players {
				one.Moves[g.PlayerName(i)] = g.StrategyName(i, move.Profile[i])
			}
		}
		out.Groups = append(out.Groups, one)
	}
	return nil
}

// coreStability returns the stability of the members s of VPP v, or the reason
// why it is not known. payoffs are those of the recommendation, with its
// transfers; those of a lottery are expectations over several profiles, and the
// payoffs of s are used instead.
func (g *choice) coreStability(ctx context.Context, v int, s vpp.Coalition, payoffs map[string]float64, lottery bool) (*vpp.CoreStability, string, error) {
	if s.Size() > MaxEnumerated {
		return nil, fmt.Sprintf("%s has %d members, and the coalitions of more than %d are not enumerated", g.region.VPPs[v].Name, s.Size(), MaxEnumerated), nil
	}
	for t := s; ; t = (t - 1) & s {
		if !g.planner.settled(job{v, t}) {
			return nil, fmt.Sprintf("coalition %v of %s is not planned", g.region.names(t), g.region.VPPs[v].Name), nil
		}
		if t == 0 {
			break
		}
	}
	d, err := g.divide(ctx, v, s)
	if err != nil {
		return nil, "", err
	}
	of, err := g.shareable(v, s, vpp.Required(vpp.Shapley{}, s)) // all subsets
	if err != nil {
		return nil, "", err
	}
	var (
		theta = g.region.VPPs[v].PassThrough
		gains = func(t vpp.Coalition) (float64, bool) {
			if !g.planner.runs(v, t) {
				return 0, false
			}
			o := of(t)
			sum := theta * (o.Value.Integrated - of(0).Value.Integrated)
			for _, i := range t.Members() {
				sum += o.Revenue[i]
			}
			return sum, true
		}
		x   = map[int]float64{}
		out = &vpp.CoreStability{
			VPP: g.region.VPPs[v].Name, Members: g.region.names(s), Dissatisfied: []string{}, InCore: true,
			// An excess is a sum of at most |S| payoffs and a value.
			Tolerance: float64(s.Size()) * d.tolerance,
		}
	)
	for _, i := range s.Members() {
		x[i] = d.payoffs[i]
		if !lottery {
			x[i] = payoffs[g.PlayerName(i)]
		}
	}
	if worst, found := vpp.MostDissatisfied(s, gains, x); found {
		out.Dissatisfied, out.LargestExcess = g.region.names(worst.Coalition), worst.Excess
		out.InCore = worst.Excess <= out.Tolerance
	}
	core, err := vpp.CoreOf(s, gains)
	if err != nil {
		return nil, err.Error(), nil
	}
	if !math.IsInf(core.LeastCore, 0) {
		out.LeastCore = &core.LeastCore
	}
	if core.Nucleolus != nil {
		out.Nucleolus = map[string]float64{}
		for i, amount := range core.Nucleolus {
			out.Nucleolus[g.PlayerName(i)] = amount
		}
	}
	return out, "", nil
}

// settled reports whether a coalition has a plan, or is proven to have none.
func (x *planner) settled(j job) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.planned[j] && x.open[j] == ""
}
