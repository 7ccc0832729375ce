package results

import (
	"fmt"
	"iter"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// SeasonSchema is the version of the table of seasons that this package writes,
// and the highest that it reads.
const SeasonSchema = 1

// SeasonTable is the long table of one or more operated seasons. One row is one
// number. Columns, in this order:
//
//	strategy    name of the strategy
//	day         number from 1; null for numbers of the season
//	step        number from 0 in its day; null for numbers of the day or the season
//	time        beginning of the step, or of the day without a step; UTC, in milliseconds
//	local_time  the same instant on the clock of the season
//	party       name of the grid, a VPP or a DER; null for the region
//	role        grid, vpp or der
//	kind        group of quantities, below
//	quantity    name within its kind
//	unit        such as MW; null for numbers without unit
//	value       null if not known
//
// Kinds:
//
//	settled   payment of a party in a step, minor units: whole numbers that sum to zero in each step
//	payment   sum of "settled" over the day, or over the season without a day
//	total     sums over all VPPs as realised: cost, imbalance, emission, see [operate.Totals]
//	bound     lower bound of the cost of the day under perfect information, if it was computed
//	day       replans; chosen is 1 on days on which the DERs chose
//	weight    weights of the grid on a day: economic, risk, environment
//	signal    signals of the grid from which a policy set them: clean_share, volatility, supply_margin
//	choice    1; the quantity is the VPP of the DER on the day, or "outside"
//	left      1; the quantity is the VPP that the DER left on the day, or "outside"
//	joined    1; the quantity is the VPP that the DER joined on the day, or "outside"
//	gain      agreed part of the coalition gain that the DER receives for the day
//	money     money of a VPP or DER by item and step, received positive
//	forecast  series as known at the gate, by name and with their unit: the point forecast, or the
//	          mean of the scenarios, whose paths are in the description
//	unserved  electricity or heat that a VPP did not serve, MWh, and sold reserve that it did not
//	          hold, MW h; the description has the reasons
//	port      exchange in a step, see the package comment: injected, delivered, day_ahead
//	state     inner states of a DER, such as energy in MWh at the end of the step
//	series    values that occurred, by name and with their unit
//
// Rows of the kinds money, port, state and series follow from the metered plans
// of the days, which a result that was read from a file lacks.
type SeasonTable struct {
	results []*operate.Result
	blocks  []seasonBlock
	zone    string
}

// SeasonRow is one number of a season. Day and Step are 0 and -1 if they are
// null, Value is NaN. For example, the energy of the store "S" at the end of
// the first hour of day 2 has Day 2, Step 0, Party "S", Role der, Kind "state",
// Quantity "energy" and Unit "MWh".
type SeasonRow struct {
	Strategy       string
	Day, Step      int
	Time           time.Time // zero: null
	LocalTime      string
	Party          string
	Role           operate.Role
	Kind, Quantity string
	Unit           string
	Value          float64
}

// The kinds of rows that only seasons have.
const (
	kindSettled = "settled"
	kindPayment = "payment"
	kindBound   = "bound"
	kindDay     = "day"
	kindWeight  = "weight"
	kindSignal  = "signal"
	kindChoice  = "choice"
	kindLeft    = "left"
	kindJoined  = "joined"
	kindGain    = "gain"

	kindForecast = "forecast"
	kindUnserved = "unserved"
)

// minorUnits is the unit of settled money, hundredths of the currency.
const minorUnits = "minor units"

// seasonBlock is a run of rows that differ in their step only, or one row of a
// day or the season.
type seasonBlock struct {
	strategy, party, role, kind, quantity, unit string
	day                                         int // from 1, or 0 for the season
	whole                                       bool
	values                                      []float64
	grid                                        scenario.Grid // of the day
}

// NewSeason returns the table of the results of [operate.Run], one per
// strategy. It returns an error if there is no result, or if two have the same
// strategy.
func NewSeason(results ...*operate.Result) (*SeasonTable, error) {
	bad := faults.List{Prefix: "results: season: "}
	bad.Require(len(results) > 0, "there is no result; pass results of operate.Run")
	seen := map[string]bool{}
	for i, r := range results {
		if !bad.Require(r != nil, "results[%d] is nil; leave out strategies that do not operate the season, operate.Compared.Reason has the reason", i) {
			continue
		}
		// The name of the strategy is the only key of a result in the table.
		bad.Require(!seen[r.Strategy.Name], "two results have the strategy %q; the column strategy tells them apart", r.Strategy.Name)
		seen[r.Strategy.Name] = true
		for _, d := range r.Days {
			if len(d.Settled) != d.Steps {
				bad.Addf("%s, day %d: %d steps are settled, want %d", r.Strategy.Name, d.Number, len(d.Settled), d.Steps)
				continue
			}
			for t, amounts := range d.Settled {
				bad.Require(len(amounts) == len(r.Parties), "%s, day %d, step %d: %d amounts are settled, want one for each of %d parties",
					r.Strategy.Name, d.Number, t, len(amounts), len(r.Parties))
			}
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	t := &SeasonTable{results: results}
	for _, r := range results {
		t.addSeason(r)
	}
	return t, nil
}

// gridOf returns the steps of a day, which ends at the next midnight of the
// clock.
func gridOf(d *operate.Day) scenario.Grid {
	length := days.Begin(d.Start, 1).Sub(d.Start)
	return scenario.Grid{Start: d.Start, Step: length / time.Duration(max(1, d.Steps)), Steps: d.Steps}
}

// addSeason adds the rows of a result.
func (t *SeasonTable) addSeason(r *operate.Result) {
	role := map[string]string{}
	for _, p := range r.Parties {
		role[p.Name] = string(p.Role)
	}
	// number adds a row of a day, or of the season if d is nil.
	number := func(d *operate.Day, party, kind, quantity, unit string, value float64) {
		b := seasonBlock{
			strategy: r.Strategy.Name, party: party, role: role[party], kind: kind, quantity: quantity, unit: unit,
			whole: true, values: []float64{value},
		}
		if d != nil {
			// Sums of the season have neither a day nor a time.
			b.day, b.grid = d.Number, gridOf(d)
		}
		t.blocks = append(t.blocks, b)
	}
	for _, x := range seasonTotals(&r.Totals) {
		number(nil, "", kindTotal, x.name, x.unit, *x.value)
	}
	for _, line := range r.Payments {
		number(nil, line.Party, kindPayment, "payment", minorUnits, float64(line.Minor))
	}
	for i := range r.Days {
		d := &r.Days[i]
		if t.zone == "" {
			// All days of a comparison have one zone, that of the season.
			t.zone = zone(gridOf(d))
		}
		t.addDay(r, d, func(party, kind, quantity, unit string, value float64) { number(d, party, kind, quantity, unit, value) })
		t.addPlans(r, d)
	}
}

// addDay adds the rows of a day that its JSON has as well.
func (t *SeasonTable) addDay(r *operate.Result, d *operate.Day, number func(party, kind, quantity, unit string, value float64)) {
	for _, x := range seasonTotals(&d.Totals) {
		number("", kindTotal, x.name, x.unit, *x.value)
	}
	if d.Bound != nil {
		number("", kindBound, "perfect_information", currency, *d.Bound)
	}
	chosen := 0.0
	if d.Chosen {
		chosen = 1
	}
	number("", kindDay, "chosen", "", chosen)
	number("", kindDay, "replans", "", float64(d.Replans))
	number(trigrid.GridParty, kindWeight, "economic", "", d.Weights.Economic)
	number(trigrid.GridParty, kindWeight, "risk", "", d.Weights.Risk)
	number(trigrid.GridParty, kindWeight, "environment", "", d.Weights.Environment)
	if s := d.Signals; s != nil { // a signal that is not measured is null
		for _, signal := range weights.AllSignals() {
			number(trigrid.GridParty, kindSignal, signal.Key(), "", s.At(signal))
		}
	}
	for _, p := range r.Parties {
		if choice, ok := d.Choices[p.Name]; ok && p.Role == operate.RoleDER {
			number(p.Name, kindChoice, choice, "", 1)
		}
		if gain, ok := d.Gains[p.Name]; ok {
			number(p.Name, kindGain, "gain", currency, gain)
		}
	}
	for _, m := range d.Moves {
		number(m.DER, kindLeft, m.From, "", 1)
		number(m.DER, kindJoined, m.To, "", 1)
	}
	for _, line := range d.Payments {
		number(line.Party, kindPayment, "payment", minorUnits, float64(line.Minor))
	}
	for _, f := range d.Forecasts {
		t.path(r, d, "", "", kindForecast, f.Series, f.Unit, f.Expected)
	}
	t.addMisses(r, d)
	// Each party has a row in each step, also of 0, so that a reader can check
	// that none is missing.
	for i, p := range r.Parties {
		amounts := make([]float64, d.Steps)
		for step := range amounts {
			amounts[step] = float64(d.Settled[step][i])
		}
		t.path(r, d, p.Name, string(p.Role), kindSettled, "payment", minorUnits, amounts)
	}
}

// addMisses adds the demand that each VPP did not serve. A day without misses
// has no such rows.
func (t *SeasonTable) addMisses(r *operate.Result, d *operate.Day) {
	for _, p := range r.Parties {
		var power, heat, reserve []float64
		for _, miss := range d.Misses {
			if miss.VPP != p.Name || miss.Step < 0 || miss.Step >= d.Steps {
				continue
			}
			if power == nil {
				power, heat = make([]float64, d.Steps), make([]float64, d.Steps)
			}
			power[miss.Step] += miss.MWh
			heat[miss.Step] += miss.HeatMWh
			if miss.ReserveMWh > 0 && reserve == nil {
				reserve = make([]float64, d.Steps) // a season without a reserve market has no row of it
			}
			if reserve != nil {
				reserve[miss.Step] += miss.ReserveMWh
			}
		}
		t.path(r, d, p.Name, string(p.Role), kindUnserved, "electricity", "MWh", power)
		t.path(r, d, p.Name, string(p.Role), kindUnserved, "heat", "MWh", heat)
		t.path(r, d, p.Name, string(p.Role), kindUnserved, "reserve", "MW h", reserve)
	}
}

// path adds one row per step. Values of nil are a port that the DER lacks.
func (t *SeasonTable) path(r *operate.Result, d *operate.Day, party, role, kind, quantity, unit string, values []float64) {
	if values == nil {
		return
	}
	t.blocks = append(t.blocks, seasonBlock{
		strategy: r.Strategy.Name, party: party, role: role, kind: kind, quantity: quantity, unit: unit, day: d.Number,
		values: values, grid: gridOf(d),
	})
}

// addPlans adds the metered plans of a day: what occurred, exchange, states and
// money.
func (t *SeasonTable) addPlans(r *operate.Result, d *operate.Day) {
	for k, plan := range d.Plans {
		if plan == nil {
			continue
		}
		set := plan.Setting.Set
		if k == 0 {
			for _, name := range set.Names() {
				// All VPPs have the same series, but for their served demand.
				t.path(r, d, "", "", kindSeries, name, set.Unit(name), set.Path(name, 0))
			}
		}
		name, vppRole := plan.VPP.Name, string(operate.RoleVPP)
		t.path(r, d, name, vppRole, kindPort, "day_ahead", "MW", plan.DayAhead)
		t.path(r, d, name, vppRole, kindPort, "delivered", "MW", plan.Net[0])
		t.path(r, d, name, vppRole, kindPort, "reserve_offer", "MW", plan.Offered)
		for _, g := range goodsOf(plan) {
			if len(g.exchange.Supplied) > 0 {
				t.path(r, d, name, vppRole, kindPort, g.name, g.unit, g.exchange.Supplied[0])
			}
		}
		for _, item := range plan.MoneyByStep(0) {
			t.path(r, d, name, vppRole, kindMoney, item.What, currency, item.Amounts)
		}
		context := der.Context{
			Set: set, Tariff: plan.VPP.Tariff,
			Inside: der.InsidePrices{Heat: plan.Heat.Prices, Gas: plan.Gas.Prices, CO2: plan.CO2.Prices},
		}
		// A metered plan has one scenario, that of the day.
		for i := range plan.Members {
			m := &plan.Members[i]
			id, derRole := m.DER.Name(), string(operate.RoleDER)
			t.path(r, d, id, derRole, kindPort, "day_ahead", "MW", m.Schedule.DayAhead)
			realised := &m.Schedule.Realised[0]
			for _, x := range portsOf(realised) {
				t.path(r, d, id, derRole, kindPort, x.name, x.unit, *x.path)
			}
			for j := range realised.Traces {
				t.path(r, d, id, derRole, kindState, stateName(realised.Traces, j), realised.Traces[j].Unit, realised.Traces[j].Values)
			}
			items := context.PaymentByStep(m.Schedule, 0)
			if x, ok := der.As[der.Stepwise](m.DER); ok {
				items = x.BenefitByStep(m.Schedule, context, 0)
			}
			for _, item := range namedPaths(items) {
				t.path(r, d, id, derRole, kindMoney, item.What, currency, item.Amounts)
			}
		}
	}
}

// seasonTotals returns the sums of a day or a season with their names in the
// table. Writing and tests share the list, so that a new sum of
// [operate.Totals] has one place.
func seasonTotals(x *operate.Totals) []field {
	return []field{
		{"cost", currency, &x.Cost},
		{"own_cost", currency, &x.OwnCost},
		{"trade", currency, &x.Trade}, // received positive; the other costs are positive if paid
		{"imbalance_cost", currency, &x.Imbalance},
		{"carbon_cost", currency, &x.Carbon},
		{"certificate_cost", currency, &x.Certificate},
		{"reserve_income", currency, &x.Reserve}, // received positive
		{"imbalance", "MWh", &x.ImbalanceMWh},
		{"emission", "t", &x.EmissionT},
		{"allowance", "t", &x.AllowanceT},
		{"renewable", "MWh", &x.RenewableMWh},
		{"available", "MWh", &x.AvailableMWh},
		{"curtailed", "MWh", &x.CurtailedMWh},
		{"sold", "MWh", &x.SoldMWh},
		{"bought", "MWh", &x.BoughtMWh},
		{"unserved", "MWh", &x.UnservedMWh},
		{"unheld_reserve", "MW h", &x.UnheldMWh},
		{"certificates", "", &x.Certificates},
	}
}

// Rows returns the rows of the table in the order of its files.
func (t *SeasonTable) Rows() iter.Seq[SeasonRow] {
	return func(yield func(SeasonRow) bool) {
		for i := range t.blocks {
			b := &t.blocks[i]
			for step, value := range b.values {
				row := SeasonRow{
					Strategy: b.strategy, Day: b.day, Step: step, Party: b.party, Role: operate.Role(b.role),
					Kind: b.kind, Quantity: b.quantity, Unit: b.unit, Value: value,
				}
				if b.day > 0 {
					at := b.grid.Time(step)
					// Local times repeat an hour when clocks go back; the time
					// in UTC does not.
					row.Time, row.LocalTime = at.UTC(), at.Format(time.RFC3339)
				}
				if b.whole {
					row.Step = null
				}
				if !yield(row) {
					return
				}
			}
		}
	}
}

// len returns the number of rows.
func (t *SeasonTable) len() int {
	n := 0
	for i := range t.blocks {
		n += len(t.blocks[i].values)
	}
	return n
}

// seasonHead is the part of the table that is no rows.
type seasonHead struct {
	Schema  int               `json:"season_schema"`
	Zone    string            `json:"zone"`
	Results []*operate.Result `json:"results"` // without settled steps, which are rows
	Timing  []operate.Timing  `json:"timing"`
}

// newSeasonHead returns the head of a table.
func (t *SeasonTable) newSeasonHead() seasonHead {
	h := seasonHead{Schema: SeasonSchema, Zone: t.zone}
	for _, r := range t.results {
		// The caller's result keeps its settled steps.
		copied := *r
		copied.Days = nil
		for _, d := range r.Days {
			d.Settled = nil
			copied.Days = append(copied.Days, d)
		}
		h.Results, h.Timing = append(h.Results, &copied), append(h.Timing, r.Timing)
	}
	return h
}

// rebuild returns the results of a head with the settled steps of the rows. It
// returns an error if a step lacks an amount, and if amounts do not add up to
// the payments of the day.
func (h *seasonHead) rebuild(rows iter.Seq2[SeasonRow, error]) ([]*operate.Result, error) {
	type key struct {
		strategy string
		day      int
	}
	days, party := map[key]*operate.Day{}, map[string]map[string]int{}
	filled := map[*operate.Day]int{}
	for i, r := range h.Results {
		if i < len(h.Timing) {
			r.Timing = h.Timing[i]
		}
		place := map[string]int{}
		for j, p := range r.Parties {
			place[p.Name] = j
		}
		// Amounts of a step stand in the order of the parties.
		party[r.Strategy.Name] = place
		location, err := time.LoadLocation(h.Zone)
		for j := range r.Days {
			d := &r.Days[j]
			if err == nil { // JSON keeps the offset of the zone, and not its name
				d.Start = d.Start.In(location)
			}
			if d.Steps < 0 || d.Steps > maxRows {
				return nil, fmt.Errorf("results: season: day %d has %d steps, want 0 to %d", d.Number, d.Steps, maxRows)
			}
			d.Settled = make([][]int64, d.Steps)
			for t := range d.Settled {
				d.Settled[t] = make([]int64, len(r.Parties))
			}
			days[key{r.Strategy.Name, d.Number}] = d
		}
	}
	// Rows of other kinds are for queries; the description has their numbers as
	// well.
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if row.Kind != kindSettled {
			continue
		}
		d := days[key{row.Strategy, row.Day}]
		place, known := party[row.Strategy][row.Party]
		if d == nil || !known || row.Step < 0 || row.Step >= d.Steps {
			return nil, fmt.Errorf("results: season: a row settles %q of strategy %q on day %d in step %d, which the description lacks",
				row.Party, row.Strategy, row.Day, row.Step)
		}
		if row.Value != float64(int64(row.Value)) {
			return nil, fmt.Errorf("results: season: a row settles %v minor units, want a whole number", row.Value)
		}
		// Rows can have any order, because other programs sort files.
		d.Settled[row.Step][place] = int64(row.Value)
		filled[d]++
	}
	// Sums in whole units are exact, so that any changed row is found.
	bad := faults.List{Prefix: "results: season: ", Max: 10}
	for _, r := range h.Results {
		for i := range r.Days {
			d := &r.Days[i]
			bad.Require(filled[d] == d.Steps*len(r.Parties), "%s, day %d: %d amounts are settled, want %d",
				r.Strategy.Name, d.Number, filled[d], d.Steps*len(r.Parties))
			for _, line := range d.Payments {
				sum := int64(0)
				for t := range d.Settled {
					sum += d.Settled[t][party[r.Strategy.Name][line.Party]]
				}
				bad.Require(sum == line.Minor, "%s, day %d: the steps of %q sum to %d minor units and its payment is %d",
					r.Strategy.Name, d.Number, line.Party, sum, line.Minor)
			}
			for t, amounts := range d.Settled {
				sum := int64(0)
				for _, amount := range amounts {
					sum += amount
				}
				bad.Require(sum == 0, "%s, day %d, step %d: the amounts of the parties sum to %d minor units, want 0", r.Strategy.Name, d.Number, t, sum)
			}
		}
	}
	return h.Results, bad.Err()
}
