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
	"github.com/trigrid/trigrid/scenario"
)

// warmHouse is a building with a tank on the series of winter.
func warmHouse() *der.HeatPump {
	return &der.HeatPump{
		ID: "house", MaxPower: 1, Outside: "outside", COP: []der.COPPoint{{-10, 2}, {10, 4}}, Loss: 0.1, Capacity: 1,
		Initial: 20, MinTemperature: 19.5, MaxTemperature: 22, DiscomfortCost: 15, EndValue: 6,
		Water: der.HotWater{Draw: "draw", COP: []der.COPPoint{{0, 2}}, Energy: 1, Initial: 0.4, SelfDischarge: 0.02, UnmetCost: 150, EndValue: 20},
	}
}

// winter returns two futures of six hours.
func winter(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("outside", "°C", [][]float64{{-5, -8, -3, 0, 4, 12}, {-15, -12, -9, -6, -8, -10}}))
	require.NoError(t, set.Add("draw", "MW", [][]float64{{0.2, 0.6, 0.1, 0, 0.3, 0.5}, {0, 0.9, 0.4, 0.1, 0.1, 1.4}}))
	return set
}

// The constraints integrate the differential equation by small Euler steps.
func TestHeatPumpConforms(t *testing.T) {
	u := warmHouse()
	dry := warmHouse()
	dry.Water = der.HotWater{}
	for _, u := range []*der.HeatPump{u, dry} {
		dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: winter(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
			// Euler's error in an hour is at most (UΔ/C)/2 times the largest
			// change in it, over parts: 0.05·(4 K + 0.1·40 K)/4000 = 1e-4 K, at
			// 4 MW of heat or 40 K of difference.
			const parts, exact = 4000, 2e-4
			for s := range realised.Realised {
				p := &realised.Realised[s]
				celsius, stored := u.Initial, u.Water.Initial
				for k, total := range p.Withdrawn {
					water := 0.0
					outside := c.Set.At("outside", s, k)
					if u.Water.Draw != "" {
						water = p.Trace("water_power")[k]
						unmet, draw := p.Trace("unmet_water")[k], c.Set.At("draw", s, k)
						within(t, 0, unmet, draw, "unmet water", s, k)
						stored = 0.98*stored + 2*water - draw + unmet
						near(t, stored, p.Trace("water")[k], "water", s, k)
						within(t, 0, stored, 1, "water", s, k)
					}
					within(t, 0, water, total, "power of water", s, k)
					within(t, 0, total, 1, "power", s, k)
					// 2 at −10 °C and 4 at 10 °C, no less and no more beyond.
					cop := 3 + min(10, max(-10, outside))/10
					for range parts {
						celsius += (cop*(total-water) - 0.1*(celsius-outside)) / parts
					}
					if seen := p.Trace("temperature")[k]; math.Abs(celsius-seen) > exact {
						t.Errorf("scenario %d, step %d: %v °C, by integration %v °C", s, k, seen, celsius)
					}
					celsius = p.Trace("temperature")[k]
				}
			}
		}})
	}
}

// With C = 1 MWh/K and U = ln 2 MW/K half of a difference is left after an
// hour. Two hours at 0 °C from 20 °C, at least 19 °C: 18 ln 2 MW of heat in the
// first and 19 ln 2 in the second. With COP 3 at 90 and 30 per MWh they cost
// 90·6 ln 2 + 30·(19/3) ln 2. A K below costs less than its heat at 20 per
// hour, at 90 and 30 per MWh 2 ln 2 / 3 MWh per K: 41.6 and 13.9, and a K of
// the first hour saves half of its heat in the second. So the first hour is not
// heated, but the second is: 9 K below, and 28 ln 2.
func TestHeatPumpByHand(t *testing.T) {
	set := steps(2, time.Hour)
	require.NoError(t, set.AddForecast("outside", "°C", []float64{0, 0}))
	c := der.Context{Set: set, Tariff: der.Tariff{Withdrawal: []float64{90, 30}}}
	u := &der.HeatPump{
		ID: "house", MaxPower: 10, Outside: "outside", COP: []der.COPPoint{{0, 3}}, Loss: math.Ln2, Capacity: 1,
		Initial: 20, MinTemperature: 19, MaxTemperature: 30, DiscomfortCost: 1000,
	}
	require.NoError(t, u.Validate(set))
	r := alone(t, u, c)
	assert.InDeltaSlice(t, []float64{6 * math.Ln2, 19.0 / 3 * math.Ln2}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -(90*6+30*19.0/3)*math.Ln2, r.profit, 1e-5)
	u.DiscomfortCost = 20
	r = alone(t, u, c)
	assert.InDeltaSlice(t, []float64{0, 28.0 / 3 * math.Ln2}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -180, u.Benefit(r.schedule, c, 0).Item("discomfort"), 1e-5)
}

// dumbHouse tries every path of temperatures in steps of 1/64 K on six hours
// with k = 1/2. All vertices are such paths, because temperatures, limits and
// full power are whole numbers of K.
func dumbHouse(u *der.HeatPump, c der.Context, full []float64) float64 {
	const parts, low, high = 64, -10, 40
	n := (high-low)*parts + 1
	best := make([]float64, n)
	for i := range best {
		best[i] = math.Inf(-1)
	}
	best[int(u.Initial-low)*parts] = 0
	for k := range full {
		next := make([]float64, n)
		for i := range next {
			next[i] = math.Inf(-1)
		}
		outside := c.Set.At("outside", 0, k)
		for i, money := range best {
			if math.IsInf(money, -1) {
				continue
			}
			from := float64(i)/parts + low
			cold := (from + outside) / 2 // without heat; full power adds full[k]/2
			for j := int(math.Ceil((cold - low) * parts)); float64(j)/parts+low <= cold+full[k]/2+1e-9; j++ {
				celsius := float64(j)/parts + low
				power := u.MaxPower * (celsius - cold) / (full[k] / 2)
				gain := -c.Tariff.Withdrawal[k]*power - u.DiscomfortCost*max(0, u.MinTemperature-celsius, celsius-u.MaxTemperature)
				next[j] = max(next[j], money+gain)
			}
		}
		best = next
	}
	out := math.Inf(-1)
	for i, money := range best {
		out = max(out, money+u.EndValue*(float64(i)/parts+low-u.Initial))
	}
	return out
}

// dumbTank tries every path of a tank in whole MWh on six hours. Heat at full
// power, draws and sizes are whole numbers.
func dumbTank(u *der.HeatPump, c der.Context, heat float64) float64 {
	levels := int(u.Water.Energy) + 1
	var after func(k, e int) float64
	after = func(k, e int) float64 {
		if k == 6 {
			return u.Water.EndValue * (float64(e) - u.Water.Initial)
		}
		out, draw := math.Inf(-1), int(c.Set.At("draw", 0, k))
		for h := 0; h <= int(heat); h++ {
			for unmet := 0; unmet <= draw; unmet++ {
				if to := e + h - draw + unmet; to >= 0 && to < levels {
					out = max(out, after(k+1, to)-c.Tariff.Withdrawal[k]*u.MaxPower*float64(h)/heat-u.Water.UnmetCost*float64(unmet))
				}
			}
		}
		return out
	}
	return after(0, int(u.Water.Initial))
}

func TestHeatPumpMatchesEnumeration(t *testing.T) {
	missed := 0
	for seed := range uint64(40) {
		r := lot{rand.New(rand.NewPCG(seed, 73))}
		set := steps(6, time.Hour)
		outside, full, draw, price := make([]float64, 6), make([]float64, 6), make([]float64, 6), make([]float64, 6)
		for k := range outside {
			// COP 2 up to 0 °C and 4 from 4 °C; full power holds 12 or 24 K.
			outside[k] = []float64{-8, -2, 0, 4, 7}[r.IntN(5)]
			full[k] = 12
			if outside[k] > 0 {
				full[k] = 24
			}
			draw[k], price[k] = float64(r.IntN(3)), r.tenths(1, 90)
		}
		require.NoError(t, set.AddForecast("outside", "°C", outside))
		require.NoError(t, set.AddForecast("draw", "MW", draw))
		c := der.Context{Set: set, Tariff: der.Tariff{Withdrawal: price}}
		u := &der.HeatPump{
			ID: "house", MaxPower: 6 * math.Ln2, Outside: "outside", COP: []der.COPPoint{{0, 2}, {4, 4}}, Loss: math.Ln2, Capacity: 1,
			Initial: float64(12 + r.IntN(8)), MinTemperature: float64(8 + r.IntN(8)), MaxTemperature: 18, DiscomfortCost: r.tenths(1, 90), EndValue: r.tenths(0, 30),
		}
		got := alone(t, u, c)
		assert.InDelta(t, dumbHouse(u, c, full), got.profit, 1e-5, "seed %d: %+v", seed, u)
		if u.Benefit(got.schedule, c, 0).Item("discomfort") < -1e-3 {
			missed++
		}
		// The tank alone, at a building that asks for nothing.
		u.DiscomfortCost, u.EndValue, u.MaxPower = 0, 0, 1
		u.Water = der.HotWater{Draw: "draw", COP: []der.COPPoint{{0, 2}}, Energy: float64(1 + r.IntN(4)), UnmetCost: r.tenths(1, 60), EndValue: r.tenths(0, 40)}
		u.Water.Initial = float64(r.IntN(2))
		require.NoError(t, u.Validate(set))
		assert.InDelta(t, dumbTank(u, c, 2), alone(t, u, c).profit, 1e-5, "seed %d: %+v", seed, u)
	}
	assert.Greater(t, missed, 5)
}

func TestHeatPumpValidateNamesEveryViolation(t *testing.T) {
	set := winter(t)
	require.NoError(t, warmHouse().Validate(set))
	complains(t, (&der.HeatPump{
		MaxPower: -1, Outside: "fog", COP: []der.COPPoint{{1, 2}, {1, 0}}, Initial: math.NaN(), MinTemperature: 3, MaxTemperature: 2, DiscomfortCost: -1, EndValue: -1,
		Water: der.HotWater{Draw: "outside", COP: []der.COPPoint{}, Energy: 1, Initial: 2, SelfDischarge: 1, UnmetCost: -1, EndValue: -1},
	}).Validate(set), "ID is empty", "MaxPower is -1", `Outside names series "fog"`, "COP[1].COP is 0", "COP[1].Outside is 1", "Loss is 0", "Capacity is 0", "Initial is NaN",
		"MinTemperature is 3", "DiscomfortCost is -1", "EndValue is -1", `Water.Draw: series "outside" is -5`, "Water.COP has no point", "Water.Initial is 2",
		"Water.SelfDischarge is 1", "Water.UnmetCost is -1", "Water.EndValue is -1")
	dry := warmHouse()
	dry.Water.Draw = ""
	complains(t, dry.Validate(set), "Water has no Draw")
}

// A building of 2 h at 20 °C, 0.1 MW/K and 0 °C outside takes 2 MW of heat at a
// COP of 3.
func ExampleHeatPump() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("outside", "°C", []float64{0, 0})
	house := &der.HeatPump{
		ID: "house", MaxPower: 1, Outside: "outside", COP: []der.COPPoint{{-10, 2}, {10, 4}}, Loss: 0.1, Capacity: 1,
		Initial: 20, MinTemperature: 20, MaxTemperature: 22, DiscomfortCost: 50,
	}
	fmt.Println(house.Validate(set))
	fmt.Printf("%.4f\n", house.Project(set, 0).Load)
	// Output:
	// <nil>
	// [0.6667 0.6667]
}

// A building that hardly loses heat, 1e-16 MW per K with 1 MWh per K, warms by
// 3 K in an hour at 1 MW and a COP of 3: (1 − k) / U = 1 h·K per MWh, although
// k rounds to 1.
func TestHeatPumpWithHardlyAnyLoss(t *testing.T) {
	set := steps(2, time.Hour)
	require.NoError(t, set.Add("out", "°C", [][]float64{{0, 0}}))
	c := der.Context{Set: set, Tariff: onePrice(1, 1)}
	u := &der.HeatPump{
		ID: "hp", MaxPower: 1, Outside: "out", COP: []der.COPPoint{{COP: 3}}, Loss: 1e-16, Capacity: 1,
		Initial: 17, MinTemperature: 20, MaxTemperature: 22, DiscomfortCost: 100,
	}
	require.NoError(t, u.Validate(set))
	r := alone(t, u, c)
	assert.InDeltaSlice(t, []float64{20, 20}, r.schedule.Realised[0].Trace("temperature"), 1e-6)
	assert.InDelta(t, -1, r.profit, 1e-6)
}

func TestHeatPumpWithoutDrawHasNoWater(t *testing.T) {
	u := warmHouse()
	u.Water = der.HotWater{UnmetCost: 150}
	assert.ErrorContains(t, u.Validate(winter(t)), "Water has no Draw")
}

// The line from 2 at -10 °C to 4 at 10 °C is 3 at 0 °C, and constant beyond its
// ends. Water has a line of its own, or that of the building.
func TestHeatPumpCOPIsOnTheLineBetweenItsPoints(t *testing.T) {
	u := &der.HeatPump{COP: []der.COPPoint{{-10, 2}, {10, 4}}, Water: der.HotWater{COP: []der.COPPoint{{0, 1}, {10, 2}}}}
	for celsius, want := range map[float64][2]float64{-40: {2, 1}, 0: {3, 1}, 5: {3.5, 1.5}, 30: {4, 2}} {
		building, water := u.COPAt(celsius)
		require.InDeltaSlice(t, want[:], []float64{building, water}, 1e-12, "%v °C", celsius)
	}
	u.Water.COP = nil
	building, water := u.COPAt(5)
	require.Equal(t, building, water)
}
