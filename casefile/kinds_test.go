package casefile_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

func allKinds(t *testing.T) trigrid.Region {
	t.Helper()
	c, err := casefile.Load(os.DirFS("testdata"), "allkinds.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	return r
}

// Every kind of DER, as the file states it.
func TestACaseHasEveryKindOfDER(t *testing.T) {
	r := allKinds(t)
	assert.Equal(t, []der.DER{
		&der.Wind{ID: "wind farm", Capacity: optional.Of(5), Available: "wind", Maintenance: 18, CurtailmentPenalty: 200},
		&der.PV{ID: "roofs", Capacity: optional.Of(4), Available: "sun", Subsidy: 30},
		&der.Storage{
			ID: "battery", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 0.95, DischargeEfficiency: 0.9,
			Depths: []der.DepthBand{{Depth: 1, Wear: 20}, {Depth: 2, Wear: 60}},
		},
		&der.Storage{
			ID: "hot water", Port: der.Heat, Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(2),
			ChargeEfficiency: 0.98, DischargeEfficiency: 0.98, SelfDischarge: 0.01, End: der.EndFree, EndValue: 200,
		},
		&der.DemandResponse{
			ID: "offices", Load: "offices", MaxReductionShare: optional.Of(0.3), ReboundRatio: optional.Of(0.9), ReboundWeights: []float64{0.7, 0.3}, ReductionCost: 150,
			Calls: der.Calls{MinHours: 1, MaxHours: optional.Of(3), MaxCalls: optional.Of(2), MinReduction: 0.1},
		},
		&der.ShiftableLoad{ID: "laundry", Profile: []float64{0.4, 0.6}, Usual: 2, Window: der.Window{From: 1, To: optional.Of(6)}, ShiftCost: 10},
		&der.TransferableLoad{ID: "buses", Load: "buses", Max: 0.8, MinRun: 2, TransferCost: 5},
		&der.EVFleet{ID: "cars", Efficiency: 0.93, Wear: 25, UnmetCost: 1000, Stays: []der.EVStay{
			{Name: "van", Arrive: 1, Depart: 5, Capacity: 0.06, Has: 0.028, Wants: 0.05, Charge: 0.011, Discharge: 0.011},
			{Arrive: 2, Depart: 6, Capacity: 0.5, Has: 0.1, Wants: 0.45, Charge: 0.15, TaperFrom: optional.Of(0.4), TaperPower: 0.02, Connected: "late"},
		}},
		&der.HeatPump{
			ID: "homes", MaxPower: 0.4, Outside: "outdoor", COP: []der.COPPoint{{Outside: -10, COP: 2.2}, {Outside: 10, COP: 4}}, Loss: 0.03, Capacity: 1.2,
			Initial: 20.5, MinTemperature: 20, MaxTemperature: 22, DiscomfortCost: 400, EndValue: 90,
			Water: der.HotWater{
				Draw: "hot_water", COP: []der.COPPoint{{COP: 2}}, Energy: 0.6, Initial: 0.3, SelfDischarge: 0.01, UnmetCost: 2000, EndValue: 300,
			},
		},
		&der.RunOfRiver{
			ID: "weir", Inflow: "river", Turbine: []der.HydroPoint{{Discharge: 2, Power: 0.2}, {Discharge: 3, Power: 0.25}}, ResidualFlow: 0.5, Maintenance: 15,
		},
		&der.Reservoir{
			ID: "dam", Inflow: "river", Turbine: []der.HydroPoint{{Discharge: 4, Power: 0.9}}, MinVolume: 0.01, MaxVolume: 0.1, Initial: 0.05,
			MinRelease: 1, ReleaseRamp: optional.Of(2), Released: optional.Of(2), EndVolume: optional.Of(0.04), UnmetCost: 90000, EndValue: 40000, Maintenance: 10,
		},
		&der.Site{ID: "villa", MaxImport: optional.Of(0.5), MaxExport: optional.Of(0.2), ExcessCost: optional.Of(3000), Parts: []der.DER{
			&der.PV{ID: "roof", Capacity: optional.Of(4), Available: "sun"},
			&der.Fleet{Unit: &der.Load{ID: "lights", Demand: "buses", Sheddable: 0.5, ShedCost: 4000}, Count: 2},
		}},
		&der.Load{ID: "district", Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: 900},
		&der.Thermal{
			ID: "turbine", MinOutput: 0.5, MaxOutput: 2, RampUp: optional.Of(1), Linear: 400, NoLoad: 60, StartUp: []der.StartCost{{Cost: 80}},
			EmissionFactor: 0.45, Quota: 0.3,
		},
		&der.CarbonCapture{
			Unit:       der.Thermal{ID: "coal with capture", MinOutput: 1, MaxOutput: 3, Linear: 260, EmissionFactor: 0.9, Quota: 0.7},
			Efficiency: 0.9, MaxSplit: optional.Of(0.8), FixedPower: 0.05, AbsorbEnergy: 0.05, ReleaseEnergy: 0.2, SolventCost: 20,
			Tank: 2, InTank: 1, MaxRelease: optional.Of(1),
		},
		&der.CHP{
			ID: "back pressure", ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: der.Operation{Max: 2, Switchable: true, StartCost: 50},
			MaxHeat: optional.Of(2.6), PowerQuota: 0.2, HeatQuota: 0.1, Maintenance: 20,
		},
		&der.ExtractionCHP{
			ID: "extraction", Points: []der.OperatingPoint{{Power: 1, Gas: 3}, {Power: 2, Gas: 5}, {Power: 1.5, Heat: 1.5, Gas: 5}},
			Power: der.Operation{RampUp: optional.Of(1.5), RampDown: optional.Of(1.5), Boundary: der.BeforeFree, Switchable: true},
		},
		&der.GasBoiler{ID: "gas boiler", Efficiency: 0.92, Heat: der.Operation{Max: 3}, Quota: 0.15},
		&der.ElectricBoiler{ID: "electrode boiler", Efficiency: 0.98, Power: der.Operation{Max: 2}},
		&der.PowerToGas{ID: "methanation", Efficiency: 0.58, Power: der.Operation{Max: 1.5}, CO2PerMWh: optional.Of(0.2)},
		&der.GasSupply{ID: "gas network", Max: 12, Price: "gas_price"},
		&der.HeatDump{ID: "cooling", Max: 3, Cost: 5},
		&der.Sequestration{ID: "storage of carbon", Max: 2, Cost: 30},
	}, r.DERs)
	assert.Equal(t, vpp.Modelling{RiskOf: vpp.TotalLoss, ImbalanceAccounting: vpp.InEconomicToo}, r.Setting.Modelling)
	assert.Equal(t, vpp.Marginal{}, r.Sharing)
	assert.Equal(t, market.Series{0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, r.VPPs[0].FreeAllocation)
	assert.Equal(t, market.Series{0.57, 0.57, 0.57, 0.57, 0.57, 0.57}, r.Setting.Markets.GridEmission)
	assert.Equal(t, &market.Ladder{
		Calendar: market.Calendar{Steps: 6, StepHours: 1, Period: market.Horizon},
		Price:    market.Series{400}, Band: market.Series{2}, Growth: 0.25, Bands: 3,
	}, r.Setting.Markets.Carbon)
	assert.Equal(t, "currency/MWh", r.Setting.Set.Unit("gas_price"))
	assert.Equal(t, slices.Repeat([]float64{320}, 6), r.Setting.Set.Path("gas_price", 1))
}

// All kinds together: the plan stands up to the validator, and heat, gas and
// CO2 change hands.
func TestDERsOfEveryKindMakeOnePlan(t *testing.T) {
	r := allKinds(t)
	plan, err := vpp.Problem{VPP: r.VPPs[0], Members: r.DERs, Setting: r.Setting}.Solve(t.Context(), trigrid.DefaultSolver())
	testsolver.Skip(t, err)
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	for name, exchange := range map[string]vpp.Exchange{"heat": plan.Heat, "gas": plan.Gas, "CO2": plan.CO2} {
		total := 0.0
		for _, future := range exchange.Supplied {
			for _, amount := range future {
				total += amount
			}
		}
		assert.Greater(t, total, 1.0, name)
	}
}

// On steps of 30 minutes, a stay from 0 to step 3 is one from 0 h to 1.5 h.
// Times in both forms, a stay that ends before it begins and energies beyond
// the battery are violations with their paths.
func TestStaysAreReadInHoursOrSteps(t *testing.T) {
	load := func(stay string) (*casefile.Case, error) {
		text := `{"name": "x", "grid": {"start": "2026-01-05T00:00", "steps": 4, "step_hours": 0.5}, "scenarios": {"probabilities": [1], "series": [{"name": "s", "paths_mw": [[0, 1, 1, 0.5]]}]},
			"weights": {"economic": 1, "risk": 0, "environment": 0}, "risk": {"confidence": 0.8}, "markets": {"electricity": {"buy_per_mwh": 90, "sell_fraction": 0.5}},
			"vpps": [{"name": "P", "risk_aversion": 0, "pass_through": 1, "tariff": {}}],
			"ders": [{"kind": "ev_fleet", "name": "cars", "efficiency": 1, "unmet_cost_per_mwh": 500, "stays": [{` + stay + `}]}]}`
		return casefile.Load(fstest.MapFS{"x.json": {Data: []byte(text)}}, "x.json")
	}
	for _, times := range []string{`"arrive_step": 0, "depart_step": 3`, `"arrive_h": 0, "depart_h": 1.5`, `"arrive_step": 0, "depart_h": 1.5`} {
		c, err := load(times + `, "capacity_kwh": 60, "has_kwh": 10, "wants_kwh": 40, "charge_kw": 11, "connected": "s"`)
		require.NoError(t, err)
		r, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		assert.Equal(t, &der.EVFleet{ID: "cars", Efficiency: 1, UnmetCost: 500, Stays: []der.EVStay{
			{Depart: 1.5, Capacity: 0.06, Has: 0.01, Wants: 0.04, Charge: 0.011, Connected: "s"},
		}}, r.DERs[0])
	}
	for stay, wants := range map[string][]string{
		`"arrive_step": 0, "arrive_h": 0, "depart_step": 5, "capacity_kwh": 60, "has_kwh": 70, "wants_kwh": 61, "charge_kw": 11, "taper_kw": 1`: {
			"stays[0].arrive_step: is 0, want one of arrive_h and arrive_step", "stays[0].depart_step: is 5", "stays[0].has_kwh: is 70, want no more than capacity_kwh, 60",
			"stays[0].wants_kwh: is 61", "stays[0].taper_kw: is 1, want taper_from_kwh beside it",
		},
		`"arrive_h": 1, "depart_h": 1, "capacity_kwh": 60, "charge_kw": 11, "taper_from_kwh": 60, "taper_kw": 12, "connected": "fog"`: {
			"stays[0]: departs at 1 h, want a time after the arrival at 1 h", "stays[0].has_kwh: is missing", "stays[0].wants_kwh: is missing",
			"stays[0].taper_from_kwh: is 60, want less than capacity_kwh, 60", "stays[0].taper_kw: is 12, want no more than charge_kw, 11", `stays[0].connected: is "fog"`,
		},
	} {
		_, err := load(stay)
		for _, want := range wants {
			assert.ErrorContains(t, err, want)
		}
	}
}

// docs/case.md lists the fields of every kind of DER; the loader's own list of
// known keys is what it must say.
func TestTheReferenceOfCaseFilesIsComplete(t *testing.T) {
	page, err := os.ReadFile("../docs/case.md")
	require.NoError(t, err)
	documented := map[string][]string{}
	code := regexp.MustCompile("`([a-z0-9_]+)`")
	_, ders, found := strings.Cut(string(page), "\n## DERs\n")
	require.True(t, found)
	for _, line := range strings.Split(ders, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(line, "| `") {
			continue
		}
		kind := code.FindStringSubmatch(cells[1])[1]
		for _, field := range code.FindAllStringSubmatch(strings.Join(cells[2:4], "|"), -1) {
			documented[kind] = append(documented[kind], field[1])
		}
	}
	source, err := os.ReadFile("testdata/allkinds.json")
	require.NoError(t, err)
	kinds := map[string]bool{}
	for _, match := range regexp.MustCompile(`"kind": "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		kinds[match[1]] = true
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(kinds)), slices.Collect(maps.Keys(documented)))
	for kind := range kinds {
		text := fmt.Sprintf(`{"ders": [{"kind": %q, "?": 0}]}`, kind)
		_, err := casefile.Load(fstest.MapFS{"x.json": {Data: []byte(text)}}, "x.json")
		known := regexp.MustCompile(`\$\.ders\[0\]\.\?: unknown key; known here: \[([^\]]*)\]`).FindStringSubmatch(err.Error())
		require.NotNil(t, known, "%v", err)
		want := strings.Fields(known[1])
		want = slices.DeleteFunc(want, func(key string) bool { return key == "kind" || key == "name" || key == "count" })
		slices.Sort(documented[kind])
		slices.Sort(want)
		assert.Equal(t, want, documented[kind], kind)
	}
}

// An unknown kind names the kinds that are probably meant: equally near ones,
// and usual names.
func TestUnknownKindsNameTheKindsThatAreMeant(t *testing.T) {
	for kind, want := range map[string]string{
		"boiler":   `; did you mean "electric_boiler" or "gas_boiler"?`,
		"battery":  `; did you mean "storage"?`,
		"Solar":    `; did you mean "pv"?`,
		"demand":   `; did you mean "load" or "demand_response"?`,
		"storge":   `; did you mean "storage"?`,
		"zeppelin": `"wind"]`,
	} {
		files := tiny(`{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {}}`, `{"kind": "`+kind+`", "name": "X"}`)
		_, err := casefile.Load(files, "case.json")
		require.ErrorContains(t, err, `$.ders[0].kind: is "`+kind+`", want one of the kinds`)
		assert.Contains(t, err.Error(), want)
		assert.Equal(t, strings.Contains(want, "mean"), strings.Contains(err.Error(), "did you mean"))
	}
}

// An item with a count is a fleet of the DER that the item describes. Its data
// are checked as those of one DER.
func TestACountMakesAFleet(t *testing.T) {
	load := func(item string) ([]der.DER, error) {
		c, err := casefile.Load(tiny(`{"name": "P", "risk_aversion": 0, "pass_through": 0.5, "tariff": {}}`, item), "case.json")
		if err != nil {
			return nil, err
		}
		r, err := c.Region(t.Context(), casefile.Options{})
		return r.DERs, err
	}
	dump := `{"kind": "heat_dump", "name": "X", "max_mw": 2%s}`
	ders, err := load(fmt.Sprintf(dump, `, "count": 25000`))
	require.NoError(t, err)
	assert.Equal(t, []der.DER{&der.Fleet{Unit: &der.HeatDump{ID: "X", Max: 2}, Count: 25000}}, ders)
	ders, err = load(fmt.Sprintf(dump, `, "count": 1`))
	require.NoError(t, err)
	assert.Equal(t, []der.DER{&der.HeatDump{ID: "X", Max: 2}}, ders)
	_, err = load(fmt.Sprintf(dump, `, "count": 0`))
	assert.ErrorContains(t, err, "$.ders[0].count: is 0, want")
	_, err = load(fmt.Sprintf(dump, `, "count": 2.5`))
	assert.ErrorContains(t, err, "$.ders[0].count")
}
