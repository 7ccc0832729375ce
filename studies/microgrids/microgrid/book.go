package microgrid

import "math"

// Decision has the set points of an hour, kW. PV, lost load and overgeneration
// follow from them.
type Decision struct {
	Charge, Discharge float64
	Import, Export    float64
	Genset            float64
}

// Account is an hour as it happened: the decision within all limits, and its
// consequences.
type Account struct {
	Decision
	UsedPV         float64 // kW
	Lost           float64 // load that was not served, kW
	Overgeneration float64 // kW
	CO2            float64 // kg
	Cost           float64 // currency
	Energy         float64 // of the battery after the hour, kWh
}

// startable is the power below which a decision leaves the genset off, kW: a
// rule of the published controllers, which raise a genset from 1 kW on to its
// minimum.
const startable = 1

// Book applies a decision to an hour that starts with a battery of the given
// energy, kWh.
//
// Set points beyond a limit are cut. A genset below its minimum is raised to
// it, or off if it is below 1 kW. The power balance closes by PV, lost load and
// overgeneration; see the package comment.
//
// For example, a load of 100 kW with PV of 30 kW, a discharge of 20 kW and no
// other power loses 50.
func (g *Grid) Book(h Hour, p Tariff, energy float64, d Decision) Account {
	b := g.Battery
	a := Account{Decision: d}
	a.Charge = max(0, min(d.Charge, b.MaxCharge, (b.Max-energy)/b.ChargeEfficiency))
	a.Discharge = max(0, min(d.Discharge, b.MaxDischarge, (energy-b.Min)*b.DischargeEfficiency))
	if !h.On {
		a.Import, a.Export = 0, 0
	}
	a.Import = max(0, min(a.Import, g.MaxImport))
	a.Export = max(0, min(a.Export, g.MaxExport))
	switch {
	case !g.hasGenset() || d.Genset < startable:
		a.Genset = 0
	default:
		a.Genset = min(max(d.Genset, g.Genset.MinPower), g.Genset.MaxPower)
	}
	need := h.Load + a.Charge + a.Export - a.Discharge - a.Import - a.Genset
	a.UsedPV = math.Max(0, math.Min(need, h.PV))
	a.Lost = math.Max(0, need-h.PV)
	a.Overgeneration = math.Max(0, -need)
	a.CO2 = g.Genset.CO2*a.Genset + p.CO2*a.Import
	a.Cost = p.Import*a.Import - p.Export*a.Export + b.Wear*(a.Charge+a.Discharge) + g.Genset.Fuel*a.Genset +
		g.LostLoad*a.Lost + g.Overgeneration*a.Overgeneration + g.CO2Price*a.CO2
	// Rounding must not leave the limits, because the next hour's room would be
	// negative.
	a.Energy = min(max(energy+b.ChargeEfficiency*a.Charge-a.Discharge/b.DischargeEfficiency, b.Min), b.Max)
	return a
}
