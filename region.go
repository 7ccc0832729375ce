package trigrid

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Region is the input of a run: one grid, M VPPs, and n DERs that choose among
// the VPPs. It is plain data. Package casefile reads it from a file;
// examples/quickstart builds one in code.
type Region struct {
	Name  string
	Notes []string // statements that every result repeats, such as "Calibrated: …"

	// Names are the names of quantities in the words of the file that the
	// region comes from, for [Region.Warnings]. Package casefile fills them.
	// Default nil: Go names.
	Names vpp.Names

	// Names of the region, of VPPs and of DERs satisfy [ledger.CheckName]: at
	// most 64 bytes without slashes. Those of VPPs differ from each other, from
	// DERs, [GridParty] and [Outside].
	VPPs    []vpp.VPP
	DERs    []der.DER   // at least 1, with different names; see [MinFleet]
	Setting vpp.Setting // scenarios, markets, the grid's weights, risk measure

	// Sample is the unreduced sample of scenarios behind Setting.Set, for
	// evaluations and figures. Default nil: none.
	Sample *scenario.Set

	// Sharing divides a coalition's gain among its members. Default nil:
	// [vpp.Shapley], or [vpp.SampledShapley] for more than [MaxEnumerated]
	// DERs. In a region of fleets these rules stand for [fleet.AumannShapley],
	// and nil for [fleet.Marginal].
	Sharing vpp.Sharing

	// Outside is the payoff of the outside option by name of the DER, currency
	// over the horizon: of a [der.Fleet] that chooses as one that of all its
	// DERs, and in a region of fleets that of one DER. Default 0 for every DER
	// without an entry.
	Outside map[string]float64
}

// Numbers and reserved names of a run, and the words of [Result.Planning].
const (
	// MinFleet is the least number of DERs of a [der.Fleet] that makes a region
	// one of fleets; so do more than [vpp.MaxDERs] DERs. Such a region is
	// solved as one program, see [Run]. A smaller fleet is one player, whose
	// DERs choose one VPP together.
	MinFleet = 1000

	// MaxEnumerated is the largest number of DERs whose coalitions are all
	// planned. With 2 VPPs, 12 DERs have 2·2^12 = 8,192 programs. A larger
	// region, of up to [vpp.MaxDERs] DERs, is searched; see [Options.Search].
	MaxEnumerated = 12

	// DefaultBudget is the default of [Options.Budget].
	DefaultBudget = 2 * time.Minute

	// Replicas is the number of replicas of a run's own ledger, 3f + 1 for f =
	// 1: the smallest number that tolerates one Byzantine replica.
	Replicas = 4

	// Outside is the name of the strategy to join no VPP, in choices and
	// profiles of a [Result]. No VPP and no DER may have it.
	Outside = "outside"

	// GridParty is the name of the grid's dispatch centre on the ledger. In a
	// settlement it stands for all markets together: energy, imbalance, carbon
	// and certificates. No VPP and no DER may have it.
	GridParty = "grid"

	PlanningEnumerated    = "enumerated"     // all coalitions were planned, or are open after a cut
	PlanningSearched      = "searched"       // those that the choice needs, see [Options.Search]
	PlanningSearchedFirst = "searched_first" // as searched: the budget did not suffice for all
	PlanningFleet         = "fleet"          // one program for all splits of the classes, see [Run]
)

// Validate returns an error that lists all violations of a region, or nil.
// Violations of VPPs, DERs and the setting are those of their own Validate
// methods.
func (r Region) Validate() error {
	bad := faults.List{Prefix: "region: "}
	bad.Require(len(r.VPPs) > 0, "no VPPs; give at least one")
	bad.Require(len(r.DERs) > 0, "no DERs; give at least one")
	if n := len(r.DERs); n > MaxEnumerated && !r.OfFleets() {
		switch r.Sharing.(type) {
		case vpp.Shapley:
			bad.Addf("the exact Shapley value of %d DERs needs up to 2^%d programs; share by vpp.SampledShapley", n, n)
		case vpp.Nucleolus:
			bad.Addf("the nucleolus of %d DERs needs up to 2^%d programs; share by vpp.SampledShapley", n, n)
		}
	}
	if r.Name != "" {
		bad.Add(ledger.CheckName("name of the region", r.Name))
	}
	ders := r.validateDERs(&bad)
	r.validateVPPs(&bad, ders)
	if v, ok := r.Sharing.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			bad.Addf("sharing: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Outside)) {
		value := r.Outside[name]
		bad.Require(ders[name], "an outside payoff is given for %q, which is not a DER", name)
		bad.Require(!math.IsNaN(value) && !math.IsInf(value, 0),
			"the outside payoff of %q is %v, want a finite number", name, value)
	}
	bad.Add(r.Setting.Validate())
	if of, set := r.Sample.Grid(), r.Setting.Set.Grid(); r.Sample != nil && !of.SameSteps(set) {
		bad.Addf("the sample has %v, the scenarios have %v; give a sample over the same steps", of, set)
	}
	return bad.Err()
}

// validateDERs adds the violations of the DERs and returns their names.
func (r Region) validateDERs(bad *faults.List) map[string]bool {
	names := map[string]bool{}
	for i, d := range r.DERs {
		if !bad.Require(d != nil, "DERs[%d] is nil; leave it out", i) {
			continue
		}
		// A pointer that was never set is no DER either, and its methods would
		// panic.
		if x := reflect.ValueOf(d); !bad.Require(x.Kind() != reflect.Pointer || !x.IsNil(), "DERs[%d] is a nil %T; leave it out", i, d) {
			continue
		}
		name := d.Name()
		if bad.Require(name != "", "a DER has no name") {
			bad.Add(ledger.CheckName("name of a DER", name))
		}
		bad.Require(!names[name] && name != GridParty, "the name %q of a DER is taken; names must differ", name)
		names[name] = true
		if r.Setting.Set != nil {
			bad.Add(der.Validate(d, r.Setting.Set))
		}
	}
	return names
}

// validateVPPs adds the violations of the VPPs, whose names must differ from
// those of the DERs too.
func (r Region) validateVPPs(bad *faults.List, ders map[string]bool) {
	names := map[string]bool{}
	for _, p := range r.VPPs {
		bad.Require(!names[p.Name] && !ders[p.Name] && p.Name != GridParty && p.Name != Outside,
			"the name %q of a VPP is taken; names must differ", p.Name)
		names[p.Name] = true
		if p.Name != "" { // Validate reports an empty name
			bad.Add(ledger.CheckName("name of a VPP", p.Name))
		}
		bad.Add(p.Validate(r.Setting.Set))
	}
}

// SharingRule returns the sharing rule, or the default for the number of DERs.
func (r Region) SharingRule() vpp.Sharing {
	switch {
	case r.Sharing != nil:
		return r.Sharing
	case len(r.DERs) > MaxEnumerated:
		return vpp.SampledShapley{}
	}
	return vpp.Shapley{}
}

// names returns the names of a coalition's members in the order of r.DERs.
func (r Region) names(s vpp.Coalition) []string {
	out := make([]string, 0, s.Size())
	for _, i := range s.Members() {
		out = append(out, r.DERs[i].Name())
	}
	return out
}

// Warnings returns warnings about valid data of the region, one sentence each,
// with the number and the fix: implausible magnitudes, such as a price in
// currency per kWh ([vpp.Implausible]), doubtful settings
// ([vpp.Setting.Warnings]), ranges of coefficients in the program of each VPP
// with all DERs ([vpp.Program.Warnings]), and series that no VPP and no DER
// uses. It solves nothing. The data must be valid. [Result.Warnings] has the
// same sentences.
func (r Region) Warnings() []string {
	out := slices.Concat(vpp.Implausible(r.Setting, r.VPPs, r.DERs, r.Names), r.Setting.Warnings(r.VPPs...), r.Setting.DERWarnings(r.DERs...))
	used := map[string]bool{}
	setting := r.Setting
	setting.Set = setting.Set.Watched(func(name string) { used[name] = true })
	for _, d := range r.DERs {
		// A quantity of zero can have no column, but its series is checked.
		_ = der.Validate(d, setting.Set)
	}
	complete := true
	for _, v := range r.VPPs {
		used[v.Demand] = true
		program, err := vpp.Problem{VPP: v, Members: r.DERs, Setting: setting}.Formulate()
		if err != nil {
			complete = false
			continue // the run reports it
		}
		for _, warning := range program.Warnings() {
			// A number of a DER stands in the programs of all VPPs. The text
			// before "and" names it; the number that it is compared with can
			// belong to the VPP.
			number, _, _ := strings.Cut(warning, " and ")
			if !slices.ContainsFunc(out, func(w string) bool { return strings.HasPrefix(w, number) }) {
				out = append(out, warning)
			}
		}
	}
	if complete {
		out = append(out, r.unusedSeries(used)...)
	}
	return out
}

// unusedSeries returns one warning for all series of the scenarios without use,
// such as a second wind farm whose DER names the series of the first one by
// mistake.
func (r Region) unusedSeries(used map[string]bool) []string {
	var names []string
	for _, name := range r.Setting.Set.Names() {
		if used[name] {
			continue
		}
		text := strconv.Quote(name)
		if path, ok := r.Names["Set."+name]; ok {
			text += " (" + path + ")"
		}
		names = append(names, text)
	}
	if names == nil {
		return nil
	}
	return []string{fmt.Sprintf("no VPP and no DER uses these series of the scenarios: %s; name them where they belong, or leave them out",
		strings.Join(names, ", "))}
}
