package operate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// draws are the numbers of one random season.
type draws struct{ *rand.Rand }

func (d draws) number(low, high float64) float64 { return low + (high-low)*d.Float64() }
func (d draws) yes() bool                        { return d.IntN(2) == 0 }

func (d draws) maybe(low, high float64) optional.Float {
	if d.yes() {
		return optional.Float{}
	}
	return optional.Of(d.number(low, high))
}

func (d draws) shape(low, high float64) []float64 {
	out := make([]float64, 8)
	for i := range out {
		out[i] = d.number(low, high)
	}
	return out
}

// randomSeason returns a season of steps of three hours with 1 or 2 VPPs and 2
// to 5 DERs.
func randomSeason(t *testing.T, seed uint64, days int) operate.Season {
	t.Helper()
	d := draws{rand.New(rand.NewPCG(seed, 2032))}
	s := operate.Season{Name: fmt.Sprintf("random-%d", seed), Start: monday, Days: days, Step: 3 * time.Hour}
	source, err := operate.Generated(seed, s, 12,
		operate.GeneratedSeries{Name: "load0", Unit: "MW", Shape: d.shape(2, 6), Weather: 0.1, Sigma: 0.15, Persistence: 0.8},
		operate.GeneratedSeries{Name: "load1", Unit: "MW", Shape: d.shape(0, 3), Weather: 0.1, Sigma: 0.1, Persistence: 0.5},
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(6.), Shape: d.shape(1, 4), Weather: 0.5, Sigma: 0.5, Persistence: 0.9},
		operate.GeneratedSeries{Name: "sun", Unit: "MW", Capacity: optional.Of(4.), Shape: []float64{0, 0, 1, 3, 3, 1, 0, 0}, Weather: 0.3, Sigma: 0.3, Persistence: 0.7},
		operate.GeneratedSeries{Name: "heat", Unit: "MW", Shape: d.shape(1, 3), Weather: 0.1, Sigma: 0.1, Persistence: 0.9},
		operate.GeneratedSeries{Name: "pump", Unit: "MW", Shape: []float64{0, 1, 0, 1, 0, 0, 0, 1}},
		operate.GeneratedSeries{Name: "gas", Unit: "CNY/MWh", Shape: d.shape(20, 40)},
		operate.GeneratedSeries{Name: "buy", Unit: "CNY/MWh", Shape: d.shape(60, 150), Weather: 0.2},
		operate.GeneratedSeries{Name: "outside", Unit: "°C", Shape: []float64{2, 1, 4, 8, 9, 6, 4, 3}, Weather: 0.2, Sigma: 0.2, Persistence: 0.9},
		operate.GeneratedSeries{Name: "short", Unit: "CNY/MWh", Shape: d.shape(10, 60), Sigma: 0.5},
	)
	require.NoError(t, err)
	source.Series[len(source.Series)-1].Late = true
	s.Source = source

	a, b := 0.3+0.4*d.Float64(), 0.2*d.Float64()
	region := trigrid.Region{Name: s.Name, Outside: map[string]float64{}, Setting: vpp.Setting{
		Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}, Risk: vpp.CVaR{Confidence: 0.5},
		Modelling: vpp.Modelling{RiskOf: vpp.RiskOf(d.IntN(2)), ImbalanceAccounting: vpp.ImbalanceAccounting(d.IntN(2))},
	}}
	// A generator of its own, so that seasons without reserve keep their draws.
	held := draws{rand.New(rand.NewPCG(seed, 77))}
	reserve, price := held.yes(), held.number(1, 20)
	carbon, certificate, deviation := d.yes(), d.yes(), d.yes()
	quota, sale := d.Float64(), d.number(0.3, 0.6)
	for v := range 1 + d.IntN(2) {
		p := vpp.VPP{Name: fmt.Sprintf("V%d", v), RiskAversion: d.number(0.1, 1), PassThrough: d.Float64()}
		if d.IntN(4) > 0 {
			p.Demand = fmt.Sprintf("load%d", v)
		}
		region.VPPs = append(region.VPPs, p)
	}
	for i := range 2 + d.IntN(4) {
		region.DERs = append(region.DERs, randomDER(d, d.IntN(kinds+otherKinds), fmt.Sprintf("D%d", i)))
		switch u := region.DERs[i].(type) {
		case *der.Thermal:
			u.Reserve = held.number(0, 3)
		case *der.Storage:
			u.Reserve = held.number(0, 3)
		}
	}
	s.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r := region
		calendar := market.Calendar{Steps: set.Steps(), StepHours: set.HoursAt(0)}
		buy := market.Series(set.Mean("buy"))
		r.Setting.Set = set
		r.Setting.Markets = vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(sale)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: set.Mean("short"), Long: market.Series{8}},
		}
		if carbon {
			r.Setting.Markets.Carbon = market.Flat(market.Carbon, calendar, 70)
			r.Setting.Markets.GridEmission = market.Series{0.4}
		}
		if reserve {
			r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{price}, MaxOffer: optional.Of(2.)}
		}
		if certificate {
			r.Setting.Markets.Certificate = market.Flat(market.Certificate, calendar, 20)
			r.Setting.Markets.Obligation = market.Obligation{Quota: quota}
		}
		r.VPPs = append([]vpp.VPP(nil), r.VPPs...)
		for v := range r.VPPs {
			r.VPPs[v].Tariff = der.Tariff{Injection: buy.Times(0.5 + 0.1*float64(v)), Withdrawal: buy.Times(0.8)}
			if deviation {
				r.VPPs[v].Tariff.Shortage, r.VPPs[v].Tariff.Surplus = buy.Times(0.1), buy.Times(0.05)
			}
		}
		r.DERs = append([]der.DER(nil), r.DERs...)
		return r, nil
	}
	return s
}

// kinds is the number of kinds that random seasons draw; common kinds have
// several numbers. Others follow: two of water, a site, cars, and a building.
// Kinds with carbon capture and steam extraction have one member beside them
// each, so that random seasons do not draw them.
const kinds, otherKinds, carbonKinds = 19, 5, 2

// randomDER returns a DER of a kind with random data.
func randomDER(d draws, kind int, name string) der.DER {
	operation := func() der.Operation {
		o := der.Operation{Max: d.number(2, 5), RampUp: d.maybe(1, 4)}
		if o.Switchable = d.yes(); o.Switchable {
			o.StartCost = d.number(0, 50)
		}
		return o
	}
	switch kind {
	case 0, 1:
		return &der.Wind{ID: name, Available: "wind", Maintenance: d.number(0, 10), CurtailmentPenalty: d.number(0, 20)}
	case 2:
		return &der.PV{ID: name, Available: "sun", Subsidy: d.number(0, 30)}
	case 3, 4, 5:
		least := d.number(0.5, 2)
		return &der.Thermal{
			ID: name, MinOutput: least, MaxOutput: least + d.number(0.5, 4), RampUp: d.maybe(0.5, 2), RampDown: d.maybe(0.5, 2), MinUp: 3 * float64(d.IntN(4)), MinDown: 3 * float64(d.IntN(4)),
			NoLoad: d.number(0, 40), Linear: d.number(30, 110), StartUp: []der.StartCost{{Cost: d.number(0, 150)}}, EmissionFactor: d.number(0, 0.8), Quota: 0.3,
		}
	case 6, 7:
		size := d.number(2, 8)
		return &der.Storage{
			ID: name, Charge: d.number(0.5, 2), Discharge: d.number(0.5, 2), Energy: size, Initial: optional.Of(size * d.number(0.2, 0.8)),
			ChargeEfficiency: d.number(0.85, 1), DischargeEfficiency: d.number(0.85, 1), Wear: d.number(0, 10), SelfDischarge: 0.001,
		}
	case 8:
		return &der.Load{ID: name, Demand: "load1", Sheddable: d.number(0, 0.3), ShedCost: d.number(100, 300)}
	case 9:
		return &der.Load{ID: name, Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: d.number(50, 90)}
	case 10:
		return &der.ElectricBoiler{ID: name, Efficiency: 0.95, Power: operation(), Maintenance: d.number(0, 3)}
	case 11:
		return &der.GasBoiler{ID: name, Efficiency: 0.9, Heat: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2)}
	case 12:
		return &der.GasSupply{ID: name, Max: 40, Price: "gas"}
	case 13:
		return &der.DemandResponse{
			ID: name, Load: "load1", MaxReductionShare: optional.Of(d.number(0.2, 0.6)), Rebound: []der.Rebound{der.ReboundRecursive, der.ReboundDeferred, der.ReboundDecaying, der.ReboundNone}[d.IntN(4)],
			ReboundHours: optional.Of(3.), Close: der.CloseByBan, ReductionCost: d.number(0, 20), MaxHours: optional.Of(9.), DayAheadCalls: d.yes(),
		}
	case 14:
		return &der.ShiftableLoad{ID: name, Profile: []float64{d.number(0.5, 2), d.number(0, 2)}, Window: der.Window{From: 3, To: optional.Of(21.)}, Usual: 9, ShiftCost: d.number(0, 9)}
	case 15:
		return &der.TransferableLoad{ID: name, Load: "pump", Min: d.number(0, 0.5), Max: 2, MinRun: 6, TransferCost: d.number(0, 9)}
	case 16:
		return &der.Storage{
			ID: name, Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(2.), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, StartsPerDay: optional.Of(float64(1 + d.IntN(2))),
		}
	case 17:
		return &der.Storage{
			ID: name, Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(3.), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
			Depths: []der.DepthBand{{Depth: 3, Wear: 1}, {Depth: 6, Wear: 9}},
		}
	case kinds:
		return &der.RunOfRiver{ID: name, Inflow: "wind", Turbine: []der.HydroPoint{{Discharge: 2, Power: 3}, {Discharge: 5, Power: 5}}, Maintenance: d.number(0, 9)}
	case kinds + 1:
		return &der.Reservoir{
			ID: name, Inflow: "wind", Turbine: []der.HydroPoint{{Discharge: 4, Power: 3}}, MaxVolume: 0.2, Initial: 0.1, MinRelease: 1, ReleaseRamp: d.maybe(0.2, 1),
			EndVolume: optional.Of(0.1), UnmetCost: 9000, EndValue: 6000,
		}
	case kinds + 2:
		return &der.Site{ID: name, MaxImport: optional.Of(d.number(3, 5)), ExcessCost: optional.Of(300.), Parts: []der.DER{
			randomDER(d, 8, "lights"), randomDER(d, 6, "battery"), randomDER(d, 14, "laundry"), randomDER(d, kinds+1, "dam"),
		}}
	case kinds + 3:
		return &der.EVFleet{ID: name, Efficiency: 0.9, UnmetCost: 500, Wear: d.number(0, 9), Stays: []der.EVStay{
			{Arrive: 3, Depart: 18, Capacity: 6, Has: 1, Wants: 5, Charge: 1, Discharge: d.number(0, 1)},
			{Arrive: 12, Depart: 24, Capacity: 9, Has: 4, Wants: 8, Charge: 2},
		}}
	case kinds + 4:
		return &der.HeatPump{
			ID: name, MaxPower: 2, Outside: "outside", COP: []der.COPPoint{{Outside: 0, COP: 3}}, Loss: 0.2, Capacity: d.number(1, 3), Initial: 20, MinTemperature: 19,
			MaxTemperature: 22, DiscomfortCost: 90, EndValue: d.number(0, 9),
		}
	}
	switch kind {
	case kinds + otherKinds:
		return &der.CarbonCapture{
			Unit:       der.Thermal{ID: name, MinOutput: 1, MaxOutput: 4, Linear: d.number(20, 60), EmissionFactor: 0.8, Quota: 0.3, MinUp: 6},
			Efficiency: 0.9, FixedPower: 0.1, AbsorbEnergy: 0.1, ReleaseEnergy: 0.1, SolventCost: d.number(0, 9), Tank: 3, InTank: 1,
		}
	case kinds + otherKinds + 1:
		return &der.ExtractionCHP{
			ID: name, Points: []der.OperatingPoint{{Power: 3, Gas: 8}, {Power: 2.4, Heat: 3, Gas: 8}, {Power: 1, Heat: 1, Gas: 4}},
			Power: der.Operation{Switchable: true, StartCost: d.number(0, 50), RampUp: d.maybe(0.2, 1), RampDown: d.maybe(0.2, 1)}, EmissionFactor: optional.Of(0.2),
		}
	}
	return &der.CHP{ID: name, ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2)}
}

// seasons returns the number of random seasons: 30 with TRIGRID_SLOW=1, else
// few.
func seasons(few int) int {
	if os.Getenv("TRIGRID_SLOW") == "1" {
		return 30
	}
	return few
}

// strategies returns the six strategies with few scenarios.
func strategies() []operate.Strategy {
	return []operate.Strategy{
		operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1), operate.RollingScenarios(2, 3), operate.Robust(1, 4), operate.Rules(),
	}
}

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

// A fleet of one DER is that DER, also on the second day: its hours of load
// reduction begin again, a unit keeps its commitment, and a bound is known. The
// template has the data of the second day.
func TestAFleetOfOneHasTheDaysOfItsDER(t *testing.T) {
	for _, d := range []der.DER{
		&der.DemandResponse{
			ID: "X", Load: "load1", MaxReductionShare: optional.Of(0.5), Rebound: der.ReboundNone, Close: der.CloseByBan, ReductionCost: 1, MaxHours: optional.Of(6.),
		},
		&der.Thermal{ID: "X", MinOutput: 1, MaxOutput: 4, MinUp: 9, MinDown: 9, Linear: 60, StartUp: []der.StartCost{{Cost: 40}}},
		&der.EVFleet{ID: "X", Efficiency: 0.9, UnmetCost: 500, Stays: []der.EVStay{
			{Arrive: 3, Depart: 18, Capacity: 6, Has: 1, Wants: 5, Charge: 1},
		}},
	} {
		var results []*operate.Result
		for _, member := range []der.DER{d, &der.Fleet{Unit: d, Count: 1}} {
			season := randomSeason(t, 5, 3)
			template := season.Region
			season.Region = func(set *scenario.Set) (trigrid.Region, error) {
				r, err := template(set)
				r.VPPs, r.DERs = r.VPPs[:1], []der.DER{member, &der.Wind{ID: "wind", Available: "wind"}}
				return r, err
			}
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: operate.Rolling(1), Solver: testsolver.New(t), NoLedger: true, Bounds: true,
				Choices: trigrid.Profile{"X": "V0", "wind": "V0"},
			})
			require.NoError(t, err, "%T", d)
			results = append(results, res)
		}
		for day := range results[0].Days {
			one, fleet := results[0].Days[day], results[1].Days[day]
			require.Equal(t, one.Payments, fleet.Payments, "%T on day %d", d, one.Number)
			require.NotNil(t, fleet.Bound, "%T", d)
			require.InDelta(t, *one.Bound, *fleet.Bound, 1e-6, "%T on day %d", d, one.Number)
		}
	}
}

// Days with a store that ends with free energy cannot be compared, also if it
// is one of many.
func TestAFleetIsCheckedAsItsDER(t *testing.T) {
	season := windy(&der.Fleet{Count: 3, Unit: &der.Storage{
		ID: "S", Charge: 1, Discharge: 1, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}})
	_, err := operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village", "S": "village"}, Solver: testsolver.New(t), NoLedger: true})
	require.ErrorContains(t, err, `store "S" ends with free energy (EndFree)`)

	// A fleet inside a fleet of sites is checked, too.
	season = windy(&der.Fleet{Count: 2, Unit: &der.Site{ID: "S", Parts: []der.DER{&der.Fleet{Count: 3, Unit: &der.Storage{
		ID: "B", Charge: 1, Discharge: 1, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}}}}})
	_, err = operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village", "S": "village"}, Solver: testsolver.New(t), NoLedger: true})
	require.ErrorContains(t, err, `store "B" ends with free energy (EndFree)`)
}

// Two engines without ramps could run in different steps. A season keeps them
// on one schedule, as if they were one engine of twice the size.
func TestAFleetOfEnginesHasOneScheduleInASeason(t *testing.T) {
	var (
		half    = &der.Thermal{ID: "X", MinOutput: 1, MaxOutput: 4, MinUp: 2, MinDown: 2, NoLoad: 10, Linear: 60, StartUp: []der.StartCost{{Cost: 40}}}
		whole   = &der.Thermal{ID: "X", MinOutput: 2, MaxOutput: 8, MinUp: 2, MinDown: 2, NoLoad: 20, Linear: 60, StartUp: []der.StartCost{{Cost: 80}}}
		results []*operate.Result
	)
	for _, member := range []der.DER{whole, &der.Fleet{Unit: half, Count: 2}} {
		season := randomSeason(t, 5, 3)
		template := season.Region
		season.Region = func(set *scenario.Set) (trigrid.Region, error) {
			r, err := template(set)
			r.VPPs, r.DERs = r.VPPs[:1], []der.DER{member, &der.Wind{ID: "wind", Available: "wind"}}
			return r, err
		}
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: operate.Rolling(1), Solver: testsolver.New(t), NoLedger: true,
			Choices: trigrid.Profile{"X": "V0", "wind": "V0"},
		})
		require.NoError(t, err)
		results = append(results, res)
	}
	ran := false
	for day := range results[0].Days {
		require.Equal(t, results[0].Days[day].Payments, results[1].Days[day].Payments, "day %d", day)
		require.InDelta(t, results[0].Days[day].Totals.Cost, results[1].Days[day].Totals.Cost, 1e-6)
	}
	for _, row := range results[0].Rows() {
		ran = ran || row.Party == "X" && row.Delivered > 0
	}
	require.True(t, ran, "the engine never ran")
}
