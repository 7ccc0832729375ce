package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// VPP is a virtual power plant without its members: its demand, its tariff and
// its attitude to risk.
//
// For example, VPP{Name: "village", Demand: "load", ImportLimit:
// optional.Of(12)} serves the series "load" and can import at most 12 MW. Its
// exports are unlimited.
type VPP struct {
	Name         string
	Demand       string     // series of the load D that it must serve, MW; empty: no load
	RiskAversion float64    // β ≥ 0, factor of the risk beside the weight of the grid
	Tariff       der.Tariff // payments to and from its members
	PassThrough  float64    // θ in [0, 1], fraction of the gain that its members receive

	ImportLimit, ExportLimit optional.Float // of the connection, ≥ 0 MW; absent: no limit

	// FreeAllocation are free carbon allowances, t CO2 per step: one value for
	// steps of equal length, or one per step. Nil: none. Allowances per MWh
	// belong to members, such as
	// [der.Thermal.Quota]: they reward output and can change the commitment. A fixed amount
	// cannot at one price.
	FreeAllocation market.Series

	// DayAhead fixes the day-ahead schedule e, MW per step: for example, the
	// schedule of an earlier plan that is tested on other scenarios. Nil: the
	// program decides it.
	DayAhead []float64

	// Offered fixes the reserve offer R, MW per step, as DayAhead does with the
	// schedule: reserve that was sold earlier and is still to be held. Only
	// with [Markets.Reserve]. Nil: the program decides it.
	Offered []float64
}

// prefix begins the errors of the VPP.
func (v VPP) prefix() string { return fmt.Sprintf("vpp: VPP %q: ", v.Name) }

// Validate returns an error that lists all violations of the VPP. With a nil
// set, it checks neither series nor the number of steps.
func (v VPP) Validate(set *scenario.Set) error {
	bad := faults.List{Prefix: v.prefix()}
	bad.Require(v.Name != "", "Name is empty; give a name that no other VPP has")
	if v.Demand != "" && set != nil && !set.Has(v.Demand) {
		bad.Addf("Demand is %q, want one of the series %v", v.Demand, set.Names())
	}
	if v.Demand != "" && set.Has(v.Demand) {
		v.validateDemand(&bad, set)
	}
	for _, x := range []struct {
		field string
		value float64
	}{
		{"RiskAversion", v.RiskAversion},
		{"ImportLimit", v.ImportLimit.Or(0)},
		{"ExportLimit", v.ExportLimit.Or(0)},
	} {
		// An infinite limit is no limit; an infinite risk aversion fails in the
		// solver.
		bad.Require(x.value >= 0, "%s is %v, want at least 0", x.field, x.value)
	}
	if v.DayAhead != nil && set != nil && len(v.DayAhead) != set.Steps() {
		bad.Addf("DayAhead has %d values, want one for each of %d steps, or nil", len(v.DayAhead), set.Steps())
	}
	for t, mw := range v.DayAhead {
		lower, upper := v.connection()
		bad.Require(mw >= lower && mw <= upper,
			"DayAhead[%d] is %v MW, want a value in the limits of the connection, [%v, %v]", t, mw, lower, upper)
	}
	if v.Offered != nil && set != nil && len(v.Offered) != set.Steps() {
		bad.Addf("Offered has %d values, want one for each of %d steps, or nil", len(v.Offered), set.Steps())
	}
	for t, mw := range v.Offered {
		bad.AtLeast(fmt.Sprintf("Offered[%d]", t), mw, 0, "MW")
	}
	if n := len(v.FreeAllocation); set != nil && v.FreeAllocation != nil && n != 1 && n != set.Steps() {
		bad.Addf("FreeAllocation has %d values, want 1, or one for each of %d steps", n, set.Steps())
	}
	if set != nil && len(v.FreeAllocation) == 1 && v.FreeAllocation[0] != 0 {
		_, equal := set.Grid().EqualSteps()
		bad.Require(equal, "FreeAllocation has 1 value for steps of different lengths, want the t CO2 of each of the %d steps", set.Steps())
	}
	for t, tonnes := range v.FreeAllocation {
		bad.AtLeast(fmt.Sprintf("FreeAllocation[%d]", t), tonnes, 0, "t CO2")
	}
	bad.Between("PassThrough", v.PassThrough, 0, 1, "")
	if set != nil {
		if err := v.Tariff.Validate(set.Steps()); err != nil {
			bad.Addf("%w", err)
		}
	}
	return bad.Err()
}

// validateDemand requires a demand of at least 0: a negative one would be sold.
// It reports the first value below.
func (v VPP) validateDemand(bad *faults.List, set *scenario.Set) {
	for s := range set.Len() {
		for t, mw := range set.Path(v.Demand, s) {
			if !bad.Require(mw >= 0, "Demand: series %q is %v in scenario %d, step %d, want at least 0 MW", v.Demand, mw, s, t) {
				return
			}
		}
	}
}

// connection returns the limits of the delivered power, MW; infinite if the
// limit is absent.
func (v VPP) connection() (lower, upper float64) {
	return -v.ImportLimit.Or(math.Inf(1)), v.ExportLimit.Or(math.Inf(1))
}

// freeAllocation returns the free allowances of a step, t CO2.
func (v VPP) freeAllocation(t int) float64 {
	if v.FreeAllocation == nil {
		return 0
	}
	return v.FreeAllocation.At(t)
}
