package operate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
)

// TestSeasonOfEachKind operates two days of each kind beside the members that
// it needs, in one VPP.
func TestSeasonOfEachKind(t *testing.T) {
	for kind := range kinds + otherKinds + carbonKinds {
		for _, s := range []operate.Strategy{operate.DayAheadOnly(), operate.RollingScenarios(2, 2), operate.Rules()} {
			t.Run(fmt.Sprintf("%d %s", kind, s.Name), func(t *testing.T) {
				season := randomSeason(t, uint64(kind), 2)
				d := draws{rand.New(rand.NewPCG(uint64(kind), 1))}
				members := []der.DER{
					randomDER(d, kind, "X"), &der.Load{ID: "heat", Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: 70},
					&der.GasSupply{ID: "gas", Max: 40, Price: "gas"}, &der.Wind{ID: "wind", Available: "wind"}, &der.Sequestration{ID: "store", Max: 1, Cost: 9},
				}
				template := season.Region
				season.Region = func(set *scenario.Set) (trigrid.Region, error) {
					r, err := template(set)
					r.VPPs, r.DERs = r.VPPs[:1], append([]der.DER(nil), members...)
					// Gas is not charged here, and CO2 is: the market shows
					// captured CO2 only.
					if kind < kinds+otherKinds {
						r.Setting.Markets.Carbon = nil
					}
					return r, err
				}
				res, err := operate.Run(t.Context(), season, operate.Options{
					Strategy: s, Solver: testsolver.New(t), NoLedger: true, Bounds: true,
					Choices: trigrid.Profile{"X": "V0", "heat": "V0", "gas": "V0", "wind": "V0", "store": "V0"},
				})
				if s.Method == operate.RuleBased && kind == 15 { // its usual profile has runs of one step
					require.ErrorContains(t, err, `the usual profile of transferable load "X" has a run of 3 h, below its MinRun of 6 h`)
					return
				}
				require.NoError(t, err)
				require.Len(t, res.Days, 2)
				for _, day := range res.Days {
					require.NotNil(t, day.Bound)
				}
				conserves(t, season, res)
			})
		}
	}
}

// TestSeasonsConserveMoneyEnergyAndCertificates operates random seasons of five
// days with each strategy in turn.
func TestSeasonsConserveMoneyEnergyAndCertificates(t *testing.T) {
	var drawn refusals
	for seed := range uint64(seasons(5)) {
		season := randomSeason(t, seed, 5)
		s := strategies()[seed%6]
		t.Run(fmt.Sprintf("%d %s", seed, s.Name), func(t *testing.T) {
			o := operate.Options{Strategy: s, Solver: testsolver.New(t), ChooseEvery: 2, Bounds: true, Choice: trigrid.Options{Starts: 1}}
			res, err := operate.Run(t.Context(), season, o)
			for next := seed; drawn.refused(t, s, res, err); {
				next += 1000
				season = randomSeason(t, next, 5)
				res, err = operate.Run(t.Context(), season, o)
			}
			require.NoError(t, err)
			require.Len(t, res.Days, 5)
			conserves(t, season, res)
		})
	}
	drawn.few(t)
}

// refusals counts seasons that were drawn, and those that were refused, so that
// a test that skips refused ones cannot pass without testing. Only the rules
// may refuse a season.
type refusals struct{ drawn, left int }

// most is the largest share of refused seasons among those drawn for the rules.
// Kind 15 of 24 has no rule: 0.92 to 0.81 of the seasons of 2 to 5 DERs have
// none of it. Some more seasons lack heat or gas.
const most = 0.5

// refused reports whether a season was refused, or had a step without set
// points under the rules, so that the caller draws another. It fails the test
// for other errors, and for such steps of other strategies: no connection of
// the random seasons has a limit, and all heat can be shed.
func (x *refusals) refused(t *testing.T, s operate.Strategy, res *operate.Result, err error) bool {
	t.Helper()
	missed := ""
	if err == nil {
		for i := range res.Days {
			for _, miss := range res.Days[i].Misses {
				missed = miss.Reason
			}
		}
	}
	if s.Method != operate.RuleBased {
		require.NoError(t, err)
		require.Empty(t, missed)
		return false
	}
	x.drawn++
	if err == nil && missed == "" {
		return false
	}
	t.Log("refused:", err, missed)
	if err != nil {
		require.ErrorContains(t, err, "rules")
	}
	x.left++
	return true
}

// few fails the test if too many seasons were refused.
func (x *refusals) few(t *testing.T) {
	t.Helper()
	t.Logf("%d of %d seasons that were drawn for the rules were refused", x.left, x.drawn)
	require.LessOrEqual(t, float64(x.left), most*float64(x.drawn), "refused seasons of %d", x.drawn)
}

// conserves checks a result against sums that it makes anew from the rows.
func conserves(t *testing.T, season operate.Season, res *operate.Result) {
	t.Helper()
	rows := res.Rows()
	require.Len(t, rows, len(res.Days)*8*len(res.Parties))
	paid := map[string]int64{}
	for i := range res.Days {
		day := &res.Days[i]
		sums := map[string]int64{}
		for step, units := range day.Settled {
			total := int64(0)
			for k, u := range units {
				total += u
				sums[res.Parties[k].Name] += u
			}
			require.Zero(t, total, "day %d, step %d", i, step)
		}
		total := int64(0)
		for _, line := range day.Payments {
			require.Equal(t, sums[line.Party], line.Minor)
			paid[line.Party] += line.Minor
			total += line.Minor
		}
		require.Zero(t, total)
		if day.Bound != nil {
			require.GreaterOrEqual(t, day.Cost, *day.Bound-1e-5*(1+math.Abs(*day.Bound)), "day %d", i)
		}
		for _, plan := range day.Plans {
			require.NoError(t, plan.Verify(1e-5), "day %d", i)
			for _, m := range plan.Members {
				if u, ok := m.DER.(*der.Storage); ok {
					energy := m.Schedule.Realised[0].Trace("energy")
					require.InDelta(t, u.Initial.Or(0), energy[len(energy)-1], 1e-5, "day %d: %s", i, u.ID)
				}
			}
		}
	}
	for _, line := range res.Payments {
		require.Equal(t, paid[line.Party], line.Minor)
	}
	conservesRows(t, season, res, rows)
	continues(t, res)
}

// conservesRows checks that energy, money and certificates of each step
// balance.
func conservesRows(t *testing.T, season operate.Season, res *operate.Result, rows []operate.Row) {
	t.Helper()
	var (
		n               = len(res.Parties)
		cost, ownCost   float64
		renewable, cuts float64
	)
	exact := map[string]float64{} // since midnight
	for from := 0; from < len(rows); from += n {
		var (
			step  = rows[from : from+n]
			day   = &res.Days[step[0].Day-1]
			whole = season.Grid(step[0].Day - 1)
		)
		actual, err := season.Source.Known(t.Context(), whole.Time(whole.Steps), whole, 1)
		require.NoError(t, err)
		market, money := 0.0, 0.0
		for v, plan := range day.Plans {
			x := step[1+v]
			require.Equal(t, plan.VPP.Name, x.Party)
			inside, payments, gains := 0.0, 0.0, 0.0
			for _, d := range step[1+len(day.Plans):] {
				if d.VPP == x.Party {
					inside += d.Delivered
					payments += d.Payment
					gains += d.Gain
					ownCost += d.OwnCost
					renewable += d.RenewableMWh
					cuts += d.AvailableMWh - d.RenewableMWh
					require.InDelta(t, d.Payment+d.Gain, float64(d.Minor)/100, 0.02)
				}
			}
			if plan.VPP.Demand != "" {
				inside -= actual.At(plan.VPP.Demand, 0, x.Step)
			}
			require.InDelta(t, inside, x.Delivered, 1e-6)
			require.InDelta(t, -payments, x.Payment, 1e-9)
			require.InDelta(t, -gains, x.Gain, 1e-9)
			trade := x.Trade + x.Imbalance + x.Carbon + x.Certificate + x.Reserve
			market += trade
			cost -= trade
			exact[x.Party] += trade - payments - gains
			require.InDelta(t, trade-payments-gains, float64(x.Minor)/100, 0.02)
		}
		exact["grid"] -= market
		for _, x := range step {
			money += float64(x.Minor)
			if x.Role == operate.RoleDER {
				exact[x.Party] += x.Payment + x.Gain
			}
		}
		require.Zero(t, money)
		if step[0].Step == day.Steps-1 { // the day is paid to the minor unit
			for _, line := range day.Payments {
				require.InDelta(t, exact[line.Party], float64(line.Minor)/100, 0.01+1e-6, "day %d: %s", day.Number, line.Party)
			}
			clear(exact)
		}
		require.InDelta(t, -market, float64(step[0].Minor)/100, 0.02)
	}
	require.InDelta(t, res.Totals.Cost, cost+ownCost, 1e-6*(1+math.Abs(cost)))
	require.InDelta(t, res.Totals.RenewableMWh, renewable, 1e-6)
	require.InDelta(t, res.Totals.CurtailedMWh, cuts, 1e-6)
	certificates := 0.0
	for i := range res.Days {
		for _, plan := range res.Days[i].Plans {
			if plan.Setting.Markets.Certificate == nil {
				continue
			}
			for at := range plan.Setting.Set.Steps() {
				certificates -= plan.Certificates(0, at)
			}
		}
	}
	require.InDelta(t, certificates, res.Totals.Certificates, 1e-9)
	require.InDelta(t, -20*certificates, res.Totals.Certificate, 1e-6*(1+math.Abs(certificates)))
}

// continues checks that each thermal unit begins a day in the state in which it
// ended the day before.
func continues(t *testing.T, res *operate.Result) {
	t.Helper()
	last := map[string]bool{} // on at the end of the day before
	for i := range res.Days {
		now := map[string]bool{}
		for _, plan := range res.Days[i].Plans {
			for _, m := range plan.Members {
				u, ok := m.DER.(*der.Thermal)
				if !ok {
					continue
				}
				if on, known := last[u.ID]; known {
					assert.Equal(t, on, u.Before.On, "day %d: %s", i, u.ID)
				}
				on := m.Schedule.Realised[0].Trace("on")
				now[u.ID] = on[len(on)-1] > 0.5
			}
		}
		last = now
	}
}

// perturbed is a source whose values after a time are others, with the
// forecasts of later days.
func perturbed(t *testing.T, source operate.Source, after time.Time) operate.Source {
	t.Helper()
	x := source.(*operate.Measured)
	grid := x.Table.Grid()
	random := rand.New(rand.NewPCG(9, 9))
	var columns []scenario.Column
	midnight := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, after.Location()).AddDate(0, 0, 1)
	// Gates close one step before midnight; until then the forecasts of the
	// next day are unknown.
	if !after.Before(midnight.Add(-grid.Step)) {
		midnight = midnight.AddDate(0, 0, 1)
	}
	actual, late := map[string]bool{}, map[string]bool{}
	for _, s := range x.Series {
		actual[s.ActualColumn], late[s.ActualColumn] = s.ActualColumn != "", s.Late
	}
	for _, name := range x.Table.Names() {
		values := append([]float64(nil), x.Table.Column(name)...)
		for k := range values {
			begins := grid.Time(k)
			if late[name] {
				begins = begins.Add(grid.Step)
			}
			if actual[name] && begins.After(after) || !begins.Before(midnight) {
				values[k] *= random.Float64()
			}
		}
		columns = append(columns, scenario.Column{Name: name, Unit: "MW", Values: values})
	}
	table, err := scenario.NewTable(grid, columns...)
	require.NoError(t, err)
	return &operate.Measured{Table: table, Series: x.Series, Seed: x.Seed, Samples: x.Samples}
}

// TestSeasonDecisionsDoNotDependOnLaterValues perturbs everything that becomes
// known after a step, and requires the same set points, schedules, choices and
// weights up to that step.
func TestSeasonDecisionsDoNotDependOnLaterValues(t *testing.T) {
	var drawn refusals
	for k, s := range strategies()[1:] {
		t.Run(s.Name, func(t *testing.T) {
			var season operate.Season
			var plain *operate.Result
			o := operate.Options{Strategy: s, Solver: testsolver.New(t), NoLedger: true, Choice: trigrid.Options{Starts: 1}}
			for seed := uint64(k); plain == nil; seed += 7 { // the first season that the strategy operates
				var err error
				season = randomSeason(t, seed, 3)
				if plain, err = operate.Run(t.Context(), season, o); drawn.refused(t, s, plain, err) {
					plain = nil
					continue
				}
				// All DERs of a VPP without a demand can stay outside, so that
				// nothing is decided.
				if plain.Totals.BoughtMWh+plain.Totals.SoldMWh == 0 {
					plain = nil
				}
			}
			before := plain.Rows()
			for _, at := range []int{0, 5, 7} { // steps of the second day
				after := season.Grid(1).Time(at)
				other := season
				other.Source = perturbed(t, season.Source, after)
				res, err := operate.Run(t.Context(), other, o)
				require.NoError(t, err)
				changed := false
				rows := res.Rows()
				for i, x := range before {
					y := rows[i]
					if x.Time.After(after) {
						changed = changed || x.Delivered != y.Delivered
						if x.Day == 2 {
							require.Equal(t, x.DayAhead, y.DayAhead)
							require.Equal(t, x.VPP, y.VPP)
						}
						continue
					}
					require.Equal(t, x.Delivered, y.Delivered, "%+v", x)
					require.Equal(t, x.DayAhead, y.DayAhead, "%+v", x)
					require.Equal(t, x.VPP, y.VPP, "%+v", x)
				}
				require.True(t, changed, "the perturbation changed nothing at all")
				if at == 7 { // the gate of the third day
					require.Equal(t, plain.Days[2].Choices, res.Days[2].Choices)
					require.Equal(t, plain.Days[2].Gains, res.Days[2].Gains)
					for v := range plain.Days[2].Plans {
						require.Equal(t, plain.Days[2].Plans[v].DayAhead, res.Days[2].Plans[v].DayAhead)
					}
				}
			}
		})
	}
	drawn.few(t)
}

// TestSeasonContinuesAfterAKill ends a season by its context on the third day
// and runs it again with the same store. The bytes are those of a season
// without a store.
func TestSeasonContinuesAfterAKill(t *testing.T) {
	season := randomSeason(t, 11, 5)
	o := operate.Options{Strategy: operate.RollingScenarios(2, 3), Solver: testsolver.New(t), ChooseEvery: 2, Choice: trigrid.Options{Starts: 1}}
	export := func(o operate.Options, ctx context.Context) (*operate.Result, string) {
		var chain bytes.Buffer
		o.Export = &chain
		res, err := operate.Run(ctx, season, o)
		require.NoError(t, err)
		text, err := json.Marshal(res)
		require.NoError(t, err)
		var table bytes.Buffer
		require.NoError(t, operate.WriteCSV(&table, res.Rows()))
		return res, string(text) + table.String() + chain.String()
	}
	_, want := export(o, t.Context())

	o.Store = t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	killed := o
	killed.Observe = func(p operate.Progress) {
		if p.Day == 2 && p.Step == 3 {
			stop()
		}
	}
	res, _ := export(killed, ctx)
	require.True(t, res.Cut)
	require.Len(t, res.Days, 2)
	again, got := export(o, t.Context())
	require.Equal(t, want, got)
	require.Positive(t, again.Timing.Reused)
	o.Workers = 1
	_, got = export(o, t.Context())
	require.Equal(t, want, got)
}
