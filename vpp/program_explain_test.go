package vpp_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// freeSource feeds in any power at one cost: a mistake of a custom kind.
type freeSource struct {
	ID   string
	Cost float64
}

func (u *freeSource) Name() string { return u.ID }

func (u *freeSource) Model(m *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			power := m.Var(at("power", t), 0, milp.Inf).Expr()
			out[s].Inject(t, power)
			out[s].Cost.Add(power.Times(u.Cost * c.Hours()))
		}
	}
	return out
}

func (u *freeSource) Benefit(realised der.Schedule, c der.Context, scenario int) der.Benefit {
	b := c.Payment(realised, scenario)
	b.Pay("fuel", realised.Realised[scenario].Cost)
	return b
}

// morning is one scenario of some hours from 06:00 with a load, heat and gas at
// 30.
func morning(t *testing.T, load, heat []float64) *scenario.Set {
	t.Helper()
	grid := scenario.Grid{Start: time.Date(2031, 3, 10, 6, 0, 0, 0, time.UTC), Step: time.Hour, Steps: len(load)}
	set, err := scenario.New(grid, []float64{1})
	require.NoError(t, err)
	require.NoError(t, set.AddForecast("load", "MW", load))
	if heat != nil {
		require.NoError(t, set.AddForecast("heat", "MW", heat))
	}
	require.NoError(t, set.AddForecast("gas", "currency/MWh", flat(len(load), 30)))
	return set
}

// Conflicts that only a solver finds, in words of the data, with the amounts by
// hand, on each route.
func TestInfeasibleProblemsNameTheConflict(t *testing.T) {
	peak, heat := []float64{3, 3, 6, 3}, []float64{1, 2, 1, 1}
	homes := &der.Load{ID: "homes", Port: der.Heat, Demand: "heat"}
	for name, c := range map[string]struct {
		imports, exports optional.Float
		ders             []der.DER
		want             []string
		each             bool // no coalition has a schedule
	}{
		// On at 2 MW before, 3 MW in both first hours, for which there is no
		// outlet beyond the demand, then at most 4 MW: 6 − 1 − 4.
		"ramp": {
			optional.Of(1), optional.Of(0),
			[]der.DER{&der.Thermal{
				ID: "gt", MinOutput: 1, MaxOutput: 6, Linear: 50, RampUp: optional.Of(1), RampDown: optional.Of(1),
				Before: der.ThermalState{On: true, Output: 2},
			}},
			[]string{`VPP "v" lacks 1 MW of power in scenario 0, step 2 (08:00), against `, `of thermal "gt"`},
			true,
		},
		// On for an hour already, must stay on for four: 4 MW for a demand of 3
		// and no export.
		"minimum up time": {
			optional.Float{},
			optional.Of(0),
			[]der.DER{&der.Thermal{
				ID: "gt", MinOutput: 4, MaxOutput: 6, Linear: 50, MinUp: 4,
				Before: der.ThermalState{On: true, Output: 4, Hours: optional.Of(1)},
			}},
			[]string{`its members feed in at least 4 MW at step 0 of scenario 0, which exceeds the demand of 3 MW`},
			false,
		},
		// 0.2 MW per hour of power: 1 MW of heat at 06:00 needs 1.1111 MW,
		// 0.9111 too much. Then 1.3111 · 0.9 = 1.18 of 2 MW.
		"ramp of a boiler": {
			optional.Float{},
			optional.Float{},
			[]der.DER{homes, &der.ElectricBoiler{
				ID: "b", Efficiency: 0.9, Power: der.Operation{Max: 3, RampUp: optional.Of(0.2), RampDown: optional.Of(0.2)},
			}},
			[]string{
				`the power rise of electric boiler "b" in scenario 0, step 0 (06:00) exceeds its limit by 0.911111`,
				`VPP "v" lacks 0.82 MW of heat in scenario 0, step 1 (07:00)`,
			},
			false,
		},
		// 1 MW of gas makes 0.9 MW of heat, of 2 MW.
		"gas supply": {
			optional.Float{},
			optional.Float{},
			[]der.DER{
				homes, &der.GasBoiler{ID: "b", Efficiency: 0.9, Heat: der.Operation{Max: 3}},
				&der.GasSupply{ID: "net", Max: 1, Price: "gas"},
			},
			[]string{`VPP "v" lacks 1.1 MW of heat in scenario 0, step 1 (07:00)`, `against the gas balance of VPP "v" and the purchase of gas supply "net"`},
			false,
		},
		// The tank holds 4 MWh and must hold 4 at the end; 5 MWh of heat are
		// missing in all.
		"energy at the end": {
			optional.Float{},
			optional.Float{},
			[]der.DER{homes, &der.Storage{
				ID: "tank", Port: der.Heat, Charge: 2, Discharge: 2, Energy: 5, Initial: optional.Of(4), ChargeEfficiency: 1, DischargeEfficiency: 1,
			}},
			[]string{`MW of heat in scenario 0, step`, `of storage "tank"`},
			false,
		},
		// On at 4 MW without an export, or off with 1 MW of import for 6 MW:
		// neither runs.
		"neither on nor off": {
			optional.Of(3), optional.Of(0),
			[]der.DER{&der.Thermal{ID: "gt", MinOutput: 4, MaxOutput: 6, Linear: 50, MustRun: true}},
			[]string{`its members feed in at least 4 MW`, `demand of 6 MW at step 2 of scenario 0 exceeds the 0 MW`},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			solver := testsolver.New(t)
			p := vpp.Problem{
				VPP:     vpp.VPP{Name: "v", Demand: "load", ImportLimit: c.imports, ExportLimit: c.exports},
				Members: c.ders, Setting: priced(morning(t, peak, heat), 60, 40),
			}
			check := func(route string, err error, want ...string) {
				require.ErrorIs(t, err, milp.ErrInfeasible, route)
				assert.NotErrorIs(t, err, milp.ErrUnbounded, route)
				for _, text := range want {
					assert.ErrorContains(t, err, text, route)
				}
			}
			_, solved := p.Solve(t.Context(), solver)
			check("solve", solved, c.want[0])
			program, err := p.Formulate()
			require.NoError(t, err)
			_, err = program.Solve(t.Context(), solver)
			var conflict *vpp.InfeasibleError
			require.ErrorAs(t, err, &conflict)
			assert.NotRegexp(t, `\(\d+,\d+\)`, conflict.Reason, "places in words")
			if p.Diagnose() == nil {
				check("solve", solved, c.want...)
				check("program", err, c.want...)
			}
			session := vpp.NewSession(solver)
			defer session.Close()
			_, err = session.Solve(t.Context(), p, 1<<len(c.ders)-1)
			check("session", err)
			require.ErrorAs(t, err, &conflict)
			plan, err := p.Select(t.Context(), solver)
			if !c.each {
				require.NoError(t, err)
				require.NotNil(t, plan)
				return
			}
			check("select", err, c.want[len(c.want)-1])
		})
	}
}

// Without a limit, the error names the columns of the ray, the gain and the
// limit to give.
func TestUnboundedProblemsNameTheRay(t *testing.T) {
	solver := testsolver.New(t)
	p := vpp.Problem{
		VPP: vpp.VPP{Name: "v", Demand: "load"}, Setting: priced(morning(t, []float64{3}, nil), 60, 40),
		Members: []der.DER{&freeSource{"sun", 15}},
	}
	check := func(err error, want ...string) {
		t.Helper()
		require.ErrorIs(t, err, milp.ErrUnbounded)
		assert.NotErrorIs(t, err, milp.ErrInfeasible)
		for _, text := range want {
			assert.ErrorContains(t, err, text)
		}
	}
	// A MWh made at 15 is sold at 40.
	want := []string{
		`the objective improves by 25 without end each time`, `the power of free source "sun" grows by 1`,
		`the delivered power of VPP "v" grows by 1`, `the sale on the day-ahead electricity market of VPP "v" grows by 1 in scenario 0, step 0 (06:00)`,
		`give a limit of the power of free source "sun", or the import and export limits of VPP "v"`,
	}
	_, err := p.Solve(t.Context(), solver)
	check(err, want...)
	var endless *vpp.UnboundedError
	require.ErrorAs(t, err, &endless)
	assert.InDelta(t, 25, endless.Ray.Rate, 1e-9)
	_, err = p.Select(t.Context(), solver)
	check(err, want...)
	session := vpp.NewSession(solver)
	defer session.Close()
	_, err = session.Solve(t.Context(), p, 1)
	check(err, want...)
	p.VPP.ExportLimit = optional.Of(2)
	limited, err := p.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.InDelta(t, 2*40-5*15, limited.Value.Objective, 1e-6)

	// A column of the caller without a bound.
	p.VPP.ExportLimit, p.Members = optional.Float{}, nil
	program, err := p.Formulate()
	require.NoError(t, err)
	program.Model.AddObjective(program.Model.Var(milp.Named("typo"), 0, milp.Inf).Times(2))
	_, err = program.Solve(t.Context(), solver)
	check(err, `improves by 2 without end each time the "typo" grows by 1; give bounds of the column "typo"`)

	// A single imbalance price in the objective: a schedule above the delivery
	// earns 5 per MWh.
	p.Setting.Markets.Imbalance = &market.Imbalance{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{0}, Short: market.Series{-5}, Long: market.Series{5},
	}
	p.Setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	_, err = p.Solve(t.Context(), solver)
	check(err, `improves by 5 without end each time the day-ahead schedule of VPP "v" grows by 1 in step 0 (06:00)`)
}

// failAfter is a solver that is cancelled after some programs.
type failAfter struct {
	milp.Solver
	left int
}

func (x *failAfter) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if x.left--; x.left < 0 {
		return nil, context.Canceled
	}
	return x.Solver.Solve(ctx, m)
}

// A diagnosis that fails hides neither proof.
func TestFailedDiagnosisKeepsTheProof(t *testing.T) {
	p := vpp.Problem{
		VPP: vpp.VPP{Name: "v", Demand: "load"}, Setting: priced(morning(t, []float64{3}, nil), 60, 40),
		Members: []der.DER{&freeSource{"sun", 15}},
	}
	_, err := p.Solve(t.Context(), &failAfter{testsolver.New(t), 1})
	require.ErrorIs(t, err, milp.ErrUnbounded)
	p.Members = []der.DER{&der.Storage{
		ID: "cell", Charge: 0, Discharge: 5, Energy: 10, Initial: optional.Of(2), ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}}
	p.VPP.ImportLimit, p.Setting = optional.Of(1), priced(morning(t, []float64{3, 3}, nil), 60, 40)
	_, err = p.Solve(t.Context(), &failAfter{testsolver.New(t), 1})
	require.ErrorIs(t, err, milp.ErrInfeasible)
	_, err = p.Solve(t.Context(), testsolver.New(t))
	require.ErrorContains(t, err, `lacks 2 MW of power in scenario 0, step`) // 2 · 3 − 2 · 1 − 2
}

// Errors and warnings distinguish the markets of electricity, and give the
// step.
func TestMessagesNameTheMarket(t *testing.T) {
	calendar := market.Calendar{Steps: 2, StepHours: 1}
	setting := priced(morning(t, []float64{5, 5}, nil), 100, 40)
	setting.Markets.Imbalance = &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{1, -5}, Long: market.Series{1, -5}}
	v := vpp.VPP{Name: "A", Demand: "load"}
	_, err := vpp.Problem{VPP: v, Setting: setting}.Formulate()
	require.ErrorContains(t, err, `vpp: VPP "A": the balancing market is not convex in step 1 (07:00): `+
		`the next MWh of surplus earns 5 and the next MWh of shortage costs -5, so that trade pays without end`)
	require.Len(t, setting.Warnings(), 1)
	assert.Equal(t, "balancing market: arbitrage in step 1 (07:00): deviations from the schedule in both directions earn money; "+
		"raise the cost of a shortage or of a surplus", setting.Warnings()[0])

	setting.Markets.Imbalance = nil
	setting.Markets.Electricity = &market.Tariff{Calendar: calendar, Buy: market.Series{100, 30}, Sell: market.Series{40}}
	_, err = vpp.Problem{VPP: v, Setting: setting}.Formulate()
	require.ErrorContains(t, err, `the day-ahead electricity market is not convex in step 1 (07:00): the next MWh sold earns 40 and the next MWh bought costs 30`)
	assert.Contains(t, setting.Warnings()[0], "day-ahead electricity market: arbitrage in step 1 (07:00): selling earns more than buying costs")
	// With limits it is planned: 5 MWh bought at 100 and at 30.
	v.ImportLimit, v.ExportLimit = optional.Of(9), optional.Of(9)
	assert.InDelta(t, -650, solve(t, v, nil, setting).Value.Objective, 1e-6)

	for name, change := range map[string]func(m *vpp.Markets){
		"day-ahead electricity market: ": func(m *vpp.Markets) { m.Electricity = &market.Tariff{Calendar: calendar, Buy: market.Series{1, 2, 3}} },
		"balancing market: ": func(m *vpp.Markets) {
			m.Imbalance = &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{math.NaN()}, Long: market.Series{0}}
		},
		"carbon market: ":      func(m *vpp.Markets) { m.Carbon = market.Flat(market.Carbon, calendar, math.Inf(1)) },
		"certificate market: ": func(m *vpp.Markets) { m.Certificate = market.Flat(market.Certificate, calendar, math.NaN()) },
		"the balancing market covers 3 steps, the ": func(m *vpp.Markets) {
			m.Imbalance = &market.Imbalance{Calendar: market.Calendar{Steps: 3}, Price: market.Series{0}, Short: market.Series{1}, Long: market.Series{1}}
		},
		"the certificate market covers 3 steps, the ": func(m *vpp.Markets) { m.Certificate = market.Flat(market.Certificate, market.Calendar{Steps: 3}, 5) },
	} {
		changed := priced(morning(t, []float64{5, 5}, nil), 100, 40)
		change(&changed.Markets)
		assert.ErrorContains(t, changed.Validate(), "vpp: setting: "+name)
	}
}
