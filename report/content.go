package report

import "github.com/trigrid/trigrid"

// Tables returns all tables of a run, in a fixed order. It returns an error if
// the result does not belong to the region, or if it was read from JSON, which
// contains neither plans nor the trajectory.
//
// A region of fleets has other tables and figures, with a row per class.
func Tables(r trigrid.Region, res *trigrid.Result) ([]*Table, error) {
	if res != nil && res.Fleet != nil {
		x, err := newFleet(r, res)
		if err != nil {
			return nil, err
		}
		return x.tables(), nil
	}
	x, err := newRun(r, res)
	if err != nil {
		return nil, err
	}
	return x.tables(), nil
}

// tables returns the tables in the order of the page's list.
func (x *run) tables() []*Table {
	out := []*Table{
		x.summaryTable(),
		x.vppsTable(),
		x.dersTable(),
		x.payoffsTable(),
		x.equilibriaTable(),
		x.basinsTable(),
		x.trajectoryTable(),
		x.valuesTable(),
		x.coalitionsTable(),
		x.dispatchTable(),
		x.deliveryTable(),
		x.exchangeTable(),
		x.statesTable(),
		x.pricesTable(),
		x.settlementTable(),
		x.scenariosTable(),
		x.probabilitiesTable(),
	}
	// Energy, money and payments by DER are those of package statistics.
	out = append(out, x.energyTable(), x.moneyTable(), x.paymentsTable())
	// Tables that a run can lack have no file then: an empty one would look
	// like a fault.
	if x.hasPolicy() {
		out = append(out, x.policyTable())
	}
	if x.other != nil {
		out = append(out, x.comparisonTable())
	}
	if len(x.result.OpenPrograms) > 0 {
		out = append(out, x.openTable())
	}
	if x.result.Recommendation != nil {
		out = append(out, x.recommendationTable())
	}
	if len(x.result.Refusals) > 0 {
		out = append(out, x.refusalsTable())
	}
	if x.result.Stability != nil {
		out = append(out, x.stabilityTable())
	}
	if len(x.result.Infeasible) > 0 {
		out = append(out, x.infeasibleTable())
	}
	return out
}

// Figures returns the figures of a run, in the order of the page. It returns
// the errors of [Tables].
func Figures(r trigrid.Region, res *trigrid.Result) ([]*Figure, error) {
	if res != nil && res.Fleet != nil {
		x, err := newFleet(r, res)
		if err != nil {
			return nil, err
		}
		return x.figures(), nil
	}
	x, err := newRun(r, res)
	if err != nil {
		return nil, err
	}
	return x.figures(), nil
}

// figures returns the figures that exist for this run; a missing figure is nil
// and left out, for example prices without duals.
func (x *run) figures() []*Figure {
	// The order of the sections: scenarios, VPPs, value, choice, settlement;
	// the page puts the comparison first.
	out := x.fans()
	for v := range x.result.Plans {
		out = append(out, x.dispatch(v), x.commitment(v))
		out = append(out, x.exchangeStacks(v)...)
		out = append(out, x.stateFans(v)...)
		out = append(out, x.prices(v))
	}
	out = append(out, forScreens(x.policyFigure), forScreens(x.dimensions))
	for v := range x.result.Plans {
		out = append(out, x.coalitions(v))
	}
	out = append(out, forScreens(x.payoffs), forScreens(x.trajectory), forScreens(x.basins), forScreens(x.flowOfMoney), forScreens(x.settlement))
	if x.other != nil {
		out = append(append(out, forScreens(x.comparisonFigure)), x.comparedDeliveries()...)
	}
	// Filter in place: figures of missing data are nil.
	present := out[:0]
	for _, f := range out {
		if f != nil {
			present = append(present, f)
		}
	}
	return present
}
