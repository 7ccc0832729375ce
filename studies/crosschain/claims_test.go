package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

// agreeable is a study written by hand in which everything that our own case
// can decide is as the source says.
func agreeable() *study {
	x := &study{Sweeps: &sweeps{}}
	for _, o := range []outcome{
		{Cost: 100, Emission: 50, Intensity: 5, Renewable: 0.90},
		{Cost: 101, Emission: 45, Intensity: 4.5, Renewable: 0.91},
		{Cost: 102, Emission: 46, Intensity: 4.6, Renewable: 0.92},
		{Cost: 99, Emission: 40, Intensity: 4, Renewable: 0.95},
	} {
		x.Cases = append(x.Cases, tradingCase{Total: o})
	}
	for i := range 3 {
		step := float64(i)
		x.Sweeps.Carbon = append(x.Sweeps.Carbon, point{Moving: outcome{Emission: 60 + step}})
		x.Sweeps.Certificates = append(x.Sweeps.Certificates, point{Moving: outcome{Emission: 60 - step, Renewable: 0.9 + 0.01*step}})
	}
	x.Methods = []method{
		{Planned: outcome{Cost: 100, Emission: 9, Renewable: 0.95}, Fresh: outcome{Cost: 101}, MeanError: 0.1},
		{Planned: outcome{Cost: 110, Emission: 7, Renewable: 0.99}, Fresh: outcome{Cost: 105}},
		{Planned: outcome{Cost: 100, Emission: 8, Renewable: 0.97}, Fresh: outcome{Cost: 100}},
	}
	for t := range 24 {
		h := hour{
			Hour: t, Load: float64(t), CarbonPrice: 70 + float64(t), CertificatePrice: 50 + float64(t),
			Power: []float64{1, 1, -1}, Certificate: []float64{1, 0, -1}, Allowances: []float64{-2, -2, -1},
			Battery: []float64{-0.1}, HeatStore: []float64{0.1},
		}
		if t >= 6 && t < 13 || t >= 17 {
			h.Battery[0], h.HeatStore[0] = 0.1, -0.1
		}
		x.Hours = append(x.Hours, h)
	}
	// One peak hour and another one: VPP3 sells to both others, more at peak.
	for range 2 {
		x.Exchanges = append(x.Exchanges, exchange{
			Hours:   []exchangeHour{{Peak: true, Between: []float64{2, 1, -3}}, {Between: []float64{0.5, 0, -0.5}}},
			Without: []outcome{{VPP: "VPP1", Cost: 10}}, With: []outcome{{VPP: "VPP1", Cost: 9}},
		})
	}
	x.Alike = []outcome{{Cost: 10}, {Cost: 11}, {Cost: 9}}
	return x
}

func verdicts(x *study) map[string]claim.Verdict {
	out := map[string]claim.Verdict{}
	for _, c := range x.judge() {
		out[c.ID] = c.Verdict
	}
	return out
}

// Each verdict on our own case turns with the result that it is about, and with
// no other.
func TestVerdictsFollowTheResults(t *testing.T) {
	before := verdicts(agreeable())
	require.Len(t, agreeable().judge(), len(before), "one line per statement")
	turned := map[string]bool{}
	for _, c := range []struct {
		ids  []string
		turn func(*study)
	}{
		{[]string{"B3"}, func(x *study) { x.Cases[1].Total.Emission = 51 }},
		{[]string{"B5"}, func(x *study) { x.Cases[3].Total.Renewable = 0.89 }},
		{[]string{"B12"}, func(x *study) { x.Methods[0].MeanError = 1e-9 }},
		{[]string{"B13a"}, func(x *study) { x.Sweeps.Carbon[1].Moving.Emission = 70 }},
		{[]string{"B13b"}, func(x *study) { x.Sweeps.Certificates[2].Moving.Renewable = 0.9 }},
		{[]string{"B13c"}, func(x *study) { x.Sweeps.Certificates[2].Moving.Emission = 61 }},
		{[]string{"B14a"}, func(x *study) { x.Methods[1].Planned.Cost = 99 }},
		{[]string{"B14b"}, func(x *study) { x.Methods[1].Planned.Emission = 8.1 }},
		{[]string{"B14c"}, func(x *study) { x.Methods[1].Planned.Renewable = 0.968 }},
		{[]string{"B14d"}, func(x *study) { x.Methods[2].Fresh.Cost = 106 }},
		{[]string{"B14e"}, func(x *study) { x.Methods[2].Planned.Emission = 9.1 }},
		{[]string{"B15a"}, func(x *study) { x.Hours[14].Battery[0] = 10 }},
		{[]string{"B15b"}, func(x *study) { x.Hours[14].HeatStore[0] = -10 }},
		{[]string{"B16a"}, func(x *study) { x.Hours[0].Power[2] = 100 }},
		{[]string{"B16b"}, func(x *study) { x.Hours[0].Certificate[2] = 100 }},
		{[]string{"B16c"}, func(x *study) { x.Hours[0].Certificate[0] = -100 }},
		{[]string{"B16d"}, func(x *study) { x.Hours[0].Allowances[1] = 40 }},
		{[]string{"B17a"}, func(x *study) { x.Hours[0].CarbonPrice = 1000 }},
		{[]string{"B17b"}, func(x *study) { x.Hours[0].CertificatePrice = 1000 }},
		{[]string{"B20a"}, func(x *study) { x.Exchanges[0].Hours[0].Between[2] = 0 }},
		{[]string{"B20b"}, func(x *study) { x.Exchanges[1].Hours[0].Between = []float64{3, -1, -2} }},
		{[]string{"B20c"}, func(x *study) { x.Exchanges[1].Hours[1].Between[0] = 3 }},
		{[]string{"B20d"}, func(x *study) { x.Exchanges[1].With[0].Cost = 12 }},
		{[]string{"B18"}, func(x *study) { x.Alike[2].Cost = 10.5 }},
	} {
		x := agreeable()
		c.turn(x)
		after := verdicts(x)
		for id, v := range before {
			want := v
			for _, turns := range c.ids {
				if turns == id {
					want = claim.Contradicted
					turned[id] = true
					require.Contains(t, []claim.Verdict{claim.Reproduced, claim.DirectionOnly}, v, id)
				}
			}
			assert.Equal(t, want, after[id], "%s after %v", id, c.ids)
		}
	}
	for id, v := range before {
		if !turned[id] { // printed figures decide, or nothing does
			assert.Contains(t, []string{"B1", "B2", "B4", "B6", "B7", "B8", "B9", "B10", "B11", "B19"}, id)
			continue
		}
		if id == "B3" || id == "B5" || id == "B20b" || id == "B20c" || id == "B20d" {
			assert.Equal(t, claim.DirectionOnly, v, "%s states a size, or rests on calibrated loads", id)
		} else {
			assert.Equal(t, claim.Reproduced, v, id)
		}
	}
}

// What is printed decides by comparison: other figures would turn the verdict.
func TestPrintedFiguresDecide(t *testing.T) {
	was := published
	defer func() { published = was }()
	published.latin.cost = (1 - 0.049) * published.robust.cost                // B1: 4.9 % less
	published.bothRate = published.intensityCarbonOnly                        // B4: 8.5 % is the whole model's
	published.unitsOfRate = []string{"t", "t"}                                // B6: one unit
	published.carbonOnlyTrade, published.bothCarbonRevenue = 200, 200         // B7: 91 and 82 CNY/t
	published.bothCost = 14000                                                // B8: below both
	published.certificateRevenue, published.certificateOnlyCost = 5000, 14000 // B9: 19000 − 14376 < 5000
	published.samplesLater = 1000                                             // B10
	published.update = "K-means"                                              // B11
	for _, c := range arithmetic() {
		switch c.ID {
		case "B1", "B2", "B4", "B6", "B7", "B8", "B9", "B10", "B11":
			assert.Equal(t, claim.Reproduced, c.Verdict, c.ID)
		default:
			assert.Equal(t, claim.NotCheckable, c.Verdict, c.ID)
		}
	}
}
