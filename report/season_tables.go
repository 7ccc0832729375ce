package report

import (
	"math"
	"time"

	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/weights"
)

// tables returns the tables of a season in the order of the page's list. For
// example, a season of one day has no interval over days, and therefore no
// table of values.
func (x *season) tables() []*Table {
	out := []*Table{x.comparisonTable()}
	if len(x.comparison.Values) > 0 {
		out = append(out, x.valuesTable())
	}
	out = append(out, x.daysTable(), x.paymentsTable(), x.weightsTable(), x.choicesTable(), x.movesTable())
	if t := x.statesTable(); len(t.Rows) > 0 {
		out = append(out, t)
	}
	return out
}

// comparisonTable returns one row per strategy with its sums over the common
// days. Columns with a title are shown on the page, and all are in the file.
// bound_currency is the cost under perfect information for the choices of the
// strategy, and over_bound_currency the distance of the cost from it.
func (x *season) comparisonTable() *Table {
	t := &Table{Name: "comparison", Title: "Strategies on the same days; costs are positive if money is spent"}
	t.Columns = []Column{
		{Name: "strategy", Title: "strategy"},
		{Name: "cost_currency", Title: "cost", Decimals: 2},
		{Name: "bound_currency", Title: "lower bound", Decimals: 2},
		{Name: "over_bound_currency", Title: "cost over bound", Decimals: 2},
		{Name: "worst_5_percent_currency", Title: "worst 5 % of days, mean", Decimals: 2},
		{Name: "imbalance_mwh", Title: "imbalance, MWh", Decimals: 2},
		{Name: "imbalance_cost_currency", Title: "its cost", Decimals: 2},
		{Name: "emission_t", Title: "CO₂, t", Decimals: 2},
		{Name: "certificates", Title: "certificates sold", Decimals: 2},
		{Name: "curtailed_mwh", Title: "curtailed, MWh", Decimals: 2},
		{Name: "moves", Title: "moves of DERs"},
		{Name: "own_cost_currency"},
		{Name: "trade_currency"},
		{Name: "carbon_cost_currency"},
		{Name: "certificate_cost_currency"},
		{Name: "sold_mwh"},
		{Name: "bought_mwh"},
		{Name: "renewable_mwh"},
		{Name: "available_mwh"},
		{Name: "reserve_income_currency", Title: x.reserveTitle(), Decimals: 2},
	}
	for _, s := range x.list {
		// Without bounds both cells are empty.
		var bound, over any
		if s.Bound != nil {
			bound, over = *s.Bound, s.Cost-*s.Bound
		}
		t.add(s.Strategy.Name, s.Cost, bound, over, s.Worst, s.ImbalanceMWh, s.Imbalance, s.EmissionT, s.Certificates, s.CurtailedMWh, len(s.Moves),
			s.OwnCost, s.Trade, s.Carbon, s.Certificate, s.SoldMWh, s.BoughtMWh, s.RenewableMWh, s.AvailableMWh, s.Reserve)
	}
	return t
}

// valuesTable returns the values of foresight and of scenarios: the mean daily
// cost of one strategy less that of another, with its confidence interval over
// the days.
func (x *season) valuesTable() *Table {
	t := &Table{Name: "values", Title: "Value of foresight and of scenarios, currency per day, with 95 % confidence intervals that treat days as independent"}
	t.Columns = []Column{
		{Name: "value", Title: "value of"},
		{Name: "of", Title: "cost of"},
		{Name: "against", Title: "less cost of"},
		{Name: "mean_currency_per_day", Title: "mean", Decimals: 2},
		{Name: "low_currency_per_day", Title: "from", Decimals: 2},
		{Name: "high_currency_per_day", Title: "to", Decimals: 2},
		{Name: "days_ahead", Title: "days on which it costs more"},
		{Name: "days", Title: "of"},
	}
	// Half is half of the width of the interval.
	for _, d := range x.comparison.Values {
		t.add(d.Value, d.Of, d.Against, d.Mean, d.Mean-d.Half, d.Mean+d.Half, d.Ahead, d.Days)
	}
	return t
}

// daysTable returns the realised sums of each day over all VPPs:
//
//	cost = own_cost − trade − reserve_income + imbalance_cost + carbon_cost + certificate_cost
//
// trade and reserve_income are received positive. bound is empty on days
// without a known bound.
func (x *season) daysTable() *Table {
	t := &Table{Name: "days", Title: "Realised sums of each day, costs positive if money is spent"}
	t.Columns = []Column{
		{Name: "strategy", Title: "strategy"},
		{Name: "day"},
		{Name: "date", Title: "day"},
		{Name: "cost_currency", Title: "cost", Decimals: 2},
		{Name: "bound_currency", Title: "lower bound", Decimals: 2},
		{Name: "own_cost_currency", Title: "own cost", Decimals: 2},
		{Name: "trade_currency", Title: "trade", Decimals: 2},
		{Name: "imbalance_cost_currency", Title: "imbalance", Decimals: 2},
		{Name: "carbon_cost_currency", Title: "carbon", Decimals: 2},
		{Name: "certificate_cost_currency", Title: "certificates", Decimals: 2},
		{Name: "imbalance_mwh", Title: "imbalance, MWh", Decimals: 2},
		{Name: "emission_t"},
		{Name: "renewable_mwh"},
		{Name: "curtailed_mwh"},
		{Name: "sold_mwh"},
		{Name: "bought_mwh"},
		{Name: "chosen"},
		{Name: "replans"},
		{Name: "reserve_income_currency", Title: x.reserveTitle(), Decimals: 2},
	}
	x.each(func(s *operate.Compared, i int, d *operate.Day) {
		// An empty cell, because 0 would be a bound.
		var bound any
		if d.Bound != nil {
			bound = *d.Bound
		}
		t.add(s.Strategy.Name, d.Number, x.date(i), d.Cost, bound, d.OwnCost, d.Trade, d.Imbalance, d.Carbon, d.Certificate,
			d.ImbalanceMWh, d.EmissionT, d.RenewableMWh, d.CurtailedMWh, d.SoldMWh, d.BoughtMWh, d.Chosen, d.Replans, d.Reserve)
	})
	return t
}

// reserveTitle returns the title of the income from reserve, and none if no
// strategy has any: the column is then in the file only.
func (x *season) reserveTitle() string {
	for _, s := range x.list {
		if s.Reserve != 0 {
			return "reserve income"
		}
	}
	return ""
}

// each calls use for each day of each strategy; i counts the days from 0.
func (x *season) each(use func(s *operate.Compared, i int, d *operate.Day)) {
	for _, s := range x.list {
		for i := range x.days {
			use(s, i, &s.Result.Days[i])
		}
	}
}

// date returns the date of a day for a table.
func (x *season) date(i int) string { return x.days[i].start.Format(time.DateOnly) }

// paymentsTable returns the settled payment of each party on each day, received
// positive. minor_units are hundredths of the currency, as on the ledger; those
// of a day sum to zero.
func (x *season) paymentsTable() *Table {
	t := &Table{Name: "payments", Title: "Settled payment of each party on each day; those of a day add up to zero"}
	t.Columns = []Column{{Name: "strategy"}, {Name: "day"}, {Name: "date"}, {Name: "party"}, {Name: "role"}, {Name: "minor_units"}, {Name: "amount_currency"}}
	x.each(func(s *operate.Compared, i int, d *operate.Day) {
		for k, line := range d.Payments {
			t.add(s.Strategy.Name, d.Number, x.date(i), line.Party, string(s.Result.Parties[k].Role), line.Minor, float64(line.Minor)/100)
		}
	})
	return t
}

// weightsTable returns the weights that the grid published for each day, and
// the signals from which a policy set them. Cells of signals are empty without
// a policy, and if a signal was not measured.
func (x *season) weightsTable() *Table {
	t := &Table{Name: "weights", Title: "Weights of the grid on each day"}
	t.Columns = []Column{
		{Name: "strategy"},
		{Name: "day"},
		{Name: "date"},
		{Name: "economic"},
		{Name: "risk"},
		{Name: "environment"},
	}
	for _, signal := range weights.AllSignals() {
		t.Columns = append(t.Columns, Column{Name: signal.Key()})
	}
	x.each(func(s *operate.Compared, i int, d *operate.Day) {
		signals := weights.Signals{CleanShare: math.NaN(), Volatility: math.NaN(), SupplyMargin: math.NaN()}
		if d.Signals != nil {
			signals = *d.Signals
		}
		// The columns of the signals follow the order of weights.AllSignals.
		row := []any{s.Strategy.Name, d.Number, x.date(i), d.Weights.Economic, d.Weights.Risk, d.Weights.Environment}
		for _, signal := range weights.AllSignals() {
			row = append(row, measured(signals.At(signal)))
		}
		t.add(row...)
	})
	return t
}

// choicesTable returns the VPP of each DER on each day, or "outside". DERs
// choose on some days only, and keep their choice on the others; the column
// "chosen" of the days states which.
func (x *season) choicesTable() *Table {
	t := &Table{Name: "choices", Title: "VPP of each DER on each day"}
	t.Columns = []Column{{Name: "der"}, {Name: "strategy"}, {Name: "day"}, {Name: "date"}, {Name: "vpp"}}
	x.each(func(s *operate.Compared, i int, d *operate.Day) {
		for _, name := range x.ders {
			t.add(name, s.Strategy.Name, d.Number, x.date(i), d.Choices[name])
		}
	})
	return t
}

// movesTable returns who left whom: one row per DER that changed its VPP. The
// choices of the first day are no moves.
func (x *season) movesTable() *Table {
	t := &Table{Name: "moves", Title: "Moves of DERs between VPPs"}
	t.Columns = []Column{
		{Name: "der", Title: "DER"},
		{Name: "strategy", Title: "strategy"},
		{Name: "day"},
		{Name: "date", Title: "day"},
		{Name: "left", Title: "left"},
		{Name: "joined", Title: "joined"},
	}
	x.each(func(s *operate.Compared, i int, d *operate.Day) {
		for _, m := range d.Moves {
			t.add(m.DER, s.Strategy.Name, d.Number, x.date(i), m.From, m.To)
		}
	})
	return t
}

// seasonState is the state of a DER over the season, such as the energy of a
// store.
type seasonState struct {
	der, name, unit string
	values          []float64 // at the end of each step; NaN on days on which the DER was outside
}

// states returns the states of a strategy with the unit of an energy, in the
// order of the DERs.
func (x *season) states(s *operate.Compared) []*seasonState {
	var out []*seasonState
	at := map[[2]string]*seasonState{}
	for i := range x.days {
		for _, plan := range s.Result.Days[i].Plans {
			if plan == nil {
				continue
			}
			for k := range plan.Members {
				m := &plan.Members[k]
				for _, trace := range m.Schedule.Realised[0].Traces {
					if trace.Unit != "MWh" {
						continue
					}
					// A DER that changes its VPP keeps its states.
					// For example, {"battery", "energy"}.
					key := [2]string{m.DER.Name(), trace.Name}
					if at[key] == nil {
						at[key] = &seasonState{der: key[0], name: trace.Name, unit: trace.Unit, values: missing(x.starts[len(x.days)])}
						out = append(out, at[key])
					}
					copy(at[key].values[x.starts[i]:x.starts[i+1]], trace.Values)
				}
			}
		}
	}
	return out
}

// statesTable returns the energy of stores at the end of each step.
func (x *season) statesTable() *Table {
	t := &Table{Name: "states", Title: "Energy in stores at the end of each step"}
	t.Columns = []Column{
		{Name: "der"}, {Name: "strategy"}, {Name: "state"}, {Name: "unit_of_measure"}, {Name: "day"}, {Name: "step"}, {Name: "time"}, {Name: "value"},
	}
	// Days on which the DER was outside every VPP have no rows.
	for _, s := range x.list {
		for _, state := range x.states(s) {
			for i, d := range x.days {
				for step := range d.steps {
					if v := state.values[x.starts[i]+step]; v == v { // not NaN
						t.add(state.der, s.Strategy.Name, state.name, state.unit, d.number, step, d.time(step).Format("2006-01-02T15:04"), v)
					}
				}
			}
		}
	}
	return t
}
