package home

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
)

// days returns a request of hours with lossless batteries: import at 0.0003 and
// export at 0.0001 per Wh, so that the base of the weights is 0.0003.
func days(load, solar []float64, batteries ...Battery) Request {
	r := Request{Load: load, Solar: solar, ChargeEfficiency: 1, DischargeEfficiency: 1, Batteries: batteries}
	for range load {
		r.Seconds = append(r.Seconds, 3600)
		r.ImportPrice = append(r.ImportPrice, 0.0003)
		r.ExportPrice = append(r.ExportPrice, 0.0001)
	}
	return r
}

func with(r Request, change func(*Request)) Request {
	change(&r)
	return r
}

func wh(x ...float64) []float64 { return x }

// TestRules has one request for each rule, with money and misses calculated by
// hand.
func TestRules(t *testing.T) {
	testsolver.New(t)
	limited := func(imports, exports float64) func(*Request) {
		return func(r *Request) {
			if imports >= 0 {
				r.MaxImport = optional.Of(imports)
			}
			if exports >= 0 {
				r.MaxExport = optional.Of(exports)
			}
		}
	}
	for _, c := range []struct {
		name    string
		request Request
		money   float64
		misses  []Miss
	}{
		{"load is imported", days(wh(1000), wh(0)), -0.3, nil},
		{"surplus is exported", days(wh(0), wh(1000)), 0.1, nil},
		{
			// 1000 Wh charged store 900, of which 720 cover load: 1280 Wh at
			// 0.0003.
			"energy is lost at the meter",
			with(days(wh(0, 2000), wh(1000, 0), Battery{Max: 2000, MaxCharge: 2000, MaxDischarge: 2000}), func(r *Request) {
				r.ChargeEfficiency, r.DischargeEfficiency = 0.9, 0.8
			}),
			-0.384, nil,
		},
		{
			// Half an hour of 1000 W stores 500 Wh and exports the other 500.
			"power is energy per length of a step",
			with(days(wh(0), wh(1000), Battery{Max: 2000, MaxCharge: 1000, Value: 0.0002}), func(r *Request) { r.Seconds[0] = 1800 }),
			0.05 + 0.1, nil,
		},
		{
			// At 1000 Wh net surplus, import and export at once would earn
			// 0.002 per Wh without end.
			"a step does not import and export",
			with(days(wh(1000), wh(2000)), func(r *Request) { r.ImportPrice[0], r.ExportPrice[0] = -0.001, 0.001 }),
			1, nil,
		},
		{
			// A full lossy battery could burn the surplus by charging and
			// discharging at once.
			"a battery does not charge and discharge",
			with(with(days(wh(0), wh(1000), Battery{
				Initial: 1000, Max: 1000, MaxCharge: 4000, MaxDischarge: 4000, DischargeToGrid: true,
			}), limited(-1, 0)), func(r *Request) { r.ChargeEfficiency, r.DischargeEfficiency = 0.5, 0.5 }),
			0,
			[]Miss{{LostExport, 0, -1, 1000, 0.03}},
		},
		{
			"a charge below the minimum does not happen",
			days(wh(0), wh(500), Battery{Max: 2000, MinCharge: 600, MaxCharge: 1000, Value: 0.0002}),
			0.05, nil,
		},
		{
			// 600 Wh stored are worth 0.12, 100 Wh of them cost 0.03.
			"a charge reaches the minimum with import",
			days(wh(0), wh(500), Battery{Max: 2000, MinCharge: 600, MaxCharge: 1000, Value: 0.0002, ChargeFromGrid: true}),
			0.09, nil,
		},
		{
			"a minimum above the maximum forbids charging",
			days(wh(0), wh(500), Battery{Max: 2000, MinCharge: 600, MaxCharge: 500, Value: 0.0002}),
			0.05, nil,
		},
		{
			// 300 Wh of the 500 fill the battery, which is below the minimum of
			// 600.
			"a battery without demands is not filled below the minimum",
			days(wh(0), wh(500), Battery{Initial: 700, Max: 1000, MinCharge: 600, MaxCharge: 1000, Value: 0.0002}),
			0.05 + 0.14, nil,
		},
		{
			"a battery with demands is filled below the minimum",
			days(wh(0), wh(500), Battery{
				Initial: 700, Max: 1000, MinCharge: 600, MaxCharge: 1000, Value: 0.0002, Demands: wh(0),
			}),
			0.02 + 0.2, nil,
		},
		{
			"the exception ends below the minimum from the maximum",
			days(wh(0), wh(100), Battery{
				Initial: 299, Max: 1000, MinCharge: 600, MaxCharge: 1000, Value: 0.0002, Demands: wh(0),
			}),
			0.01 + 0.0598, nil,
		},
		{
			"a demand is bounded by the power",
			days(wh(0), wh(0), Battery{Max: 9000, MaxCharge: 1000, ChargeFromGrid: true, Demands: wh(5000)}),
			-0.3, nil,
		},
		{
			// 1000 Wh of the 1500 come from the sun in step 1 of 4: weight 0.03
			// (1 + 3/4).
			"a demand that is not delivered is a miss",
			days(wh(0, 0, 0, 0), wh(0, 1000, 0, 0), Battery{Max: 9000, MaxCharge: 2000, Demands: wh(0, 1500, 0, 0)}),
			0,
			[]Miss{{Demand, 1, 0, 500, 0.0525}},
		},
		{
			"a full battery has no demand",
			days(wh(0), wh(0), Battery{Initial: 1000, Max: 1000, MaxCharge: 1000, Demands: wh(500), ChargeFromGrid: true}),
			0, nil,
		},
		{
			// Filling with 300 Wh ends the demand of 1000.
			"a battery that becomes full has no demand",
			days(wh(0), wh(0), Battery{Initial: 700, Max: 1000, MaxCharge: 1000, Demands: wh(1000), ChargeFromGrid: true}),
			-0.09, nil,
		},
		{
			"a battery above its maximum is not full",
			days(wh(0), wh(0), Battery{Initial: 1100, Max: 1000, MaxCharge: 100, Demands: wh(50)}),
			0,
			[]Miss{{AboveMax, 0, 0, 100, 0.3}, {Demand, 0, 0, 50, 0.06}},
		},
		{
			"without ChargeFromGrid a battery charges from the sun only",
			with(days(wh(500, 500), wh(0, 0), Battery{Max: 1000, MaxCharge: 1000, MaxDischarge: 1000}), func(r *Request) {
				r.ImportPrice[0] = 0.0001
			}),
			-0.05 - 0.15, nil,
		},
		{
			"with ChargeFromGrid it charges from cheap import",
			with(days(wh(500, 500), wh(0, 0), Battery{Max: 1000, MaxCharge: 1000, MaxDischarge: 1000, ChargeFromGrid: true}),
				func(r *Request) { r.ImportPrice[0] = 0.0001 }),
			-0.1, nil,
		},
		{
			"without DischargeToGrid a battery covers load only",
			days(wh(100), wh(0), Battery{Initial: 1000, Max: 1000, MaxDischarge: 1000}),
			0, nil,
		},
		{
			"with DischargeToGrid it exports",
			days(wh(100), wh(0), Battery{Initial: 1000, Max: 1000, MaxDischarge: 1000, DischargeToGrid: true}),
			0.09, nil,
		},
		{
			// In an import step only the car of the two may charge, in an
			// export step the battery may not discharge.
			"the sun charges both or the grid one of two batteries",
			days(wh(0), wh(300),
				Battery{Max: 1000, MaxCharge: 300, Value: 0.0004},
				Battery{Max: 1000, MaxCharge: 700, Value: 0.0005, ChargeFromGrid: true}),
			0.35 - 0.12, nil,
		},
		{
			"import above the limit is a miss, and paid",
			with(days(wh(1000), wh(0)), limited(600, -1)),
			-0.3,
			[]Miss{{AboveImport, 0, -1, 400, 0.03}},
		},
		{
			"a limit of 0 forbids import",
			with(days(wh(1000), wh(0)), limited(0, -1)),
			-0.3,
			[]Miss{{AboveImport, 0, -1, 1000, 0.03}},
		},
		{
			"export above the limit is lost",
			with(days(wh(0, 0, 0), wh(0, 0, 1000)), limited(-1, 600)),
			0.06,
			[]Miss{{LostExport, 2, -1, 400, 0.03 * (1 - 2e-5)}},
		},
		{
			// 300 Wh are stored. Of the other 700, the rule exports 400 at
			// −0.02 and loses 300. To lose 600 and export 100 would be better,
			// at 6 + 2 instead of 3 + 8.
			"energy is lost only at the export limit",
			with(days(wh(0), wh(1000), Battery{Max: 300, MaxCharge: 300}), func(r *Request) {
				r.ImportPrice[0], r.ExportPrice[0], r.MaxExport = 0, -0.02, optional.Of(400)
			}),
			-8,
			[]Miss{{LostExport, 0, -1, 300, 0.01}},
		},
		{
			// 1000 Wh in half an hour are 2000 W, 1400 W above the limit.
			"a demand charge replaces the miss",
			with(days(wh(1000), wh(0)), func(r *Request) {
				r.Seconds[0], r.MaxImport, r.DemandRate = 1800, optional.Of(600), optional.Of(0.001)
			}),
			-0.3 - 1.4, nil,
		},
		{
			// 100 Wh of the battery save more at the peak of 1000 W than
			// elsewhere.
			"a battery lowers the demand charge",
			with(days(wh(800, 1000), wh(0, 0), Battery{Initial: 100, Max: 100, MaxDischarge: 500}), func(r *Request) {
				r.MaxImport, r.DemandRate = optional.Of(600), optional.Of(0.001)
			}),
			-1700*0.0003 - 0.3, nil,
		},
		{
			"a goal that cannot be met is a miss",
			days(wh(0, 0), wh(0, 0), Battery{Initial: 100, Max: 5000, MaxCharge: 1000, ChargeFromGrid: true, Goals: wh(0, 3000)}),
			-0.6,
			[]Miss{{Goal, 1, 0, 900, 0.03}},
		},
		{
			"the goal of step 0 is not enforced",
			days(wh(0, 0), wh(0, 0), Battery{Initial: 100, Max: 5000, MaxCharge: 1000, ChargeFromGrid: true, Goals: wh(3000, 0)}),
			0, nil,
		},
		{
			// Discharged at 200 W from 1000: 300 Wh above the maximum, then
			// 100, then 0.
			"a start above the maximum is driven back",
			days(wh(0, 0, 0), wh(0, 0, 0), Battery{
				Initial: 1000, Max: 500, Capacity: optional.Of(1000), MaxDischarge: 200, DischargeToGrid: true, Value: 0.0002,
			}),
			0.05 + 0.1,
			[]Miss{{AboveMax, 0, 0, 300, 0.3}, {AboveMax, 1, 0, 100, 0.3}},
		},
		{
			"a start below the minimum is driven back",
			days(wh(0, 0), wh(0, 0), Battery{Min: 1500, Max: 5000, MaxCharge: 1000, ChargeFromGrid: true}),
			-0.45,
			[]Miss{{BelowMin, 0, 0, 500, 0.3}},
		},
		{
			"a minimum above the maximum is missed",
			days(wh(0), wh(0), Battery{Initial: 700, Min: 1000, Max: 500}),
			0,
			[]Miss{{AboveMax, 0, 0, 200, 0.3}, {BelowMin, 0, 0, 300, 0.3}},
		},
		{
			"a start above the capacity has a plan",
			days(wh(0), wh(0), Battery{Initial: 600, Max: 500, MaxCharge: 1000}),
			0,
			[]Miss{{AboveMax, 0, 0, 100, 0.3}},
		},
		{
			// A Wh above the maximum is worth 0.0003 and costs 0.3.
			"a penalty outweighs money",
			days(wh(0), wh(1000), Battery{Max: 500, Capacity: optional.Of(1000), MaxCharge: 1000, Value: 0.0003}),
			0.15 + 0.05, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := Plan(t.Context(), c.request, Options{})
			require.NoError(t, err)
			assert.True(t, a.Proven && a.Preferred)
			assert.InDelta(t, c.money, a.Money, 1e-7)
			require.Len(t, a.Misses, len(c.misses), "%v", a.Misses)
			penalty := 0.0
			for i, want := range c.misses {
				got := a.Misses[i]
				assert.InDelta(t, want.Energy, got.Energy, 1e-3)
				assert.InEpsilon(t, want.Weight, got.Weight, 1e-12)
				penalty += want.Energy * want.Weight
				want.Energy, want.Weight = got.Energy, got.Weight
				assert.Equal(t, want, got)
			}
			assert.InDelta(t, penalty, a.Penalty, 1e-6)
			assert.InDelta(t, c.money-penalty, a.Bound, 1e-6)
		})
	}
}

// TestTheBaseIsTheLargestPrice changes one price at a time. An import of 1000
// Wh at a limit of 0 misses at a weight of 100 b.
func TestTheBaseIsTheLargestPrice(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Request)
		want   float64
	}{
		"the least base":   {func(r *Request) { r.ImportPrice[0] = 0.00005; r.ExportPrice[0] = 0 }, 0.01},
		"the import price": {func(*Request) {}, 0.03},
		"the export price": {func(r *Request) { r.ExportPrice[0] = 0.0005 }, 0.05},
		"the final value":  {func(r *Request) { r.Batteries[0].Value = 0.0007 }, 0.07},
		// A demand charge has no misses of import, so that export shows the
		// weight: 0.002/0.5 h.
		"the demand rate": {func(r *Request) {
			r.Seconds[0], r.DemandRate, r.MaxExport = 1800, optional.Of(0.002), optional.Of(0)
			r.Load[0], r.Solar[0] = 0, 1000
		}, 0.4},
	} {
		r := with(days(wh(1000), wh(0), Battery{Max: 1}), func(r *Request) { r.MaxImport = optional.Of(0) })
		c.change(&r)
		account, err := Audit(r, Idle(r), 1e-9)
		require.NoError(t, err, name)
		require.Len(t, account.Misses, 1, name)
		assert.InEpsilon(t, c.want, account.Misses[0].Weight, 1e-12, name)
	}
}

// TestPreferences has requests in which several plans have equal money. The
// wanted flows follow by hand from the preference.
func TestPreferences(t *testing.T) {
	testsolver.New(t)
	prefer := func(x Preferences) func(*Request) { return func(r *Request) { r.Preferences = x } }
	full := Battery{Initial: 200, Max: 200, MaxDischarge: 200}
	empty := Battery{Max: 200, MaxCharge: 200, Value: 0.0002}
	for _, c := range []struct {
		name             string
		request          Request
		imports, exports []float64
		charges          []float64 // of the last battery, nil for no check
	}{
		{"by default, energy is stored early", days(wh(0, 0), wh(200, 200), empty), wh(0, 0), wh(0, 200), nil},
		{"by default, energy is used late", days(wh(200, 200), wh(0, 0), full), wh(200, 0), wh(0, 0), nil},
		{
			"import is late", with(days(wh(200, 200), wh(0, 0), full), prefer(Preferences{LateImport: true})),
			wh(0, 200), wh(0, 0), nil,
		},
		{
			"export is late", with(days(wh(0, 0), wh(200, 200), empty), prefer(Preferences{LateExport: true})),
			wh(0, 0), wh(0, 200), nil,
		},
		{
			// The battery stores at most 200: late export means an early charge
			// of 100 and 100.
			"the export peak is low", with(days(wh(0, 0), wh(100, 300), empty), prefer(Preferences{LowExportPeak: true})),
			wh(0, 0), wh(100, 100), nil,
		},
		{
			"the import peak is low", with(days(wh(100, 300, 100), wh(0, 0, 0), full), prefer(Preferences{LowImportPeak: true})),
			wh(100, 100, 100), wh(0, 0, 0), nil,
		},
		{
			// In half an hour 150 Wh are 300 W, so that the first step is the
			// peak.
			"a peak is a power",
			with(with(days(wh(150, 200), wh(0, 0), Battery{Initial: 100, Max: 100, MaxDischarge: 200}),
				prefer(Preferences{LowImportPeak: true})), func(r *Request) { r.Seconds[0] = 1800 }),
			wh(250.0/3, 500.0/3), wh(0, 0), nil,
		},
		{
			"a low peak is more important than late import",
			with(days(wh(100, 300, 100), wh(0, 0, 0), full), prefer(Preferences{LowImportPeak: true, LateImport: true})),
			wh(100, 100, 100), wh(0, 0, 0), nil,
		},
		{
			// Export 300 of step 1 and import 100 of step 2 both fall to their
			// least.
			"both peaks are low",
			with(days(wh(0, 0, 300, 100), wh(100, 300, 0, 0), Battery{Max: 200, MaxCharge: 200, MaxDischarge: 200}),
				prefer(Preferences{LowImportPeak: true, LowExportPeak: true})),
			wh(0, 0, 100, 100), wh(100, 100, 0, 0), nil,
		},
		{
			"a priority decides between batteries",
			days(wh(0, 0), wh(200, 0), empty, withBattery(empty, func(b *Battery) { b.Priority = 1 })),
			wh(0, 0), wh(0, 0), wh(200, 0),
		},
		{
			"a priority discharges early",
			days(wh(200, 200), wh(0, 0), withBattery(full, func(b *Battery) { b.Priority = 1 })),
			wh(0, 200), wh(0, 0), nil,
		},
		{
			"the larger priority decides",
			days(wh(0, 0), wh(200, 0), withBattery(empty, func(b *Battery) { b.Priority = 2 }), withBattery(empty, func(b *Battery) { b.Priority = 1 })),
			wh(0, 0), wh(0, 0), wh(0, 0),
		},
		{
			// Late import would cost 200 · 0.00001.
			"money is more important",
			with(with(days(wh(200, 200), wh(0, 0), full), prefer(Preferences{LateImport: true})), func(r *Request) { r.ImportPrice[1] = 0.00031 }),
			wh(200, 0), wh(0, 0), nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := Plan(t.Context(), c.request, Options{})
			require.NoError(t, err)
			assert.True(t, a.Proven && a.Preferred)
			assert.InDeltaSlice(t, c.imports, a.Import, 0.1)
			assert.InDeltaSlice(t, c.exports, a.Export, 0.1)
			if c.charges != nil {
				assert.InDeltaSlice(t, c.charges, a.Batteries[len(a.Batteries)-1].Charge, 0.1)
			}
		})
	}
}

func withBattery(b Battery, change func(*Battery)) Battery {
	change(&b)
	return b
}
