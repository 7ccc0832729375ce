package microgrid

// RuleBased uses PV, then the battery, then the grid, then the genset, without
// any forecast.
//
// The battery can give b = min(MaxDischarge, η_d (energy − E_min)). If there is
// a genset, the grid is off and load > PV + b, the genset's minimum is reserved
// for the load first:
//
//	load < MinPower             the genset runs at 2 MinPower, and nothing else is used
//	otherwise                   the rules below serve load − MinPower
//
//	deficit = load − PV > 0     battery, then grid, else genset with the rest and the reserve
//	surplus = PV − load         battery, then grid
//
// If PV and battery serve the reduced load, the genset stays off and the
// reserve is lost load. This oddity is needed for the published costs.
type RuleBased struct{ Grid *Grid }

var _ Controller = RuleBased{}

// Decide implements [Controller].
func (r RuleBased) Decide(v View) (Decision, error) {
	g, h := r.Grid, v.Present()
	b := g.Battery
	canGive := min(b.MaxDischarge, b.DischargeEfficiency*(v.Energy-b.Min))
	load, reserved := h.Load, 0.0
	if g.hasGenset() && !h.On && load > h.PV+canGive {
		reserved = g.Genset.MinPower
		if load < reserved {
			return Decision{Genset: 2 * reserved}, nil
		}
		load -= reserved
	}
	var d Decision
	if surplus := h.PV - load; surplus >= 0 {
		d.Charge = min(surplus, b.MaxCharge, (b.Max-v.Energy)/b.ChargeEfficiency)
		if h.On {
			d.Export = min(surplus-d.Charge, g.MaxExport)
		}
		return d, nil
	}
	deficit := load - h.PV
	d.Discharge = max(0, min(deficit, canGive))
	deficit -= d.Discharge
	if h.On {
		d.Import = min(deficit, g.MaxImport)
		deficit -= d.Import
	}
	if g.hasGenset() && deficit > 0 {
		d.Genset = deficit + reserved
	}
	return d, nil
}
