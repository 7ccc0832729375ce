package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/scenario"
)

// run is a region and its result after validation, with the colours of their
// names.
type run struct {
	region trigrid.Region
	result *trigrid.Result // given, with a plan for each VPP
	given  *trigrid.Result
	other  *Run // to compare with, or nil

	formats []Format // of the files of figures
	set     *scenario.Set
	hours   timeline
	derInk  map[string]ink // colour of each DER, by name
	vppInk  map[string]ink // colour of each VPP by name, the outside option included

	group map[string]string // of each DER, see groupsOf
}

// newRun validates that the result belongs to the region and can be shown. It
// reports all violations. A result without a feasible profile has nothing to
// show.
func newRun(r trigrid.Region, res *trigrid.Result) (*run, error) {
	// All later violations need a result.
	if res == nil {
		return nil, errors.New("report: there is no result; pass the result of trigrid.Run")
	}
	if rec := res.Recommendation; rec != nil && (rec.Reason == trigrid.NothingFeasible || rec.Reason == trigrid.NothingSolved) {
		return nil, fmt.Errorf("report: the result has no allocation to show: %s", rec.Explanation)
	}
	bad := faults.List{Prefix: "report: "}
	if r.Setting.Set.Len() == 0 || len(r.VPPs) == 0 || len(r.DERs) == 0 {
		bad.Addf("the region has %d scenarios, %d VPPs and %d DERs, want at least one of each",
			r.Setting.Set.Len(), len(r.VPPs), len(r.DERs))
	}
	// A nil sample has no steps and is allowed: then fans have no bands.
	if n := r.Sample.Steps(); r.Sample != nil && n != r.Setting.Set.Steps() {
		bad.Addf("the region's sample has %d steps, its scenarios %d", n, r.Setting.Set.Steps())
	}
	if len(r.VPPs) != len(res.VPPs) || len(r.DERs) != len(res.DERs) {
		bad.Addf("the result has %d VPPs and %d DERs, the region %d and %d; pass the region of the run",
			len(res.VPPs), len(res.DERs), len(r.VPPs), len(r.DERs))
	}
	if len(res.Plans) != len(res.VPPs) || res.Trajectory == nil {
		bad.Addf("the result has no plans or no trajectory, which JSON leaves out; pass the result of trigrid.Run")
	}
	// Names are compared by position, because plans and trajectory are ordered
	// like the region.
	for i := range min(len(r.VPPs), len(res.VPPs)) {
		if r.VPPs[i].Name != res.VPPs[i].Name {
			bad.Addf("VPP %d is %q in the region and %q in the result", i, r.VPPs[i].Name, res.VPPs[i].Name)
		}
	}
	for i := range min(len(r.DERs), len(res.DERs)) {
		if r.DERs[i].Name() != res.DERs[i].Name {
			bad.Addf("DER %d is %q in the region and %q in the result", i, r.DERs[i].Name(), res.DERs[i].Name)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	// The JSON of the report is that of the caller's result.
	given := res
	res = withIdlePlans(r, res)
	// Colours depend on the order of the region only, so that two reports of a
	// region agree.
	x := &run{region: r, result: res, given: given, set: r.Setting.Set, hours: timelineOf(r.Setting.Set.Grid()), vppInk: make(map[string]ink), group: groupsOf(r.DERs)}
	x.derInk = derInks(r.DERs, x.group)
	for i, p := range r.VPPs {
		x.vppInk[p.Name] = vppInk(i)
	}
	x.vppInk[trigrid.Outside] = outside
	return x, nil
}

// choices returns the names of the DERs' strategies: the VPPs in order, then
// the outside option.
func (x *run) choices() []string {
	out := make([]string, 0, len(x.region.VPPs)+1)
	for _, p := range x.region.VPPs {
		out = append(out, p.Name)
	}
	return append(out, trigrid.Outside)
}

// groups formats a profile by VPP: "VPP1: W1, T2 · VPP2: T1". DERs at the
// outside option come last.
func (x *run) groups(profile trigrid.Profile) string {
	var out []string
	for _, name := range x.choices() {
		// VPPs without members are left out.
		var in []string
		for _, unit := range x.result.DERs {
			if profile[unit.Name] == name {
				in = append(in, unit.Name)
			}
		}
		if in != nil {
			out = append(out, name+": "+x.memberList(in))
		}
	}
	return strings.Join(out, " · ")
}

// expected returns the mean over scenarios of paths[scenario][step], weighted
// by probability.
func (x *run) expected(paths [][]float64) []float64 {
	out := make([]float64, x.set.Steps())
	for s, path := range paths {
		for t, v := range path {
			out[t] += x.set.Probability(s) * v
		}
	}
	return out
}

// extremes returns the lowest and highest value per step over all scenarios.
func extremes(paths [][]float64) (low, high []float64) {
	low, high = slices.Clone(paths[0]), slices.Clone(paths[0])
	for _, path := range paths[1:] {
		for t, v := range path {
			low[t], high[t] = min(low[t], v), max(high[t], v)
		}
	}
	return low, high
}

// scenarioColumns returns one column per scenario, with the unit as suffix of
// its name.
func (x *run) scenarioColumns(unit string) []Column {
	out := make([]Column, x.set.Len())
	for s := range out {
		out[s].Name = fmt.Sprintf("scenario_%d%s", s, unit)
	}
	return out
}
