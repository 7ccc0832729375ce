package audit_test

import (
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp/audit"
)

func TestMain(m *testing.M) { testsolver.Main(m, "^Example") }

// The audit must not share code with the models that it audits.
func TestAuditSharesNoCodeWithModels(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if strings.Contains(path, ".") && path != "github.com/trigrid/trigrid/optional" { // standard library and plain data
				assert.Equal(t, "github.com/trigrid/trigrid/der", path, "%s", file)
				checked++
			}
		}
	}
	assert.Positive(t, checked)
}

// park returns two scenarios of five hours with the series that the kinds read.
func park(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 5}, []float64{0.7, 0.3})
	require.NoError(t, err)
	for name, paths := range map[string][][]float64{
		"power":  {{3, 4, 6, 5, 3}, {2, 5, 7, 6, 4}},
		"heat":   {{4, 5, 4, 3, 4}, {5, 5, 5, 4, 5}},
		"wind":   {{2, 3, 5, 6, 9}, {1, 2, 2, 4, 8}},
		"prices": {{50, 90, 120, 90, 60}, {55, 95, 130, 80, 50}},
		"sale":   {{40, 70, 60, 70, -10}, {40, 70, 60, 70, -10}},
	} {
		require.NoError(t, set.Add(name, "", paths))
	}
	return set
}

// kinds are DERs of all kinds, in the variants that have different rules.
func kinds() map[string]der.DER {
	box := der.Operation{Min: 1, Max: 4, RampUp: optional.Of(1.5), RampDown: optional.Of(2), Before: 2}
	switched := der.Operation{Min: 1, Max: 4, RampUp: optional.Of(1.5), RampDown: optional.Of(2), Switchable: true, StartCost: 30}
	cyclic, free := switched, switched
	cyclic.Boundary, free.Boundary = der.BeforeCyclic, der.BeforeFree
	engine := der.Thermal{
		ID: "u", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(3), RampDown: optional.Of(3), NoLoad: 20, Linear: 25, Quadratic: 1, MinUp: 2, MinDown: 2,
		StartUp: []der.StartCost{{Cost: 60}, {After: 3, Cost: 90}}, ShutDown: 7, EmissionFactor: 0.9, Quota: 0.6, Maintenance: 2,
		Reserve: 1,
	}
	capture := &der.CarbonCapture{
		Unit: engine, Efficiency: 0.9, MinSplit: 0.1, MaxSplit: optional.Of(0.8), FixedPower: 0.1, AbsorbEnergy: 0.07, ReleaseEnergy: 0.2, SolventCost: 2,
	}
	tank := *capture
	tank.Tank, tank.InTank, tank.MaxRelease = 4, 1, optional.Of(2)
	was, round, open, plain, must := engine, engine, engine, engine, engine
	was.Before = der.ThermalState{On: true, Hours: optional.Of(1), Output: 4}
	round.Before.Boundary, open.Before.Boundary = der.BeforeCyclic, der.BeforeFree
	plain.Formulation, must.MustRun = der.Plain, true
	store := der.Storage{
		ID: "u", Charge: 2, Discharge: 3, MinEnergy: 1, Energy: 6, Initial: optional.Of(2),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, SelfDischarge: 0.01, Wear: 2,
	}
	warm, deep, left, started := store, store, store, store
	warm.Port, deep.Depths = der.Heat, []der.DepthBand{{Depth: 2, Wear: 1}, {Depth: 6, Wear: 9}}
	left.End, left.EndValue, started.StartsPerDay = der.EndFree, 60, optional.Of(1)
	ready := store
	ready.Reserve, ready.ReserveHours = 2, optional.Of(1.5)
	cut := func(rebound der.Rebound, change func(u *der.DemandResponse)) *der.DemandResponse {
		u := &der.DemandResponse{ID: "u", Load: "power", MaxReductionShare: optional.Of(0.5), Rebound: rebound, ReductionCost: 4, ReboundCost: 1}
		if change != nil {
			change(u)
		}
		return u
	}
	return map[string]der.DER{
		"wind":               &der.Wind{ID: "u", Available: "wind", Maintenance: 2, CurtailmentPenalty: 3},
		"sun":                &der.PV{ID: "u", Available: "wind", Forecast: "wind", Subsidy: 9, Maintenance: 1},
		"battery":            &store,
		"heat store":         &warm,
		"battery by depth":   &deep,
		"battery, free end":  &left,
		"battery, one run":   &started,
		"battery, reserve":   &ready,
		"engine":             &engine,
		"engine, was on":     &was,
		"engine, cyclic":     &round,
		"engine, free":       &open,
		"engine, plain":      &plain,
		"engine, must run":   &must,
		"response":           cut(der.ReboundRecursive, nil),
		"response, ban":      cut(der.ReboundRecursive, func(u *der.DemandResponse) { u.Close = der.CloseByBan }),
		"response, free":     cut(der.ReboundFree, func(u *der.DemandResponse) { u.MaxHours = optional.Of(2) }),
		"response, deferred": cut(der.ReboundDeferred, func(u *der.DemandResponse) { u.DayAheadCalls = true; u.ReboundRatio = optional.Of(0.8) }),
		"response, decaying": cut(der.ReboundDecaying, func(u *der.DemandResponse) { u.ReboundHours = optional.Of(2) }),
		"response, none":     cut(der.ReboundNone, func(u *der.DemandResponse) { u.MaxReduction = optional.Of(1) }),
		"response, served":   cut(der.ReboundDeferred, func(u *der.DemandResponse) { u.Served = true; u.MaxRebound = optional.Of(1) }),
		"response, calls": cut(der.ReboundNone, func(u *der.DemandResponse) {
			u.Calls = der.Calls{MinHours: 2, MaxHours: optional.Of(2), MaxCalls: optional.Of(1), MinReduction: 0.5}
		}),
		"batch": &der.ShiftableLoad{ID: "u", Profile: []float64{2, 1}, Window: der.Window{From: 1}, Usual: 1, ShiftCost: 4},
		"pump":  &der.TransferableLoad{ID: "u", Load: "power", Min: 5, Max: 12, MinRun: 2, TransferCost: 3},
		"heat pump": &der.HeatPump{
			ID: "u", MaxPower: 3, Outside: "power", COP: []der.COPPoint{{Outside: 2, COP: 2}, {Outside: 8, COP: 4}}, Loss: 0.3, Capacity: 1,
			Initial: 20, MinTemperature: 19, MaxTemperature: 23, DiscomfortCost: 60, EndValue: 9,
			Water: der.HotWater{Draw: "heat", Energy: 3, Initial: 1, SelfDischarge: 0.02, UnmetCost: 150, EndValue: 20},
		},
		"river": &der.RunOfRiver{ID: "u", Inflow: "power", Turbine: []der.HydroPoint{{Discharge: 2, Power: 3}, {Discharge: 5, Power: 4}}, ResidualFlow: 1, Maintenance: 4},
		"reservoir": &der.Reservoir{
			ID: "u", Inflow: "heat", Turbine: []der.HydroPoint{{Discharge: 3, Power: 4}, {Discharge: 6, Power: 6}}, MinVolume: 0.01, MaxVolume: 0.03, Initial: 0.02,
			MinRelease: 3, ReleaseRamp: optional.Of(1), Released: optional.Of(3), EndVolume: optional.Of(0.025), UnmetCost: 9000, EndValue: 9000, Maintenance: 4,
		},
		"site": &der.Site{ID: "u", MaxImport: optional.Of(6), MaxExport: optional.Of(2), ExcessCost: optional.Of(30), Parts: []der.DER{
			&der.Load{ID: "lights", Demand: "power", Sheddable: 0.2, ShedCost: 90}, &der.PV{ID: "roof", Available: "wind", Maintenance: 2},
			&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 3, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1},
		}},
		"fleet": &der.EVFleet{ID: "u", Efficiency: 0.9, Wear: 3, UnmetCost: 70, Stays: []der.EVStay{
			{Name: "van", Depart: 4, Capacity: 6, Has: 1, Wants: 5, Charge: 2, Discharge: 1.5},
			{Arrive: 1, Depart: 5, Capacity: 4, Has: 1, Wants: 4, Charge: 2, TaperFrom: optional.Of(2), TaperPower: 0.2},
		}},
		"chp":                  &der.CHP{ID: "u", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: box, MaxHeat: optional.Of(4), HeatRampUp: optional.Of(1.2), EmissionFactor: optional.Of(0.2), PowerQuota: 0.4, HeatQuota: 0.3, Maintenance: 6},
		"chp, switched":        &der.CHP{ID: "u", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: switched, Maintenance: 6},
		"extraction":           &der.ExtractionCHP{ID: "u", Points: []der.OperatingPoint{{Power: 2, Gas: 6}, {Power: 5, Gas: 12}, {Power: 4, Heat: 4, Gas: 12}}, Power: der.Operation{RampUp: optional.Of(1), Before: 3}, EmissionFactor: optional.Of(0.2), PowerQuota: 0.4, Maintenance: 5},
		"extraction, cyclic":   &der.ExtractionCHP{ID: "u", Points: []der.OperatingPoint{{Power: 2, Gas: 6}, {Power: 5, Gas: 12}, {Power: 4, Heat: 4, Gas: 12}, {Power: 1.5, Heat: 2, Gas: 6}, {Power: 3, Heat: 2, Gas: 8}}, Power: der.Operation{RampUp: optional.Of(3), RampDown: optional.Of(3), Boundary: der.BeforeCyclic, Switchable: true, StartCost: 20}, Maintenance: 5},
		"gas boiler":           &der.GasBoiler{ID: "u", Efficiency: 0.9, Heat: cyclic, EmissionFactor: optional.Of(0.2), Quota: 0.1, Maintenance: 3},
		"electric boiler":      &der.ElectricBoiler{ID: "u", Efficiency: 0.98, Power: free, Maintenance: 2},
		"power to gas":         &der.PowerToGas{ID: "u", Efficiency: 0.6, Power: box, Maintenance: 4},
		"carbon capture":       capture,
		"carbon capture, tank": &tank,
		"sequestration":        &der.Sequestration{ID: "u", Max: 2, Cost: 40},
		"credited storage":     &der.Sequestration{ID: "u", Max: 2, Cost: 4, Carbon: der.CountAtPurchase},
		"charged gas":          &der.GasSupply{ID: "u", Max: 9, Price: "prices", EmissionFactor: 0.2},
		"heat dump":            &der.HeatDump{ID: "u", Max: 2, Cost: 4},
		"load":                 &der.Load{ID: "u", Demand: "power", Sheddable: 0.2, ShedCost: 90},
		"gas load":             &der.Load{ID: "u", Port: der.Gas, Demand: "heat", Sheddable: 1, ShedCost: 50, EmissionFactor: optional.Of(0.2)},
		"grid connection":      &der.GridConnection{ID: "u", MaxBuy: 5, MaxSell: 3, BuyPrice: "prices", SellPrice: "sale", Fee: 1, EmissionFactor: 0.5},
		"gas supply":           &der.GasSupply{ID: "u", Max: 9, Price: "prices"},
	}
}

// alone returns the best schedule of a DER under a tariff and prices of its
// other ports.
func alone(t *testing.T, d der.DER, c der.Context) der.Schedule {
	t.Helper()
	m := milp.New()
	terms := d.Model(m, milp.Const(1), c)
	var objective milp.Expr
	for s, payment := range c.PaymentTerms(m, d.Name(), terms) {
		x := &terms[s]
		value := payment.Minus(x.Cost)
		for step := range c.Steps() {
			for _, port := range []struct {
				of    []milp.Expr
				price float64
			}{{x.Heat, 45}, {x.Gas, 20}, {x.CO2, 10}, {x.Emission, -30}, {x.Allowance, 30}, {x.Reserve, 3}, {x.Renewable, 5}} {
				if port.of != nil {
					value = value.Plus(port.of[step].Times(port.price))
				}
			}
		}
		objective.Add(value.Times(c.Set.Probability(s)))
	}
	m.Maximize(objective)
	solution, err := testsolver.New(t).Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, solution.Status)
	schedule := der.Schedule{Realised: der.Realise(terms, solution.Values)}
	for _, e := range terms[0].DayAhead {
		schedule.DayAhead = append(schedule.DayAhead, e.Value(solution.Values))
	}
	return schedule
}

func tariffs() map[string]der.Tariff {
	prices := []float64{30, 90, 20, 140, 60}
	return map[string]der.Tariff{
		"ordinary":   {Injection: prices, Withdrawal: prices, LoadReduction: []float64{50, 10, 80, 20, 90}},
		"negative":   {Injection: []float64{-40, 60, -90, 30, -5}, Withdrawal: []float64{-40, 60, -90, 30, -5}, LoadReduction: []float64{9, 9, 9, 9, 9}},
		"deviations": {Injection: prices, Withdrawal: prices, Shortage: []float64{9, 9, 9, 9, 9}, Surplus: []float64{3, 3, 3, 3, 3}},
	}
}

// The schedule of each kind's own program keeps its rules, under tariffs that
// push it to its limits.
func TestSchedulesOfAllKindsKeepTheirRules(t *testing.T) {
	for name, d := range kinds() {
		for tariffName, tariff := range tariffs() {
			t.Run(name+"/"+tariffName, func(t *testing.T) {
				c := der.Context{Set: park(t), Tariff: tariff}
				var x audit.Inspection
				assert.True(t, audit.Inspect(&x, d, alone(t, d, c), c), "the kind is known")
				assert.NoError(t, x.Err())
			})
		}
	}
}

// TestMutationOfEveryPort changes one number in one port of a right schedule,
// for every kind, port, scenario and step, and requires that each change is
// found.
func TestMutationOfEveryPort(t *testing.T) {
	c := der.Context{Set: park(t), Tariff: tariffs()["ordinary"]}
	for name, d := range kinds() {
		t.Run(name, func(t *testing.T) {
			right := alone(t, d, c)
			caught, planted := 0, 0
			for s := range right.Realised {
				for k, port := range ports(&right.Realised[s]) {
					for step := range port {
						for _, by := range []float64{0.25, -0.25} {
							before := port[step]
							port[step] += by
							planted++
							var x audit.Inspection
							audit.Inspect(&x, d, right, c)
							if x.Err() != nil {
								caught++
							} else if portNames[k] != "reserve" { // which may be held or not
								t.Errorf("%s of scenario %d, step %d changed by %v from %v and not noticed", portNames[k], s, step, by, before)
							}
							port[step] = before
						}
					}
				}
			}
			var x audit.Inspection
			audit.Inspect(&x, d, right, c)
			require.NoError(t, x.Err(), "the schedule is as it was")
			t.Logf("%d of %d changes caught", caught, planted)
		})
	}
}

// By hand: 10 MW cost 0.2 · 10² = 20 per hour. A program that counts the
// tangents at 0 and 20 MW alone counts 0, and one chord from 0 to 20 MW counts
// 40.
func TestMutationOfAQuadraticCost(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for _, c := range []struct {
		pieces  int
		counted float64
		right   bool
	}{{0, 20, true}, {0, 0, false}, {0, 19.9, false}, {1, 40, true}, {1, 20, false}} {
		u := &der.Thermal{ID: "u", MaxOutput: 20, Quadratic: 0.2, Pieces: c.pieces, Before: der.ThermalState{On: true, Output: 10}}
		one := []float64{1}
		schedule := der.Schedule{DayAhead: []float64{10}, Realised: []der.Ports{{
			Injected: []float64{10}, Conventional: []float64{10}, Emission: []float64{0}, Allowance: []float64{0}, Cost: c.counted,
			Traces: []der.Path{{Name: "on", Values: one}},
		}}}
		var x audit.Inspection
		require.True(t, audit.Inspect(&x, u, schedule, der.Context{Set: set}))
		if c.right {
			assert.NoError(t, x.Err(), c)
		} else {
			assert.ErrorContains(t, x.Err(), "cost counted by the program", c)
		}
	}
}

var portNames = []string{
	"injection", "withdrawal", "load reduction", "heat", "gas", "reserve", "emission", "allowance", "CO2",
	"renewable energy", "available energy", "conventional energy",
}

func ports(p *der.Ports) [][]float64 {
	return [][]float64{
		p.Injected, p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2,
		p.Renewable, p.Available, p.Conventional,
	}
}

// custom is a DER of a kind without rules, which can claim more than it earns.
type custom struct{ claims float64 }

func (custom) Name() string { return "custom" }

func (custom) Model(*milp.Model, milp.Expr, der.Context) []der.Terms { return nil }

func (u custom) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	b.Earn("claimed", u.claims)
	return b
}

// ruled is an unknown kind with a rule of its own: it injects at most 1 MW.
type ruled struct{ custom }

func (u ruled) Inspect(x *audit.Inspection, realised der.Schedule, c der.Context) {
	for s := range realised.Realised {
		for t, mw := range realised.Realised[s].Injected {
			x.At(u.Name(), s, t).AtMost("injection", mw, 1)
		}
	}
}

func TestACustomKindStatesItsOwnRules(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	c := der.Context{Set: set, Tariff: der.Tariff{Injection: []float64{10, 20}}}
	realised := der.Schedule{Realised: []der.Ports{{Injected: []float64{1, 2}}}}

	var unknown audit.Inspection
	assert.False(t, audit.Inspect(&unknown, custom{}, realised, c))
	assert.NoError(t, unknown.Err())

	var wrong audit.Inspection
	audit.Inspect(&wrong, custom{claims: 3}, realised, c)
	assert.ErrorContains(t, wrong.Err(), "custom: benefit in scenario 0 is 53, want = 50")

	var broken audit.Inspection
	assert.True(t, audit.Inspect(&broken, ruled{}, realised, c))
	assert.ErrorContains(t, broken.Err(), "custom: injection in scenario 0, step 1 is 2, want ≤ 1")
}

func TestToleranceIsRelativeAboveOneAndNoNumberIsForgiven(t *testing.T) {
	for _, c := range []struct {
		found, limit float64
		broken       bool
	}{
		{1 + 0.9e-6, 1, false},
		{1 + 1.1e-6, 1, true},
		{1e6 + 0.9, 1e6, false},
		{1e6 + 1.1, 1e6, true},
		{0.9e-6, 0, false},
		{math.NaN(), 1, true},
		{math.Inf(1), 1, true},
		{5, math.Inf(1), false},
	} {
		var x audit.Inspection
		x.At("u", 0, 0).AtMost("limit", c.found, c.limit)
		assert.Equal(t, c.broken, x.Err() != nil, "%v at most %v", c.found, c.limit)
	}
	var x audit.Inspection
	x.At("u", audit.All, 3).Within("power", 0, math.NaN(), 1)
	assert.ErrorContains(t, x.Err(), "1 rules are broken beyond a tolerance of 1e-06:\n  u: power in step 3 is NaN, want ≥ 0")
}

// A reduction of 1 MW in hours 0, 1, 3 and 4 is two calls of two hours. Each
// violated limit is named.
func TestCallsOfALoadAreInspected(t *testing.T) {
	c := der.Context{Set: park(t)}
	schedule := der.Schedule{}
	for range c.Scenarios() {
		schedule.Realised = append(schedule.Realised, der.Ports{Reduced: []float64{1, 1, 0, 1, 1}, Withdrawn: make([]float64, 5)})
	}
	for want, calls := range map[string]der.Calls{
		"": {MinHours: 2, MaxHours: optional.Of(2), MaxCalls: optional.Of(2), MinReduction: 1},
		"length of a call in scenario 0, step 3 is 2, want ≤ 1":  {MaxHours: optional.Of(1)},
		"length of a call in scenario 0, step 0 is 2, want ≥ 3":  {MinHours: 3, MinReduction: 1},
		"number of calls in scenario 0 is 2, want ≤ 1":           {MaxCalls: optional.Of(1), MinReduction: 1},
		"load reduction while called in scenario 0, step 4 is 1": {MinReduction: 1.5},
	} {
		var x audit.Inspection
		audit.Inspect(&x, &der.DemandResponse{ID: "u", Served: true, MaxReduction: optional.Of(2), Rebound: der.ReboundNone, Calls: calls}, schedule, c)
		if want == "" {
			require.NoError(t, x.Err())
			continue
		}
		require.ErrorContains(t, x.Err(), want)
	}
}
