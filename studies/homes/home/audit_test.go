package home

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/optional"
)

// audited returns a request of two steps and two batteries with a schedule that
// keeps every rule. In step 0 the load of 1000 Wh is covered by 300 Wh of
// battery 0 and 700 Wh of import. In step 1 the surplus of 900 Wh charges
// battery 1 with 400 Wh.
func audited() (Request, *Schedule) {
	r := days(wh(1000, 0), wh(0, 900),
		Battery{Initial: 500, Max: 500, MaxCharge: 1000, MaxDischarge: 600},
		Battery{Max: 1000, Capacity: optional.Of(1200), MinCharge: 200, MaxCharge: 500, Value: 0.0002})
	r.MaxImport, r.MaxExport = optional.Of(1000), optional.Of(800)
	s := newSchedule(2, 2)
	s.Import[0], s.Export[1] = 700, 500
	s.Batteries[0].Discharge[0] = 300
	s.Batteries[0].State = wh(200, 200)
	s.Batteries[1].Charge[1] = 400
	s.Batteries[1].State = wh(0, 400)
	return r, s
}

func TestTheAccountIsRecomputed(t *testing.T) {
	r, s := audited()
	account, err := Audit(r, s, 1e-6)
	require.NoError(t, err)
	assert.InDelta(t, 500*0.0001-700*0.0003, account.Net, 1e-12)
	assert.InDelta(t, 400*0.0002, account.FinalValue, 1e-12)
	assert.InDelta(t, account.Net+account.FinalValue, account.Money, 1e-12)
	assert.Zero(t, account.Penalty)
	assert.Empty(t, account.Misses)

	r.MaxImport, r.DemandRate = optional.Of(200), optional.Of(0.001)
	account, err = Audit(r, s, 1e-6)
	require.NoError(t, err)
	assert.InDelta(t, 0.5, account.DemandCost, 1e-12)
	assert.InDelta(t, account.Net+account.FinalValue-0.5, account.Money, 1e-12)
}

// TestEveryBrokenRuleIsFound changes a valid schedule so that it breaks one
// rule.
func TestEveryBrokenRuleIsFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Request, *Schedule)
		want   string
	}{
		{"balance", func(_ *Request, s *Schedule) { s.Import[0] = 699 }, "step 0: supply minus use is -1 Wh, want 0"},
		{
			"directions", func(r *Request, s *Schedule) { s.Import[1], s.Export[1] = 100, 600 },
			"step 1 imports and exports",
		},
		{"state", func(_ *Request, s *Schedule) { s.Batteries[1].State[1] = 399 }, "battery 1, step 1: state of charge is 399 Wh, want 400"},
		{
			"capacity", func(r *Request, _ *Schedule) { r.Batteries[1].Max, r.Batteries[1].Capacity = 300, optional.Of(350) },
			"battery 1, step 1: state of charge 400 Wh is above the capacity 350 Wh",
		},
		{"charge", func(r *Request, _ *Schedule) { r.Batteries[1].MaxCharge = 399 }, "battery 1, step 1: charge 400 Wh is above the limit 399 Wh"},
		{"discharge", func(r *Request, _ *Schedule) { r.Seconds[0] = 1500 }, "battery 0, step 0: discharge 300 Wh is above the limit 250 Wh"},
		{
			"modes", func(_ *Request, s *Schedule) { s.Batteries[0].Discharge[0], s.Batteries[0].Charge[0] = 400, 100 },
			"battery 0, step 0: charges and discharges",
		},
		{
			"minimum", func(r *Request, _ *Schedule) { r.Batteries[1].MinCharge = 401 },
			"battery 1, step 1: charge 400 Wh is below the minimum 401 Wh",
		},
		{
			"minimum with demands", func(r *Request, _ *Schedule) { r.Batteries[1].MinCharge, r.Batteries[1].Demands = 401, wh(0, 0) },
			"battery 1, step 1: charge 400 Wh is below the minimum 401 Wh",
		},
		{
			"charge from the grid", func(r *Request, s *Schedule) { r.Solar[1], s.Import[1], s.Export[1] = 300, 100, 0 },
			"battery 1, step 1: charges from the grid",
		},
		{
			"discharge to the grid", func(r *Request, s *Schedule) { r.Load[0], s.Import[0], s.Export[0] = 0, 0, 300 },
			"battery 0, step 0: discharges to the grid",
		},
		{"import limit", func(r *Request, _ *Schedule) { r.MaxImport = optional.Of(600) }, "step 0: import 700 Wh is above its limit 600 Wh"},
		{
			"import above", func(_ *Request, s *Schedule) { s.Import[0], s.ImportAbove[0] = 600, 100 },
			"step 0: import above the limit although 400 Wh of it are free",
		},
		{
			"import above nothing", func(r *Request, s *Schedule) { r.MaxImport, s.Import[0], s.ImportAbove[0] = optional.Float{}, 600, 100 },
			"step 0: import above a limit that does not exist",
		},
		{"export limit", func(r *Request, _ *Schedule) { r.MaxExport = optional.Of(400) }, "step 1: export 500 Wh is above its limit 400 Wh"},
		{
			"energy lost", func(_ *Request, s *Schedule) { s.Export[1], s.ExportLost[1] = 400, 100 },
			"step 1: energy is lost although 400 Wh of the export limit are free",
		},
		{
			"lost without limit", func(r *Request, s *Schedule) { r.MaxExport, s.Export[1], s.ExportLost[1] = optional.Float{}, 400, 100 },
			"step 1: energy is lost without an export limit",
		},
		{"below zero", func(_ *Request, s *Schedule) { s.Export[0] = -1 }, "Export of step 0 is -1, want at least 0 Wh"},
		{"no number", func(_ *Request, s *Schedule) { s.Batteries[0].State[1] = math.NaN() }, "State of battery 0 of step 1 is NaN"},
		{"length", func(_ *Request, s *Schedule) { s.ExportLost = nil }, "ExportLost has 0 values, want 2, one per step"},
		{"batteries", func(_ *Request, s *Schedule) { s.Batteries = s.Batteries[:1] }, "the schedule has 1 batteries, want 2"},
	} {
		r, s := audited()
		c.change(&r, s)
		_, err := Audit(r, s, 1e-6)
		assert.ErrorContains(t, err, "home: "+c.want, c.name)
	}
}

func TestAllBrokenRulesAreReported(t *testing.T) {
	r, s := audited()
	s.Import[0], s.Batteries[1].State[1] = 699, 399
	_, err := Audit(r, s, 1e-6)
	require.EqualError(t, err, "home: step 0: supply minus use is -1 Wh, want 0\n"+
		"home: battery 1, step 1: state of charge is 399 Wh, want 400")
}

func TestMissesAreNamed(t *testing.T) {
	for want, m := range map[string]Miss{
		"battery 0 at step 3 above its maximum by 12.3 Wh": {Limit: AboveMax, Step: 3, Energy: 12.345},
		"battery 1 at step 3 below its minimum by 12.0 Wh": {Limit: BelowMin, Step: 3, Battery: 1, Energy: 12},
		"goal of battery 0 at step 17 short by 37203.5 Wh": {Limit: Goal, Step: 17, Energy: 37203.52},
		"demand of battery 0 in step 1 short by 500.0 Wh":  {Limit: Demand, Step: 1, Energy: 500},
		"import in step 1 above the limit by 400.0 Wh":     {Limit: AboveImport, Step: 1, Battery: -1, Energy: 400},
		"export in step 1 above the limit, 400.0 Wh lost":  {Limit: LostExport, Step: 1, Battery: -1, Energy: 400},
		"Limit(9) in step 1: 400.0 Wh":                     {Limit: 9, Step: 1, Energy: 400},
	} {
		assert.Equal(t, want, m.String())
	}
}
