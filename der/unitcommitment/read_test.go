package unitcommitment_test

import (
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
)

// testFile reads one of our own instances: the same system in both formats.
func testFile(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	return string(text)
}

// points returns a curve from pairs of output and cost.
func points(pairs ...float64) []der.CurvePoint {
	var curve []der.CurvePoint
	for i := 0; i < len(pairs); i += 2 {
		curve = append(curve, der.CurvePoint{Output: pairs[i], Cost: pairs[i+1]})
	}
	return curve
}

func TestBothFormatsGiveTheSameSystem(t *testing.T) {
	pglib, err := unitcommitment.Read(strings.NewReader(testFile(t, "pglib.json")), unitcommitment.Options{})
	require.NoError(t, err)
	egret, err := unitcommitment.Read(strings.NewReader(testFile(t, "egret.json")), unitcommitment.Options{})
	require.NoError(t, err)
	require.Len(t, pglib.Units, 5)
	require.Len(t, egret.Units, 5, "a unit out of service is left out")
	assert.Equal(t, &der.Thermal{
		ID: "base", MinOutput: 60, MaxOutput: 200, RampUp: optional.Of(50), RampDown: optional.Of(60), StartOutput: optional.Of(80), StopOutput: optional.Of(70),
		MinUp: 4, MinDown: 3, Before: der.ThermalState{On: true, Hours: optional.Of(6), Output: 120},
		Curve:   points(60, 1500, 130, 2830, 200, 4300),
		StartUp: []der.StartCost{{After: 3, Cost: 900}, {After: 6, Cost: 1500}}, Reserve: milp.Inf,
	}, pglib.Units[0])
	for i, u := range pglib.Units {
		if u.Name() == "peak" {
			continue // a polynomial in one file, points in the other
		}
		same := egret.Units[i]
		if thermal, ok := same.(*der.Thermal); ok {
			thermal.Pieces = 0 // unused with a curve
		}
		assert.Equal(t, u, same)
	}
	peak := egret.Units[2].(*der.Thermal)
	assert.Equal(t, []float64{70, 45, 0}, []float64{peak.NoLoad, peak.Linear, peak.Quadratic})
	for _, name := range []string{"demand", "reserve", "wind.max", "river.min"} {
		assert.Equal(t, pglib.Set.Path(name, 0), egret.Set.Path(name, 0), name)
	}
	assert.Equal(t, optional.Of(1e5), egret.MismatchPrice)
	assert.Equal(t, optional.Of(5e4), egret.ShortfallPrice)
	assert.Zero(t, pglib.MismatchPrice)

	var best []float64
	for _, s := range []*unitcommitment.System{pglib, egret} {
		best = append(best, solve(t, highs.Solver{Gap: highs.Exact}, formulate(t, s).Model).Objective)
	}
	assert.InDelta(t, best[0], best[1], 1e-6)
}

// Egret gives the room above the minimum in the first step for an hour, and
// rounds minimum times up to whole steps: 1.5 h are 3 steps of 30 min, 1.25 h
// are 2.5 steps and so 3.
func TestEgretStepsOfHalfAnHour(t *testing.T) {
	text := testFile(t, "egret.json")
	text = strings.Replace(text, `"time_period_length_minutes": 60`, `"time_period_length_minutes": 30`, 1)
	text = strings.Replace(text, `"min_up_time": 2`, `"min_up_time": 1.5`, 1)
	text = strings.Replace(text, `"min_down_time": 2`, `"min_down_time": 1.25`, 1)
	text = strings.Replace(text, `"shutdown_capacity": 45, `, ``, 1)
	s, err := unitcommitment.ReadEgret(strings.NewReader(text), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, 30*time.Minute, s.Set.Grid().Step)
	middle := s.Units[1].(*der.Thermal)
	assert.Equal(t, 1.5, middle.MinUp)
	assert.Equal(t, 1.5, middle.MinDown)
	assert.Equal(t, optional.Of(25+(45-25)*0.5), middle.StartOutput)
	assert.Equal(t, optional.Of(25+40*0.5*0.5), middle.StopOutput, "half a ramp by default")
}

// A point above the convex envelope of the others cannot be used by the program
// of pglib-uc.
func TestPGLibCurveIsItsConvexEnvelope(t *testing.T) {
	text := strings.Replace(testFile(t, "pglib.json"), `{"mw": 60, "cost": 1640}`, `{"mw": 40, "cost": 1300}, {"mw": 60, "cost": 1640}`, 1)
	s, err := unitcommitment.ReadPGLib(strings.NewReader(text), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, points(25, 800, 60, 1640, 90, 2450), s.Units[1].(*der.Thermal).Curve)
}

func TestReadersNameEveryFaultWithItsPath(t *testing.T) {
	for _, c := range []struct {
		name, file string
		change     []string // old, new, old, new, …
		want       []string
	}{
		{"truncated", "pglib.json", []string{`"ramp_up_limit": 40`, "\x00"}, []string{"$.thermal_generators.middle", "the text ends here"}},
		{"malformed", "pglib.json", []string{`"ramp_up_limit": 40`, `"ramp_up_limit": forty`}, []string{"$.thermal_generators.middle.ramp_up_limit", "invalid character"}},
		{"goes on", "pglib.json", []string{`"time_periods": 8`, `"time_periods": 8}{"a": 1`}, []string{"goes on"}},
		{"twice", "pglib.json", []string{`"peak": {`, `"base": {`}, []string{`$.thermal_generators: key "base" is given twice`}},
		{"neither format", "pglib.json", []string{"thermal_generators", "thermals"}, []string{"thermal_generators", "elements"}},
		{"several", "pglib.json", []string{
			`"time_up_minimum": 4`, `"time_up_minimum": -4`,
			`{"lag": 4, "cost": 300}`, `{"lag": 4}`,
			`[40, 45, 50`, `[40, null, 50`,
			`"unit_on_t0": 0`, `"unit_on_t0": 2`,
			`"must_run": 0`, `"must_run": "no"`,
		}, []string{
			"$.thermal_generators.base.time_up_minimum: is -4",
			"$.thermal_generators.middle.startup[1].cost: is missing",
			"$.renewable_generators.wind.power_output_maximum[1]: is null",
			"$.thermal_generators.peak.unit_on_t0: is 2",
			`$.thermal_generators.base.must_run: is "no"`,
		}},
		{"inconsistent", "pglib.json", []string{
			`"power_output_t0": 120`, `"power_output_t0": 20`,
			`{"lag": 4, "cost": 300}`, `{"lag": 2, "cost": 100}`,
			`[8, 8, 8, 8, 8, 8, 8, 8], "power_output_maximum"`, `[9, 8, 8, 8, 8, 8, 8, 8], "power_output_maximum"`,
			`"ramp_up_limit": 60`, `"ramp_up_limit": -1`,
			`{"mw": 130, "cost": 2830}`, `{"mw": 50, "cost": 2830}`,
		}, []string{
			"$.thermal_generators.middle", "StartUp[1]",
			"$.renewable_generators.river", "step 0",
			"$.thermal_generators.peak.ramp_up_limit: is -1",
			"$.thermal_generators.base.piecewise_production[1].mw: is 50",
		}},
		{"state", "pglib.json", []string{`"power_output_t0": 120`, `"power_output_t0": 20`}, []string{"$.thermal_generators.base.power_output_t0: is 20"}},
		{"wrong length", "pglib.json", []string{`"time_periods": 8`, `"time_periods": 9`}, []string{"$.demand: is a list of 8, want a list of 9", "$.reserves"}},
		{"no steps", "pglib.json", []string{`"time_periods": 8`, `"time_periods": 0`}, []string{"$.time_periods: is 0"}},
		{"half a step", "pglib.json", []string{`"time_periods": 8`, `"time_periods": 8.5`}, []string{"unitcommitment: $.time_periods: is 8.5, want a whole number"}},
		{"lost units", "pglib.json", []string{`"renewable_generators": {`, `"renewable_generators": null, "lost": {`}, []string{"$.renewable_generators: is null, want an object"}},
		{"too many steps", "pglib.json", []string{`"time_periods": 8`, `"time_periods": 1e12`}, []string{"$.time_periods"}},
		{"no step", "egret.json", []string{`"time_period_length_minutes": 60`, `"time_period_length_minutes": 0`}, []string{"$.system.time_period_length_minutes: is 0, want a number from 1 to 10080"}},
		{"endless step", "egret.json", []string{`"time_period_length_minutes": 60`, `"time_period_length_minutes": 1e300`}, []string{"$.system.time_period_length_minutes: is 1e+300"}},
		{"foreign list", "egret.json", []string{`"branch": {}`, `"branch": [1]`}, []string{"$.elements.branch: has 1 entries"}},
		{"kinds", "egret.json", []string{
			`"generator_type": "renewable", "in_service": true, "p_max": 8`, `"generator_type": "hydro", "in_service": true, "p_max": 8`,
			`"initial_status": -4`, `"initial_status": 0`,
			`"1": 45`, `"3": 45`,
			`[2, 220]`, `[2]`,
			`"branch": {}`, `"branch": {"ab": {}}`,
			`"baseMVA": 1`, `"regulation_up_requirement": 5`,
			`"data_type": "time_series", "values": [40`, `"data_type": "table", "values": [40`,
			`"fuel_cost": 2`, `"fixed_commitment": 2`,
		}, []string{
			`$.elements.generator.river.generator_type: is "hydro"`,
			"$.elements.generator.peak.initial_status: is 0",
			"$.elements.generator.peak.p_cost.values.3",
			"$.elements.generator.middle.startup_cost[0]",
			`$.elements.branch: has 1 entries`,
			"$.system.regulation_up_requirement",
			`$.elements.generator.wind.p_max.data_type: is "table"`,
			"$.elements.generator.base.fixed_commitment",
			"$.elements.generator.base.fuel_cost: is missing",
		}},
		{"renewable cost", "egret.json", []string{`"p_min": 8`, `"p_cost": {"data_type": "cost_curve"}`}, []string{"$.elements.generator.river.p_cost"}},
		{"state of no step", "egret.json", []string{
			`"time_period_length_minutes": 60`, `"time_period_length_minutes": 240`,
			`"initial_status": 1`, `"initial_status": -2`,
		}, []string{"$.elements.generator.middle.initial_status: is -2, want hours that round to at least one step of 4 h"}},
		{"curve kind", "egret.json", []string{`"polynomial"`, `"spline"`}, []string{`$.elements.generator.peak.p_cost.cost_curve_type: is "spline"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := testFile(t, c.file)
			for i := 0; i < len(c.change); i += 2 {
				require.Contains(t, text, c.change[i])
				text = strings.Replace(text, c.change[i], c.change[i+1], 1)
			}
			text, _, _ = strings.Cut(text, "\x00")
			s, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{})
			require.Error(t, err)
			assert.Nil(t, s)
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestForeignElementsMayBeIgnored(t *testing.T) {
	text := strings.Replace(testFile(t, "egret.json"), `"branch": {}`, `"branch": {"ab": {}}`, 1)
	_, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{})
	require.ErrorContains(t, err, `ignore "branch"`)
	_, err = unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{Ignore: []string{"branch"}})
	require.NoError(t, err)
}

// sound demands of whatever a reader accepts that it can be stated as a program
// without a mistake.
func sound(t *testing.T, s *unitcommitment.System, err error) {
	if err != nil {
		if s != nil {
			t.Fatal("a system and an error")
		}
		return
	}
	if s.Set.Steps() > 100 {
		return
	}
	p, err := s.Formulate()
	if err != nil {
		t.Fatal("read, but not formulated: ", err)
	}
	d := p.Model.Data()
	for _, x := range d.Coefficient {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatal("a coefficient is ", x)
		}
	}
}

// spoiled returns a sound file with one of its names, texts or numbers
// replaced, which reaches deeper into a reader than arbitrary text does.
func spoiled(text string, position uint16, token string) string {
	places := regexp.MustCompile(`"[^"]*"|-?[0-9][0-9.e+-]*|true|false`).FindAllStringIndex(text, -1)
	at := places[int(position)%len(places)]
	return text[:at[0]] + token + text[at[1]:]
}

// fuzz feeds a reader arbitrary text, or, with a token, a spoiled copy of a
// sound file.
func fuzz(f *testing.F, file string, read func(io.Reader, unitcommitment.Options) (*unitcommitment.System, error)) {
	text := testFile(f, file)
	f.Add(`{"time_periods": 1, "demand": [1], "thermal_generators": {}, "renewable_generators": {}}`, uint16(0), "")
	f.Add(`{"elements": {"load": {}, "generator": {}}, "system": {"time_keys": ["1"], "time_period_length_minutes": 15}}`, uint16(0), "")
	for i, token := range []string{"1e300", "-1", "0", "null", `"base"`, "1e-300", "[[1, 2]]", `{"data_type": "time_series", "values": []}`, "7, 7"} {
		f.Add("", uint16(31*i), token)
	}
	f.Fuzz(func(t *testing.T, arbitrary string, position uint16, token string) {
		if token != "" {
			arbitrary = spoiled(text, position, token)
		}
		s, err := read(strings.NewReader(arbitrary), unitcommitment.Options{})
		sound(t, s, err)
	})
}

func FuzzReadPGLib(f *testing.F) { fuzz(f, "pglib.json", unitcommitment.ReadPGLib) }

func FuzzReadEgret(f *testing.F) { fuzz(f, "egret.json", unitcommitment.ReadEgret) }
