package statistics

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// DER has the statistics of one DER at the recommended profile. A DER at the outside option has no
// ports and no items.
type DER struct {
	Name string
	VPP  string // its choice; [trigrid.Outside] outside
	Kind string // of its Go type, such as "wind" or "gas boiler"

	Ports []Port // electricity, heat, gas and CO2, as far as the DER has them

	Starts  optional.Float // number of starts. Absent: the DER records none
	Running optional.Float // hours in which it runs. Absent: the DER records none

	// Items are the owner's money by item: payments such as "energy sold", and own costs such as
	// "fuel", which are negative. Their sum is Payment − Cost.
	Items         []der.Item
	Payment       float64 // from the VPP for energy and goods
	Cost          float64 // own cost
	AllocatedGain float64
	Transfer      float64 // from other members of the VPP
	Payoff        float64 // Payment − Cost + AllocatedGain + Transfer; outside: of the outside option

	ReducedMWh float64 // load reduction
	EmissionT  float64 // emitted
	AllowanceT float64 // of free allowances
}

// Port has the energy of a DER at one port, MWh; for carrier "CO2" t.
//
//	Supplied       = E Σ_t max(p_t, 0) Δ,   Used = E Σ_t max(−p_t, 0) Δ
//	FullLoadHours  = Supplied / Rating
//	CapacityFactor = FullLoadHours / T      T: hours of the horizon
//	Curtailed      = Available − generation, for renewable DERs
//
// p is injection less withdrawal of electricity, without load reduction, or the port of the
// carrier. For example, a wind farm of 8 MW that supplies 48 MWh in 24 hours has a capacity
// factor of 0.25 and 6 full-load hours.
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
		if m := member(res, own.Choice, d.Name); m != nil {
			d.addMember(m, r.Setting.Set)
		}
		out[i] = d
	}
	return out
}

// member returns a DER in the plan of a VPP, nil if it is outside.
func member(res *trigrid.Result, vppName, name string) *vpp.Member {
	for _, plan := range res.Plans {
		if plan == nil || plan.VPP.Name != vppName {
			continue
		}
		for i := range plan.Members {
			if plan.Members[i].DER.Name() == name {
				return &plan.Members[i]
			}
		}
	}
	return nil
}

// addMember adds energies, money, emissions and starts of a member.
func (d *DER) addMember(m *vpp.Member, set *scenario.Set) {
	d.Payment, d.Cost = m.Payment, m.Cost
	e := expectation{set, m.Schedule.Realised}
	d.EmissionT = e.sum(func(p *der.Ports, t int) float64 { return at(p.Emission, t) })
	d.ReducedMWh = e.sum(func(p *der.Ports, t int) float64 { return at(p.Reduced, t) * set.HoursAt(t) })
	d.AllowanceT = e.sum(func(p *der.Ports, t int) float64 { return at(p.Allowance, t) })
	d.addPorts(m.DER, e)
	d.addRunning(e)
	for s, b := range m.Benefits {
		for _, item := range b.Items {
			d.addItem(item.What, set.Probability(s)*item.Amount)
		}
	}
}

// addItem adds an amount to the item of a name.
func (d *DER) addItem(what string, amount float64) {
	for k := range d.Items {
		if d.Items[k].What == what {
			d.Items[k].Amount += amount
			return
		}
	}
	d.Items = append(d.Items, der.Item{What: what, Amount: amount})
}

// addPorts adds one [Port] per carrier for which the DER has a port.
func (d *DER) addPorts(unit der.DER, e expectation) {
	hours, once := e.set.HoursAt, func(int) float64 { return 1 }
	add := func(carrier string, perStep func(t int) float64, path func(p *der.Ports, t int) float64) *Port {
		d.Ports = append(d.Ports, Port{
			Carrier:  carrier,
			Supplied: e.sum(func(p *der.Ports, t int) float64 { return max(path(p, t), 0) * perStep(t) }),
			Used:     e.sum(func(p *der.Ports, t int) float64 { return max(-path(p, t), 0) * perStep(t) }),
		})
		return &d.Ports[len(d.Ports)-1]
	}
	// A DER has a port in all scenarios or in none.
	first := &e.realised[0]
	if first.Injected != nil || first.Withdrawn != nil || first.Reduced != nil {
		p := add("electricity", hours, func(p *der.Ports, t int) float64 { return at(p.Injected, t) - at(p.Withdrawn, t) })
		p.rate(unit, der.Electricity, e)
		if first.Available != nil {
			available := e.sum(func(p *der.Ports, t int) float64 { return at(p.Available, t) })
			generated := e.sum(func(p *der.Ports, t int) float64 { return at(p.Renewable, t) })
			p.Available, p.Curtailed = optional.Of(available), optional.Of(max(available-generated, 0))
		}
	}
	if first.Heat != nil {
		add("heat", hours, func(p *der.Ports, t int) float64 { return p.Heat[t] }).rate(unit, der.Heat, e)
	}
	if first.Gas != nil {
		add("gas", hours, func(p *der.Ports, t int) float64 { return p.Gas[t] }).rate(unit, der.Gas, e)
	}
	if first.CO2 != nil {
		add("CO2", once, func(p *der.Ports, t int) float64 { return p.CO2[t] }) // tonnes per step
	}
}

// rate sets the numbers that need a rating, if the DER states one.
func (p *Port) rate(unit der.DER, carrier der.Carrier, e expectation) {
	rated, ok := unit.(der.Rated)
	if !ok {
		return
	}
	p.Rating = rated.Rating(carrier)
	// A rating of 0 has no factor.
	if mw := p.Rating.Or(0); mw > 0 {
		p.FullLoadHours = optional.Of(p.Supplied / mw)
		p.CapacityFactor = optional.Of(p.Supplied / mw / e.set.Grid().HoursTo(e.set.Steps()))
	}
}

// addRunning adds starts and running hours, if the DER records the state "on". Without the state
// "start" a start is a step that runs after one that does not.
func (d *DER) addRunning(e expectation) {
	if e.realised[0].Trace("on") == nil {
		return
	}
	d.Running = optional.Of(e.sum(func(p *der.Ports, t int) float64 { return p.Trace("on")[t] * e.set.HoursAt(t) }))
	d.Starts = optional.Of(e.sum(func(p *der.Ports, t int) float64 {
		if starts := p.Trace("start"); starts != nil {
			return starts[t]
		}
		on := p.Trace("on")
		if t > 0 && on[t] > 0.5 && on[t-1] < 0.5 {
			return 1
		}
		return 0
	}))
}

// expectation sums over steps and weighs scenarios by probability.
type expectation struct {
	set      *scenario.Set
	realised []der.Ports // per scenario
}

// sum returns Σ_s π_s Σ_t value(s, t).
func (e expectation) sum(value func(p *der.Ports, t int) float64) float64 {
	total := 0.0
	for s := range e.realised {
		path := 0.0
		for t := range e.set.Steps() {
			path += value(&e.realised[s], t)
		}
		total += e.set.Probability(s) * path
	}
	return total
}

// at returns the value of a port at step t, or 0 if the DER has no such port.
func at(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}

// Kind returns the kind of a DER in words, from its Go type: "gas boiler" for *der.GasBoiler. The
// kind of any other module is named in the same way.
func Kind(unit der.DER) string {
	name := fmt.Sprintf("%T", unit)
	name = name[strings.LastIndexAny(name, ".*")+1:]
	// A generic type has its arguments in brackets.
	name, _, _ = strings.Cut(name, "[")
	var b strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		// A word begins at a capital after a small letter, or before one: "ExtractionCHP",
		// "EVFleet".
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
