package microgrid

import "math/rand/v2"

// small returns a microgrid with round numbers: a battery of 100 kWh with 20
// kWh minimum, a genset of 10 to 60 kW, and a connection of 80 kW. A kWh costs
// 0.5 + 0.1·2 = 0.7 by the genset.
func small() *Grid {
	return &Grid{
		Battery: Battery{
			Min: 20, Max: 100, Initial: 20, MaxCharge: 30, MaxDischarge: 30, ChargeEfficiency: 0.9,
			DischargeEfficiency: 0.9, Wear: 0.02,
		},
		Genset:    Genset{MinPower: 10, MaxPower: 60, Fuel: 0.5, CO2: 2},
		MaxImport: 80, MaxExport: 80, LostLoad: 10, Overgeneration: 1, CO2Price: 0.1,
	}
}

// random returns a small microgrid with n random hours. Loads are at least
// MinPower of the genset, as in the published ones. The grid is on with the
// given probability.
func random(seed uint64, n int, on float64) *Grid {
	r := rand.New(rand.NewPCG(seed, 1))
	g := small()
	for range n {
		g.Hours = append(g.Hours, Hour{Load: 10 + 50*r.Float64(), PV: max(0, 90*r.Float64()-30), On: r.Float64() < on})
		buy := 0.1 + r.Float64()
		g.Tariffs = append(g.Tariffs, Tariff{Import: buy, Export: buy * 0.3 * float64(r.IntN(2)), CO2: 0.4 * r.Float64()})
	}
	return g
}

// testRandom returns a source with a fixed seed.
func testRandom() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
