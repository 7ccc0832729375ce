package operate

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/scenario"
)

// ruled returns an error that lists the DERs without a rule, and those whose
// rule breaks their own limits on the first day as the set has it.
func ruled(ders []der.DER, set *scenario.Set) error {
	bad := faults.List{Prefix: "operate: rules: ", Max: 5}
	for _, d := range ders {
		unit, _ := single(d)
		if _, ok := d.(*der.Fleet); ok {
			bad.Require(!ofGoods(unit), "no rule for fleet %q of type %T; state its DERs one by one, or leave out the strategy", d.Name(), unit)
		}
		site, ok := unit.(*der.Site)
		if !ok {
			ruledUnit(&bad, fmt.Sprintf("DER %q", d.Name()), unit, set)
			continue
		}
		for _, part := range site.Parts {
			unit, _ := single(part)
			what := fmt.Sprintf("part %q of site %q", part.Name(), site.ID)
			if ofGoods(unit) {
				bad.Addf("no rule for %s of type %T; leave out the strategy", what, unit)
				continue
			}
			ruledUnit(&bad, what, unit, set)
		}
	}
	return bad.Err()
}

// ruledUnit reports a unit without a rule.
func ruledUnit(bad *faults.List, what string, unit der.DER, set *scenario.Set) {
	switch u := unit.(type) {
	case *der.Wind, *der.PV, *der.RunOfRiver, *der.Reservoir, *der.Thermal, *der.Load, *der.DemandResponse,
		*der.EVFleet, *der.HeatPump, *der.CarbonCapture, *der.CHP, *der.ExtractionCHP, *der.GasBoiler, *der.ElectricBoiler, *der.PowerToGas,
		*der.GasSupply, *der.HeatDump, *der.Sequestration, *der.Storage:
	case *der.TransferableLoad:
		if short := shortRun(u, set); short > 0 {
			bad.Addf("the usual profile of transferable load %q has a run of %.4g h, below its MinRun of %.4g h, and the rules move no load; "+
				"lower MinRun, or leave out the strategy", u.ID, short, u.MinRun)
		}
	case *der.ShiftableLoad:
		bad.Require(!u.ProfileHours.Given(), "shiftable load %q has ProfileHours; give a profile per step", u.ID)
	default:
		bad.Addf("no rule for %s of type %T; leave out the strategy", what, unit)
	}
}

// shortRun returns the length of the first run of the usual profile of a load
// that ends within the set and is shorter than MinRun, h; 0 if none is.
func shortRun(u *der.TransferableLoad, set *scenario.Set) float64 {
	hours := 0.0
	for t, mw := range set.Path(u.Load, 0) {
		if mw > 0 {
			hours += set.HoursAt(t)
			continue
		}
		if hours > 0 && hours < u.MinRun*(1-1e-9) {
			return hours
		}
		hours = 0
	}
	return 0
}
