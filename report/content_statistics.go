package report

import (
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/report/statistics"
)

// energyTable returns energy and use of each DER by carrier, expected over the
// horizon, for CO2 in t:
//
//	der, vpp, kind, carrier           one row per port; kind as in [statistics.Kind]
//	unit_of_measure                   of the energies: MWh or t
//	supplied, used                    fed in and withdrawn
//	rating_mw, capacity_factor        limit of the supply, and supplied / (rating · horizon)
//	full_load_hours                   supplied / rating
//	available, curtailed              of renewable DERs
//	starts, running_hours             of the DER, in its first row
//	reduced_mwh                       load reduction of the DER, in its first row
//	emission_t                        of the DER, in its first row
func (x *run) energyTable() *Table {
	t := &Table{Name: "energy", Title: "Energy of each DER by carrier, expected over the horizon: MWh, for CO₂ t"}
	t.Columns = []Column{
		{Name: "der", Title: "DER"},
		{Name: "vpp", Title: "VPP"},
		{Name: "kind"},
		{Name: "carrier", Title: "carrier"},
		{Name: "unit_of_measure"},
		{Name: "supplied", Title: "supplied", Decimals: 2},
		{Name: "used", Title: "used", Decimals: 2},
		{Name: "rating_mw", Title: "rating, MW", Decimals: 2},
		{Name: "capacity_factor", Title: "capacity factor", Decimals: 3},
		{Name: "full_load_hours", Title: "full-load hours", Decimals: 2},
		{Name: "available", Title: "available", Decimals: 2},
		{Name: "curtailed", Title: "curtailed", Decimals: 2},
		{Name: "starts", Title: "starts", Decimals: 2},
		{Name: "running_hours", Title: "running, h", Decimals: 1},
		{Name: "reduced_mwh", Title: "reduced", Decimals: 2},
		{Name: "emission_t", Title: "CO₂, t", Decimals: 2},
	}
	for _, d := range x.statistics() {
		for i, p := range d.Ports {
			row := []any{
				d.Name, d.VPP, d.Kind, p.Carrier, p.Unit(), p.Supplied, p.Used, given(p.Rating), given(p.CapacityFactor),
				given(p.FullLoadHours), given(p.Available), given(p.Curtailed), nil, nil, nil, nil,
			}
			// Numbers of the whole DER stand once, so that a sum over the
			// column is right.
			if i == 0 {
				row[12], row[13], row[14], row[15] = given(d.Starts), given(d.Running), d.ReducedMWh, d.EmissionT
			}
			t.add(row...)
		}
	}
	return t
}

// moneyTable returns the money of each DER by item, expected currency over the
// horizon:
//
//	der, vpp, kind      as in the table "energy"
//	item                such as "energy sold" or "fuel"; last "allocated gain" and "transfer"
//	amount_currency     received is positive
//
// The items of a DER in a VPP add up to its payoff.
func (x *run) moneyTable() *Table {
	t := &Table{Name: "money", Title: "Money of each DER by item, expected currency over the horizon; costs are negative"}
	t.Columns = []Column{
		{Name: "der", Title: "DER"},
		{Name: "vpp", Title: "VPP"},
		{Name: "kind"},
		{Name: "item", Title: "item"},
		{Name: "amount_currency", Title: "amount", Decimals: 2},
	}
	for _, d := range x.statistics() {
		for _, item := range d.Items {
			t.add(d.Name, d.VPP, d.Kind, item.What, item.Amount)
		}
		// A DER outside has no allocated gain.
		if len(d.Ports) > 0 || d.AllocatedGain != 0 {
			t.add(d.Name, d.VPP, d.Kind, "allocated gain", d.AllocatedGain)
		}
		if d.Transfer != 0 {
			t.add(d.Name, d.VPP, d.Kind, "transfer", d.Transfer)
		}
	}
	return t
}

// paymentsTable returns the payments between the parties, see
// [statistics.Payments]:
//
//	from, to           names of DERs and VPPs, or a market
//	for                item, such as "energy sold" or "allocated gain"
//	amount_currency    above 0
func (x *run) paymentsTable() *Table {
	t := &Table{Name: "payments", Title: "Payments between the parties, expected currency over the horizon"}
	t.Columns = []Column{
		{Name: "from", Title: "payer"},
		{Name: "to", Title: "payee"},
		{Name: "for", Title: "for"},
		{Name: "amount_currency", Title: "amount", Decimals: 2},
	}
	for _, p := range x.payments() {
		t.add(p.From, p.To, p.For, p.Amount)
	}
	return t
}

// statistics returns the statistics of the DERs.
func (x *run) statistics() []statistics.DER { return statistics.DERs(x.region, x.result) }

// payments returns the payments between the parties.
func (x *run) payments() []statistics.Payment { return statistics.Payments(x.region, x.result) }

// given returns an optional number as a cell, nil if it is absent.
func given(f optional.Float) any {
	if v, ok := f.Get(); ok {
		return v
	}
	return nil
}
