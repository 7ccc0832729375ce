package statistics

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/vpp"
)

// DER has the statistics of one DER at the recommended profile. A DER at the
// outside option has no ports and no items.
type DER struct {
	Name string
	VPP  string // its choice; [trigrid.Outside] outside
	Kind string // of its Go type, such as "wind" or "gas boiler"

	Ports []Port // electricity, heat, gas and CO2, as far as the DER has them

	Starts  optional.Float // number of starts. Absent: the DER records none
	Running optional.Float // hours in which it runs. Absent: the DER records none

	// Items are the owner's money by item: payments such as "energy sold", and
	// own costs such as "fuel", which are negative. Their sum is Payment −
	// Cost.
	Items         []der.Item
	Payment       float64 // from the VPP for energy and goods
	Cost          float64 // own cost
	AllocatedGain float64
	Transfer      float64 // from other members of the VPP
	Payoff        float64 // Payment − Cost + AllocatedGain + Transfer, or the outside payoff

	ReducedMWh float64 // load reduction
	EmissionT  float64 // emitted
	AllowanceT float64 // of free allowances
}

// Port has the energy of a DER at one port, MWh; for carrier "CO2" t. The
// definitions are those of [results.CarrierStatistics]. For example, a wind
// farm of 8 MW that supplies 48 MWh in 24 hours has a capacity factor of 0.25
// and 6 full-load hours.
type Port struct {
	Carrier        string  // "electricity", "heat", "gas" or "CO2"
	Supplied, Used float64 // both at least 0

	Rating         optional.Float // MW of supply, from [der.Rated]. Absent: none or unknown
	CapacityFactor optional.Float // in [0, 1] if the rating is a limit. Absent: without a rating
	FullLoadHours  optional.Float // hours. Absent: without a rating

	Available optional.Float // MWh that could have been generated. Absent: the DER is not renewable
	Curtailed optional.Float // MWh of Available that were not generated
}

// Unit returns the unit of the energies: "MWh", or "t" for CO2.
func (p Port) Unit() string {
	if p.Carrier == "CO2" {
		return "t"
	}
	return "MWh"
}

// DERs returns the statistics of all DERs, in the region's order.
func DERs(r trigrid.Region, res *trigrid.Result) []DER {
	out := make([]DER, len(r.DERs))
	for i, unit := range r.DERs {
		own := res.DERs[i]
		d := DER{Name: unit.Name(), VPP: own.Choice, Kind: Kind(unit), AllocatedGain: own.AllocatedGain, Payoff: own.Payoff}
		if rec := res.Recommendation; rec != nil {
			d.Transfer = rec.Transfers[d.Name]
			d.Payoff += d.Transfer
		}
		if plan, m := member(res, own.Choice, d.Name); m != nil {
			d.add(results.MemberStatistics(plan, m))
		}
		out[i] = d
	}
	return out
}

// member returns a DER in the plan of a VPP and the plan, nil if it is outside.
func member(res *trigrid.Result, vppName, name string) (*vpp.Plan, *vpp.Member) {
	for _, plan := range res.Plans {
		if plan == nil || plan.VPP.Name != vppName {
			continue
		}
		for i := range plan.Members {
			if plan.Members[i].DER.Name() == name {
				return plan, &plan.Members[i]
			}
		}
	}
	return nil, nil
}

// add adds the numbers of a member, which package results defines.
func (d *DER) add(x results.DERStatistics) {
	d.Payment, d.Cost, d.Items = x.Payment, x.Cost, x.Items
	d.Starts, d.Running = x.Starts, x.Running
	d.ReducedMWh, d.EmissionT, d.AllowanceT = x.Reduced, x.Emission, x.Allowance
	for _, c := range x.Carriers {
		p := Port{
			Carrier: c.Carrier, Supplied: c.Supplied, Used: c.Used,
			Rating: c.Capacity, CapacityFactor: c.CapacityFactor, FullLoadHours: c.FullLoadHours,
		}
		switch c.Carrier {
		case "co2":
			p.Carrier = "CO2"
		case "electricity":
			p.Available, p.Curtailed = x.Available, x.Curtailed
		}
		d.Ports = append(d.Ports, p)
	}
}

// Kind returns the kind of a DER in words, from its Go type: "gas boiler" for
// *der.GasBoiler. The kind of any other module is named in the same way.
func Kind(unit der.DER) string {
	name := fmt.Sprintf("%T", unit)
	name = name[strings.LastIndexAny(name, ".*")+1:]
	// A generic type has its arguments in brackets.
	name, _, _ = strings.Cut(name, "[")
	var b strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		// A word begins at a capital after a small letter, or before one:
		// "ExtractionCHP", "EVFleet".
		small := func(j int) bool { return j >= 0 && j < len(letters) && unicode.IsLower(letters[j]) }
		if i > 0 && unicode.IsUpper(letter) && (small(i-1) || small(i+1)) {
			b.WriteByte(' ')
		}
		// Words of one capital after another, such as CHP, keep them.
		if unicode.IsUpper(letter) && (small(i+1) || i == len(letters)-1 && small(i-1)) {
			letter = unicode.ToLower(letter)
		}
		b.WriteRune(letter)
	}
	return b.String()
}
