package operate

import (
	"github.com/trigrid/trigrid/internal/faults"
)

// CompareResults compares results of [Run] on the same days, for differences
// that no [Strategy] states. For example, two runs of a season, one with fixed
// weights and one with a policy:
//
//	o.Strategy = operate.Rolling(4)
//	o.Strategy.Name = "fixed weights"
//	fixed, err := operate.Run(ctx, season, o)
//	o.Strategy.Name, o.Policy = "policy", weights.Directional()
//	policy, err := operate.Run(ctx, season, o)
//	c, err := operate.CompareResults(fixed, policy)
//	d, err := c.Difference("fixed weights", "policy") // currency per day, with its interval
//
// Results have different names of strategies. Bounds are those of
// [Options.Bounds]. Results that were read from a file can be compared as well.
//
// It returns an error without results, for equal names, and for results of
// different days or parties.
func CompareResults(results ...*Result) (*Comparison, error) {
	bad := faults.List{Prefix: "operate: compare results: "}
	bad.Require(len(results) > 0, "there is no result; give results of Run")
	var (
		strategies []Strategy
		season     Season
		names      = map[string]bool{}
	)
	for i, r := range results {
		if !bad.Require(r != nil, "result %d is nil; give results of Run", i) {
			continue
		}
		name := r.Strategy.Name
		bad.Require(name != "" && !names[name], "two results have the strategy %q, or it has no name; set Strategy.Name", name)
		names[name] = true
		strategies = append(strategies, r.Strategy)
		season.Name, season.Days = r.Season, max(season.Days, len(r.Days))
		// Differences are paired by day, and payments by party.
		if first := results[0]; first != nil {
			bad.Require(sameDays(first, r), "%q has other days or parties than %q; compare results of one season", name, first.Strategy.Name)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return compared(season, strategies, results, make([]error, len(results)))
}

// sameDays reports whether two results have equal parties and equal days, as
// far as both go. A season that was cut has fewer days.
func sameDays(a, b *Result) bool {
	if len(a.Parties) != len(b.Parties) {
		return false
	}
	for i := range a.Parties {
		if a.Parties[i] != b.Parties[i] {
			return false
		}
	}
	for i := range min(len(a.Days), len(b.Days)) {
		if !a.Days[i].Start.Equal(b.Days[i].Start) || a.Days[i].Steps != b.Days[i].Steps {
			return false
		}
	}
	return true
}
