package der_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// household is a home with a roof, a battery, appliances, a car and a heat pump
// on the series of homes.
func household() *der.Site {
	return &der.Site{
		ID: "home", MaxImport: optional.Of(4), MaxExport: optional.Of(1.5), ExcessCost: optional.Of(300),
		Parts: []der.DER{
			&der.Load{ID: "lights", Demand: "lights"},
			&der.PV{ID: "roof", Available: "sun", Maintenance: 1},
			&der.Storage{
				ID: "battery", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(0.5), ChargeEfficiency: 0.9, DischargeEfficiency: 0.95, Wear: 2, End: der.EndFree, EndValue: 20,
			},
			&der.ShiftableLoad{ID: "laundry", Profile: []float64{1, 0.5}, Usual: 1, ShiftCost: 6},
			&der.EVFleet{ID: "car", Efficiency: 0.9, UnmetCost: 200, Stays: []der.EVStay{{Arrive: 1, Depart: 5, Capacity: 6, Has: 1, Wants: 5, Charge: 2, Discharge: 1}}},
			&der.HeatPump{
				ID: "heating", MaxPower: 1, Outside: "outside", COP: []der.COPPoint{{0, 3}}, Loss: 0.1, Capacity: 1, Initial: 20, MinTemperature: 19, MaxTemperature: 22,
				DiscomfortCost: 15, EndValue: 6,
			},
		},
	}
}

// homes returns two futures of six hours.
func homes(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("lights", "MW", [][]float64{{1, 1.5, 2, 1, 0.5, 3}, {2, 1, 2, 2.5, 0.5, 4.5}}))
	require.NoError(t, set.Add("sun", "MW", [][]float64{{0, 1, 4, 3, 1, 0}, {0, 0.5, 2, 1, 0.5, 0}}))
	require.NoError(t, set.Add("outside", "°C", [][]float64{{4, 5, 6, 6, 5, 3}, {-5, -4, -2, 0, -2, -6}}))
	return set
}

// The limits are recomputed from the ports; the rules of the parts are those of
// their own tests.
func TestSiteConforms(t *testing.T) {
	hard := household()
	hard.ExcessCost, hard.MaxImport = optional.Float{}, optional.Of(8)
	free := household()
	free.ExcessCost, free.MaxImport, free.MaxExport = optional.Float{}, optional.Float{}, optional.Float{}
	// Without integers, a fleet of sites is exact.
	farm := &der.Site{ID: "farm", MaxExport: optional.Of(2), Parts: []der.DER{
		&der.PV{ID: "sun", Available: "sun"}, &der.EVFleet{ID: "cars", Efficiency: 1, UnmetCost: 50, Stays: []der.EVStay{{Depart: 6, Capacity: 9, Wants: 5, Charge: 2}}},
	}}
	for _, u := range []*der.Site{household(), hard, free, farm} {
		dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: homes(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
			for s := range realised.Realised {
				p := &realised.Realised[s]
				// The parts of a solution, joined again, are the site of the
				// program.
				var parts []der.Ports
				for _, part := range u.PartSchedules(realised) {
					parts = append(parts, part.Realised[s])
				}
				joined := u.JoinParts(parts)
				for name, want := range map[string][2][]float64{
					"injected": {p.Injected, joined.Injected}, "withdrawn": {p.Withdrawn, joined.Withdrawn},
					"renewable": {p.Renewable, joined.Renewable}, "available": {p.Available, joined.Available},
				} {
					if len(want[0]) != len(want[1]) {
						t.Errorf("%s: %d values, want %d", name, len(want[1]), len(want[0]))
						continue
					}
					for k := range want[0] {
						if math.Abs(want[0][k]-want[1][k]) > 1e-6 {
							t.Errorf("%s in step %d is %v, want %v", name, k, want[1][k], want[0][k])
						}
					}
				}
				for _, trace := range p.Traces {
					if got := joined.Trace(trace.Name); len(got) != len(trace.Values) {
						t.Errorf("trace %q has %d values, want %d", trace.Name, len(got), len(trace.Values))
					}
				}
				for k := range c.Steps() {
					sum := 0.0
					for _, part := range u.PartSchedules(realised) {
						sum += part.Realised[s].Net(k)
					}
					near(t, sum, p.Net(k), "net of the parts", s, k)
					over := 0.0
					if u.ExcessCost.Given() {
						over = p.Trace("excess")[k]
					}
					within(t, -u.MaxImport.Or(math.Inf(1))-over, p.Net(k), u.MaxExport.Or(math.Inf(1))+over, "net", s, k)
				}
			}
		}})
	}
	assert.Equal(t, der.ScaleExact, der.ScaleOf(farm, der.Context{Set: homes(t)}))
	assert.Equal(t, der.ScaleOuter, der.ScaleOf(household(), der.Context{Set: homes(t)}))
}

// A home draws 2, 2 and 1 MW at 10, 20 and 30 per MWh, and its car needs 4 MWh
// at up to 3 MW. A connection of 4 MW leaves 2, 2 and 3 MW: 40 + 40 + the car's
// 20·... by hand, 2 MWh at 10 and 2 at 20. With 3 MW it leaves 1, 1 and 2: 10 +
// 20 + 60. Beyond 2.5 MW at 5 per MWh, it leaves 0.5, 0.5 and 1.5 MW: a MWh
// beyond in the first hour costs 15, less than 20, so that 3 MWh go there at
// the most power of 3 MW, 2.5 of them beyond, and 0.5 into the second hour. The
// last one costs 25 there.
func TestSiteByHand(t *testing.T) {
	set := steps(3, time.Hour)
	require.NoError(t, set.AddForecast("lights", "MW", []float64{2, 2, 1}))
	c := der.Context{Set: set, Tariff: onePrice(10, 20, 30)}
	home := &der.Site{ID: "home", MaxImport: optional.Of(4), Parts: []der.DER{
		&der.Load{ID: "lights", Demand: "lights"},
		&der.EVFleet{ID: "car", Efficiency: 1, UnmetCost: 500, Stays: []der.EVStay{{Depart: 3, Capacity: 4, Wants: 4, Charge: 3}}},
	}}
	require.NoError(t, home.Validate(set))
	const lights = 2*10 + 2*20 + 1*30
	assert.InDelta(t, -lights-2*10-2*20, alone(t, home, c).profit, 1e-6)
	home.MaxImport = optional.Of(3)
	assert.InDelta(t, -lights-10-20-2*30, alone(t, home, c).profit, 1e-6)
	home.MaxImport, home.ExcessCost = optional.Of(2.5), optional.Of(5)
	r := alone(t, home, c)
	assert.InDelta(t, -lights-3*10-20-5*(2.5+0.5), r.profit, 1e-6)
	p := &r.schedule.Realised[0]
	assert.InDeltaSlice(t, []float64{5, 3, 1}, p.Withdrawn, 1e-6)
	assert.InDelta(t, -15, home.Benefit(r.schedule, c, 0).Item("excess of the connection"), 1e-6)
	missed := home.Misses(p, c)
	require.Len(t, missed, 2)
	assert.Equal(t, "the connection is exceeded by 2.5 MW in step 0", missed[0].String())
	parts := home.PartSchedules(r.schedule)
	assert.InDeltaSlice(t, []float64{3, 1, 0}, parts[1].Realised[0].Withdrawn, 1e-6)
	assert.InDeltaSlice(t, []float64{3, 4, 4}, parts[1].Realised[0].Trace("energy"), 1e-6)
}

// dumbHome tries every start of an appliance of two hours, every whole charge
// of a car in each of six hours, and every whole use of the roof. All vertices
// are such schedules, because limits and series are whole numbers, and the
// energy of the car and the power of an hour are intervals.
func dumbHome(c der.Context, wants, unmet, shift, most, excess float64, hard bool) float64 {
	best := math.Inf(-1)
	for start := range 5 {
		base := make([]float64, 6)
		for k := range base {
			base[k] = c.Set.At("lights", 0, k)
			if k == start || k == start+1 {
				base[k]++
			}
		}
		var after func(k int, missing float64) float64
		after = func(k int, missing float64) float64 {
			if k == 6 {
				return -unmet * missing
			}
			out := math.Inf(-1)
			for charge := 0.0; charge <= min(2, missing); charge++ {
				for used := 0.0; used <= c.Set.At("sun", 0, k); used++ {
					net := used - base[k] - charge
					over := max(0, math.Abs(net)-most)
					if hard && over > 0 {
						continue
					}
					money := c.Tariff.Injection[k]*used - c.Tariff.Withdrawal[k]*(base[k]+charge) - excess*over
					out = max(out, money+after(k+1, missing-charge))
				}
			}
			return out
		}
		cost := 0.0
		if start != 2 {
			cost = shift * 2 // MWh
		}
		best = max(best, after(0, wants)-cost)
	}
	return best
}

func TestSiteMatchesEnumeration(t *testing.T) {
	missed, without := 0, 0
	for seed := range uint64(40) {
		r := lot{rand.New(rand.NewPCG(seed, 76))}
		set := steps(6, time.Hour)
		lights, sun, buy, sell := make([]float64, 6), make([]float64, 6), make([]float64, 6), make([]float64, 6)
		for k := range lights {
			lights[k], sun[k], buy[k] = float64(r.IntN(4)), float64(r.IntN(4)), r.tenths(10, 90)
			sell[k] = buy[k] - r.tenths(0, 30)
		}
		require.NoError(t, set.AddForecast("lights", "MW", lights))
		require.NoError(t, set.AddForecast("sun", "MW", sun))
		c := der.Context{Set: set, Tariff: der.Tariff{Injection: sell, Withdrawal: buy}}
		wants, unmet, shift, most, excess := float64(3+r.IntN(6)), r.tenths(20, 150), r.tenths(0, 20), float64(2+r.IntN(3)), r.tenths(1, 90)
		home := &der.Site{ID: "home", MaxImport: optional.Of(most), MaxExport: optional.Of(most), ExcessCost: optional.Of(excess), Parts: []der.DER{
			&der.Load{ID: "lights", Demand: "lights"}, &der.PV{ID: "roof", Available: "sun"},
			&der.ShiftableLoad{ID: "laundry", Profile: []float64{1, 1}, Usual: 2, ShiftCost: shift},
			&der.EVFleet{ID: "car", Efficiency: 1, UnmetCost: unmet, Stays: []der.EVStay{{Depart: 6, Capacity: 9, Wants: wants, Charge: 2}}},
		}}
		require.NoError(t, home.Validate(set))
		got := alone(t, home, c)
		assert.InDelta(t, dumbHome(c, wants, unmet, shift, most, excess, false), got.profit, 1e-5, "seed %d", seed)
		if len(home.Misses(&got.schedule.Realised[0], c)) > 0 {
			missed++
		}
		home.ExcessCost = optional.Float{}
		want := dumbHome(c, wants, unmet, shift, most, 0, true)
		hard, err := optimum(t, home, c)
		if math.IsInf(want, -1) {
			without++
			assert.Error(t, err, "seed %d", seed)
			continue
		}
		require.NoError(t, err)
		assert.InDelta(t, want, hard.profit, 1e-5, "seed %d", seed)
	}
	assert.Greater(t, missed, 8)
	assert.Positive(t, without)
}

// A full connection makes energy behind it worthless, although the VPP values
// it at 40 per MWh: the battery must not burn the power of must-run units. A
// bound from outside gives its binary back.
func TestSiteBurnsNoEnergyBehindAFullConnection(t *testing.T) {
	set := steps(3, time.Hour)
	home := &der.Site{ID: "home", MaxExport: optional.Of(1), Parts: []der.DER{
		&der.Thermal{ID: "plant", MinOutput: 2, MaxOutput: 2, MustRun: true},
		&der.Storage{ID: "battery", Charge: 5, Discharge: 5, Energy: 1, ChargeEfficiency: 0.5, DischargeEfficiency: 0.5, End: der.EndFree},
	}}
	c := der.Context{Set: set, MinMarginalValues: []float64{40, 40, 40}}
	_, err := optimum(t, home, c)
	require.Error(t, err, "half a MWh an hour fills the battery in two hours")
	both := func(bound float64) int {
		m := milp.New()
		home.Model(m, milp.Const(1), der.Context{Set: set, MinMarginalValues: []float64{bound, bound, bound}})
		return m.Integers()
	}
	assert.Equal(t, both(40), both(math.Inf(1))+3, "a binary of each hour, unless the caller tests the schedule")
	assert.True(t, home.Overlaps(&der.Ports{Traces: []der.Path{
		{Name: "battery:injected", Values: []float64{1, 0}}, {Name: "battery:withdrawn", Values: []float64{4, 0}},
	}}, 0))
	home.MaxExport = optional.Float{}
	assert.Equal(t, both(40), both(math.Inf(1)), "without a limit the bound of the VPP holds")
}

func TestSiteStatesItsParts(t *testing.T) {
	set := homes(t)
	home := household()
	assert.InDeltaSlice(t, []float64{0, 1, 4, 3, 1, 0}, home.Project(set, 0).Clean, 1e-9)
	assert.Equal(t, optional.Of(1.5), home.Rating(der.Electricity), "the limit of 1.5 MW, below the battery and the car")
	assert.Equal(t, der.StateRange{Initial: optional.Of(0.5), Min: optional.Of(0.), Max: optional.Of(2.)}, home.DescribeState("battery/energy"))
	assert.True(t, home.DescribeState("battery:injected").Detail)
	assert.False(t, home.StoresElectricity())
	_, measured := der.As[der.Projected](home)
	assert.True(t, measured)
	home.Parts = append(home.Parts, &unmeasured{})
	_, measured = der.As[der.Projected](home)
	assert.False(t, measured, "a part without generation or load leaves a site unmeasured")

	boilers := []der.DER{
		&der.GasBoiler{ID: "b"}, &der.Site{ID: "s", Parts: []der.DER{&der.GasSupply{ID: "gas", EmissionFactor: 0.2}}},
	}
	assert.ErrorContains(t, der.OneCarbonRule(boilers...), `"gas" charges gas where it is bought and "b" where it is burnt`)
	assert.Len(t, der.PartsOf(&der.Fleet{Unit: household(), Count: 9}), 6)
}

// unmeasured is a kind of another module without optional interfaces.
type unmeasured struct{ der.DER }

func (*unmeasured) Name() string { return "stranger" }

func TestSiteValidateNamesEveryViolation(t *testing.T) {
	set := homes(t)
	require.NoError(t, household().Validate(set))
	complains(t, (&der.Site{
		MaxImport: optional.Of(-1), MaxExport: optional.Of(-1), ExcessCost: optional.Of(-1),
	}).Validate(set), "ID is empty", "MaxImport is -1", "MaxExport is -1", "ExcessCost is -1", "Parts is empty")
	complains(t, (&der.Site{ID: "s", ExcessCost: optional.Of(1), Parts: []der.DER{
		&der.Load{ID: "lights", Demand: "lights"}, nil, &der.Site{ID: "x"}, &der.PV{ID: "pv", Available: "sun", Forecast: "sun"},
		&der.GridConnection{ID: "g"}, &der.PV{ID: "pv", Available: "moon"}, &der.DemandResponse{ID: "d/r", Load: "lights", Served: true, Rebound: der.ReboundNone},
	}}).Validate(set), "ExcessCost is given, want MaxImport", "Parts[1] is nil", "Parts[2] is a site",
		"Parts[3] sets a day-ahead schedule", "Parts[4] trades with the grid", `Parts[5] has the name "pv" of a part before`, `Available names series "moon"`,
		`Parts[6] has the name "d/r"`, "Parts[6] has a load that the VPP serves")
}

// A home of 2 MW with a car behind 3 MW: the car gets 1 MW.
func ExampleSite() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("lights", "MW", []float64{2, 2})
	home := &der.Site{ID: "home", MaxImport: optional.Of(3), Parts: []der.DER{
		&der.Load{ID: "lights", Demand: "lights"},
		&der.EVFleet{ID: "car", Efficiency: 1, UnmetCost: 500, Stays: []der.EVStay{{Depart: 2, Capacity: 4, Wants: 2, Charge: 2}}},
	}}
	fmt.Println(home.Validate(set))
	fmt.Println(home.Bounds(der.Context{Set: set}, 0).Min[der.Electricity])
	// Output:
	// <nil>
	// [-3 -3]
}
