package main

import (
	"math"

	"github.com/trigrid/trigrid/studies/homes/home"
)

// generated returns a day of one home with sun, a battery and a car that leaves
// in the morning. It starts at 18:20, so that the first step is 40 minutes. All
// numbers are assumed.
//
// The load swings between 150 and 650 W, the sun peaks at 5 kW at noon, and
// import costs 0.30 per kWh by day and 0.24 from 0 to 6. Export earns 0.08.
func generated() home.Request {
	r := home.Request{
		ChargeEfficiency: 0.93, DischargeEfficiency: 0.93,
		Preferences: home.Preferences{LateExport: true, LateImport: true},
	}
	const steps = 36
	goals := make([]float64, steps)
	// The car of 40 kWh shall leave with 30.
	goals[13] = 30000 // at 8:00
	// The load is highest in the evening, the sun shines from 6 to 18, and
	// nights are cheap.
	for t := range steps {
		hour := math.Mod(18+float64(t), 24)
		seconds := 3600.0
		if t == 0 {
			seconds = 2400
		}
		night := 1.0
		if hour < 6 {
			night = 0.8
		}
		r.Seconds = append(r.Seconds, seconds)
		r.Load = append(r.Load, math.Round(seconds/3600*(400+250*math.Sin(hour*math.Pi/12+2))))
		r.Solar = append(r.Solar, math.Round(seconds/3600*5000*max(0, math.Sin((hour-6)*math.Pi/12))))
		r.ImportPrice = append(r.ImportPrice, 0.0003*night)
		r.ExportPrice = append(r.ExportPrice, 0.00008)
	}
	r.Batteries = []home.Battery{
		{Initial: 4000, Min: 500, Max: 10000, MaxCharge: 5000, MaxDischarge: 5000, Value: 0.0002},
		{Initial: 12000, Max: 40000, MinCharge: 1380, MaxCharge: 11000, Value: 0.0001, ChargeFromGrid: true, Goals: goals},
	}
	return r
}
