package operate_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// eight returns a series of eight equal values: two days of four steps of six
// hours.
func eight(v float64) []float64 { return []float64{v, v, v, v, v, v, v, v} }

// missing returns a season of two days of a village with 1 MW of wind behind a
// connection that imports 3 MW. The forecast of the demand is 2 MW; the third
// step of the first day has 5 MW.
func missing(members ...der.DER) operate.Season {
	demand := eight(2)
	demand[2] = 5
	source := &stated{
		start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "heat", "share", "buy", "sell"},
		unit:     map[string]string{"wind": "MW", "load": "MW", "heat": "MW", "share": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
		forecast: map[string][]float64{"wind": eight(1), "load": eight(2), "heat": eight(2), "share": eight(1), "buy": eight(100), "sell": eight(50)},
		actual: map[string][]float64{
			"wind": eight(1), "load": demand, "heat": {2, 4, 2, 2, 2, 2, 2, 2}, "share": {1, 2, 1, 1, 1, 1, 1, 1}, "buy": eight(100), "sell": eight(50),
		},
	}
	one := priced(append([]der.DER{&der.Wind{ID: "W", Available: "wind", Maintenance: 5}}, members...)...)
	return operate.Season{Name: "missing", Start: monday, Days: 2, Step: 6 * time.Hour, Source: source, Region: func(set *scenario.Set) (trigrid.Region, error) {
		r, err := one(set)
		r.VPPs[0].ImportLimit = optional.Of(3.0)
		return r, err
	}}
}

// sumsToZero checks that the money of each step is whole and sums to zero.
func sumsToZero(t *testing.T, res *operate.Result) {
	t.Helper()
	for _, day := range res.Days {
		for step, amounts := range day.Settled {
			total := int64(0)
			for _, u := range amounts {
				total += u
			}
			require.Zero(t, total, "day %d, step %d", day.Number, step)
		}
	}
}

// In the third step the village needs 5 MW and has 1 MW of wind and 3 MW of
// import: 1 MW, 6 MWh, is not served. By hand, the day buys (1 + 1 + 3 + 1)·6
// MWh at 100 and pays 5 for each of 24 MWh of wind. The schedule is −1 MW, so
// that 2 MW · 6 h of shortage cost 20 each; perfect foresight schedules −3 MW
// in that step. The second day is an ordinary one.
func TestDemandAboveTheConnectionIsNotServed(t *testing.T) {
	season := missing()
	for _, x := range []struct {
		strategy  operate.Strategy
		imbalance float64
	}{
		{operate.DayAheadOnly(), 240},
		{operate.Rolling(1), 240},
		{operate.Robust(1, 2), 240},
		{operate.Rules(), 240},
		{operate.Foresight(), 0},
	} {
		t.Run(x.strategy.Name, func(t *testing.T) {
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: x.strategy, Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), Bounds: true,
			})
			require.NoError(t, err)
			require.Len(t, res.Days, 2)
			sumsToZero(t, res)
			first, second := res.Days[0], res.Days[1]
			require.Len(t, first.Misses, 1)
			miss := first.Misses[0]
			assert.Equal(t, []any{"village", 2, 0.0, false}, []any{miss.VPP, miss.Step, miss.HeatMWh, miss.Still})
			assert.InDelta(t, 6, miss.MWh, 1e-4)
			assert.Regexp(t, `VPP "village" lacks 1 MW of power|the rules import 4 MW, above the limit of 3 MW`, miss.Reason)
			assert.InDelta(t, 6, first.UnservedMWh, 1e-4)
			assert.InDelta(t, 3600+120+x.imbalance, first.Cost, 1e-2)
			assert.InDelta(t, x.imbalance, first.Imbalance, 1e-2)
			assert.Nil(t, first.Bound)
			require.NoError(t, first.Plans[0].Verify(1e-5))
			assert.InDelta(t, -3, first.Plans[0].Net[0][2], 1e-5)

			assert.Nil(t, second.Misses)
			assert.Zero(t, second.UnservedMWh)
			assert.InDelta(t, 2400+120, second.Cost, 1e-6)
			require.NotNil(t, second.Bound)
			assert.InDelta(t, 6, res.Totals.UnservedMWh, 1e-4)
		})
	}
	c, err := operate.Compare(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true},
		operate.DayAheadOnly(), operate.Foresight())
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1}, []int{c.Strategies[0].Missed, c.Strategies[1].Missed})
	var out bytes.Buffer
	require.NoError(t, c.WriteTable(&out))
	assert.Contains(t, out.String(), "day ahead only did not serve 6 MWh on 1 day: its cost leaves them out")
}

// The boiler makes 3 MW of heat, and the second step needs 4 MW: the load
// receives 3 MW. The price of heat stays that of the electricity for it, 100
// per MWh, because the demand that is not served has no price. No other step is
// touched.
func TestHeatAboveTheBoilersIsNotServed(t *testing.T) {
	season := missing(
		&der.ElectricBoiler{ID: "B", Efficiency: 1, Power: der.Operation{Max: 3}}, &der.Load{ID: "town", Port: der.Heat, Demand: "heat"},
	)
	template := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := template(set)
		r.VPPs[0].ImportLimit = optional.Float{}
		return r, err
	}
	res, err := operate.Run(t.Context(), season, operate.Options{
		Choices: trigrid.Profile{"W": "village", "B": "village", "town": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.NoError(t, err)
	sumsToZero(t, res)
	require.Len(t, res.Days[0].Misses, 1)
	miss := res.Days[0].Misses[0]
	assert.Equal(t, 1, miss.Step)
	assert.InDelta(t, 6, miss.HeatMWh, 1e-4)
	assert.InDelta(t, 0, miss.MWh, 1e-6)
	assert.Contains(t, miss.Reason, `lacks 1 MW of heat`)
	assert.InDelta(t, 100, res.Days[0].Plans[0].Heat.Prices[0][1], 1e-3)
	for _, m := range res.Days[0].Plans[0].Members {
		if m.DER.Name() == "town" {
			assert.InDeltaSlice(t, []float64{-2, -3, -2, -2}, m.Schedule.Realised[0].Heat, 1e-5)
		}
	}
	assert.Nil(t, res.Days[1].Misses)

	// The rules have no set points in that step, so that the village stands
	// still: 2 MW of demand and 4 MW of heat for 6 hours are not served.
	res, err = operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "B": "village", "town": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.NoError(t, err)
	sumsToZero(t, res)
	assert.Equal(t, []operate.Miss{{VPP: "village", Step: 1, MWh: 12, HeatMWh: 24, Still: true, Reason: "the rules lack 1 MW of heat"}}, res.Days[0].Misses)
	assert.Equal(t, 36.0, res.Days[0].UnservedMWh)
	assert.Nil(t, res.Days[1].Misses)
}

// The demand of the village is 1 MW in a home and 2 MW in two flats, behind the
// import of 3 MW beside 1 MW of wind. In the third step the series has 2.5
// times as much: of 7.5 MW, 3.5 MW are not served, first in the member that
// comes first. Nothing stands still.
func TestDemandOfSitesAndFleetsIsNotServed(t *testing.T) {
	home := &der.Site{ID: "home", MaxImport: optional.Of(9.), Parts: []der.DER{
		&der.PV{ID: "roof", Available: "none"}, &der.Load{ID: "lights", Demand: "half"},
	}}
	flats := &der.Fleet{Count: 2, Unit: &der.Site{ID: "flat", Parts: []der.DER{&der.Load{ID: "lights", Demand: "half"}}}}
	season := missing(home, flats)
	source := season.Source.(*stated)
	source.names = append(source.names, "half", "none")
	source.unit["half"], source.unit["none"] = "MW", "MW"
	source.forecast["half"], source.forecast["none"] = eight(1), eight(0)
	source.actual["half"], source.actual["none"] = []float64{1, 1, 2.5, 1, 1, 1, 1, 1}, eight(0)
	template := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := template(set)
		r.VPPs[0].Demand = ""
		return r, err
	}
	for _, s := range []operate.Strategy{operate.Rolling(1), operate.Foresight(), operate.Rules()} {
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: s, Choices: trigrid.Profile{"W": "village", "home": "village", "flat": "village"}, Solver: testsolver.New(t), NoLedger: true,
		})
		require.NoError(t, err, s.Name)
		sumsToZero(t, res)
		day := res.Days[0]
		require.Len(t, day.Misses, 1, s.Name)
		assert.Equal(t, []any{2, false}, []any{day.Misses[0].Step, day.Misses[0].Still}, s.Name)
		assert.InDelta(t, 3.5*6, day.Misses[0].MWh, 1e-4, s.Name)
		assert.InDelta(t, -3, day.Plans[0].Net[0][2], 1e-4, s.Name)
		served := map[string]float64{}
		for _, m := range day.Plans[0].Members {
			p := &m.Schedule.Realised[0]
			if m.DER.Name() != "W" {
				served[m.DER.Name()] = p.Withdrawn[2]
				assert.InDelta(t, p.Withdrawn[2], p.Trace("lights:withdrawn")[2], 1e-9, s.Name)
			}
		}
		assert.InDelta(t, 0, served["home"], 1e-4, s.Name)
		assert.InDelta(t, 4, served["flat"], 1e-4, s.Name)
		assert.Nil(t, res.Days[1].Misses)
	}
}

// shared feeds in the series "share", of which it can make 1 MW at most. No
// demand that is left unserved makes it feasible.
type shared struct{ ID string }

func (u *shared) Name() string { return u.ID }

func (u *shared) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		for t := range c.Steps() {
			x := m.Var(c.Namer(u.ID, s)("output", t), 0, 1)
			m.Equal(c.Namer(u.ID, s)("exactly", t), x.Expr(), on.Times(c.Set.At("share", s, t)))
			out[s].Inject(t, x.Expr())
		}
	}
	return out
}

func (u *shared) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	return c.Payment(realised, s)
}

func (u *shared) RollForward(*der.Ports, der.Context, int, int) (der.DER, error) { return u, nil }

// In the second step a member cannot follow its series, so that the VPP stands
// still: 2 MW of demand are not served, no wind is delivered, and the schedule
// of 0 MW has no imbalance. The other steps deliver 1 + 1 − 2 = 0 MW, but the
// third step, whose demand is 5 MW, imports 3 MW.
func TestAVPPThatCannotOperateStandsStill(t *testing.T) {
	res, err := operate.Run(t.Context(), missing(&shared{"S"}), operate.Options{
		Strategy: operate.Rolling(1), Choices: trigrid.Profile{"W": "village", "S": "village"}, Solver: testsolver.New(t), Bounds: true,
	})
	require.NoError(t, err)
	require.Len(t, res.Days, 2)
	sumsToZero(t, res)
	day := res.Days[0]
	require.Len(t, day.Misses, 1)
	assert.Equal(t, 1, day.Misses[0].Step)
	assert.True(t, day.Misses[0].Still)
	assert.InDelta(t, 12, day.Misses[0].MWh, 1e-9)
	assert.Contains(t, day.Misses[0].Reason, "S")
	assert.InDeltaSlice(t, []float64{0, 0, -3, 0}, day.Plans[0].Net[0], 1e-5)
	assert.InDelta(t, 18, day.RenewableMWh, 1e-5)
	assert.InDelta(t, 3*6*20, day.Imbalance, 1e-3)
	assert.Nil(t, day.Bound)
	assert.Nil(t, res.Days[1].Misses)
}

// A VPP that stands still in the first step of a day keeps the states of its
// members: the battery was to charge at 10 per MWh, and the reservoir to
// release water. Both keep what they have, alone and behind the connection of a
// site.
func TestStatesStayWhereAVPPStandsStillFromMidnight(t *testing.T) {
	battery := &der.Storage{
		ID: "B", Charge: 1, Discharge: 1, Energy: 12, Initial: optional.Of(3.), ChargeEfficiency: 1, DischargeEfficiency: 1,
	}
	dam := &der.Reservoir{ID: "D", Inflow: "water", Turbine: []der.HydroPoint{{Discharge: 2, Power: 1}}, MaxVolume: 1, Initial: 0.5, UnmetCost: 1}
	for _, members := range [][]der.DER{{battery, dam}, {&der.Site{ID: "B", Parts: []der.DER{battery, dam}}, &der.Wind{ID: "D", Available: "wind"}}} {
		season := missing(append(members, &shared{"S"})...)
		source := season.Source.(*stated)
		source.names, source.unit["water"] = append(source.names, "water"), "m³/s"
		source.forecast["water"], source.actual["water"] = eight(1), eight(1)
		source.actual["share"] = []float64{2, 1, 1, 1, 1, 1, 1, 1}
		source.forecast["buy"] = []float64{10, 100, 100, 100, 10, 100, 100, 100}
		source.forecast["sell"] = []float64{9, 50, 50, 50, 9, 50, 50, 50}
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: operate.Rolling(1), Choices: trigrid.Profile{"W": "village", "S": "village", "B": "village", "D": "village"},
			Solver: testsolver.New(t), NoLedger: true,
		})
		require.NoError(t, err)
		require.NotEmpty(t, res.Days[0].Misses)
		require.True(t, res.Days[0].Misses[0].Still)
		require.Equal(t, 0, res.Days[0].Misses[0].Step)
		for _, m := range res.Days[0].Plans[0].Members {
			for _, trace := range m.Schedule.Realised[0].Traces {
				switch trace.Name {
				case "energy", "B/energy":
					assert.InDelta(t, 3, trace.Values[0], 1e-9, trace.Name)
				case "volume", "D/volume":
					assert.InDelta(t, 0.5, trace.Values[0], 1e-9, trace.Name)
				}
			}
		}
	}
}

// The step in which the VPP stands still belongs to the stays of cars and to
// the windows of loads: a car of 18 h and a washing that must end by 18:00 have
// the rest of that time, not a day from then. The car wants 2 MWh in each of
// three steps, and receives nothing in step 1.
func TestTheDayContinuesAfterAVPPStandsStill(t *testing.T) {
	season := missing(&shared{"S"},
		&der.EVFleet{ID: "C", Efficiency: 1, UnmetCost: 900, Stays: []der.EVStay{{Arrive: 0, Depart: 18, Capacity: 9, Wants: 6, Charge: 1. / 3}}},
		&der.ShiftableLoad{ID: "L", Profile: []float64{0.1}, Window: der.Window{From: 6, To: optional.Of(18.)}, Usual: 6},
	)
	season.Source.(*stated).actual["load"] = eight(2)
	res, err := operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Rolling(1), Choices: trigrid.Profile{"W": "village", "S": "village", "C": "village", "L": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.NoError(t, err)
	require.Len(t, res.Days, 2)
	require.Len(t, res.Days[0].Misses, 1)
	require.True(t, res.Days[0].Misses[0].Still)
	for _, m := range res.Days[0].Plans[0].Members {
		switch p := &m.Schedule.Realised[0]; m.DER.Name() {
		case "C":
			assert.InDeltaSlice(t, []float64{1. / 3, 0, 1. / 3, 0}, p.Withdrawn, 1e-6)
			assert.InDeltaSlice(t, []float64{2, 2, 4}, p.Trace("energy")[:3], 1e-6)
			assert.InDelta(t, 2, p.Trace("unmet")[2], 1e-6)
		case "L":
			assert.InDeltaSlice(t, []float64{0, 0, 0.1, 0}, p.Withdrawn, 1e-6)
		}
	}
	assert.Nil(t, res.Days[1].Misses)
}

// The VPP stands still in the first step, in which two cars come with 1 MWh
// each. One of them leaves and lacks 2 MWh; the other one charges 2 MWh in each
// of the steps 1 and 2 and lacks 1 MWh. A fleet of two such pairs and the cars
// of a site have the same.
func TestCarsKeepTheirEnergyWhereAVPPStandsStill(t *testing.T) {
	cars := &der.EVFleet{ID: "C", Efficiency: 1, UnmetCost: 900, Stays: []der.EVStay{
		{Arrive: 0, Depart: 6, Capacity: 9, Has: 1, Wants: 3, Charge: 1. / 3},
		{Arrive: 0, Depart: 18, Capacity: 9, Has: 1, Wants: 6, Charge: 1. / 3},
	}}
	for _, x := range []struct {
		member der.DER
		n      float64
		prefix string
	}{{cars, 1, ""}, {&der.Fleet{Unit: cars, Count: 2}, 2, ""}, {&der.Site{ID: "C", Parts: []der.DER{cars}}, 1, "C/"}} {
		season := missing(&shared{"S"}, x.member)
		source := season.Source.(*stated)
		source.actual["load"], source.actual["share"] = eight(2), []float64{2, 1, 1, 1, 1, 1, 1, 1}
		for _, s := range []operate.Strategy{operate.Rolling(1), operate.DayAheadOnly()} {
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: s, Choices: trigrid.Profile{"W": "village", "S": "village", "C": "village"}, Solver: testsolver.New(t), NoLedger: true,
			})
			require.NoError(t, err)
			require.True(t, res.Days[0].Misses[0].Still)
			for _, m := range res.Days[0].Plans[0].Members {
				if p := &m.Schedule.Realised[0]; m.DER.Name() == "C" {
					assert.InDeltaSlice(t, []float64{1 * x.n, 3 * x.n, 5 * x.n}, p.Trace(x.prefix + "energy_2")[:3], 1e-6)
					assert.InDeltaSlice(t, []float64{2 * x.n, 0, 1 * x.n, 0}, p.Trace(x.prefix+"unmet"), 1e-6)
				}
			}
		}
	}
}

// The forecasts of the gate are those of the source at that time, and not the
// actual values. Perfect foresight has the actual ones.
func TestADayKeepsTheForecastsOfItsGate(t *testing.T) {
	season := missing()
	o := operate.Options{Choices: trigrid.Profile{"W": "village"}, Solver: testsolver.New(t), NoLedger: true}
	res, err := operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	day := res.Days[0]
	require.Len(t, day.Forecasts, 6)
	assert.Equal(t, operate.Forecast{Series: "load", Unit: "MW", Expected: []float64{2, 2, 2, 2}}, day.Forecasts[1])
	assert.Nil(t, day.Probabilities)
	o.Strategy = operate.Foresight()
	res, err = operate.Run(t.Context(), season, o)
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 2, 5, 2}, res.Days[0].Forecasts[1].Expected)

	// Scenarios are kept with their probabilities; series without errors have
	// none.
	random := randomSeason(t, 3, 1)
	set, err := random.Source.Known(t.Context(), random.Gate(0), random.Grid(0), 3)
	require.NoError(t, err)
	none := trigrid.Profile{}
	res, err = operate.Run(t.Context(), random, operate.Options{Strategy: operate.RollingScenarios(0, 3), Choices: none, Solver: testsolver.New(t), NoLedger: true})
	require.NoError(t, err)
	text, err := json.Marshal(res)
	require.NoError(t, err)
	var read operate.Result
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, set.Probabilities(), read.Days[0].Probabilities)
	for k, name := range set.Names() {
		f := read.Days[0].Forecasts[k]
		assert.Equal(t, name, f.Series)
		assert.Equal(t, set.Mean(name), f.Expected)
		if !set.Varies(name) {
			assert.Nil(t, f.Scenarios)
			continue
		}
		require.Len(t, f.Scenarios, set.Len())
		for s := range f.Scenarios {
			assert.Equal(t, set.Path(name, s), f.Scenarios[s], name)
		}
	}
}
