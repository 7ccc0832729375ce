package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// judge puts every claim of the source beside what was found: printed numbers against each other where
// they decide, the model's own results otherwise.
func (x *study) judge() []claim {
	out := arithmetic()
	note := func(id, format string, args ...any) {
		for i := range out {
			if out[i].ID == id {
				out[i].Found += "; our case: " + fmt.Sprintf(format, args...)
			}
		}
	}
	none, carbon, both := x.Cases[0].Total, x.Cases[1].Total, x.Cases[3].Total
	certificates := x.Cases[2].Total
	note("B3", "intensity %+.1f %%, emission %+.1f %%", change(none.Intensity, carbon.Intensity), change(none.Emission, carbon.Emission))
	note("B4", "intensity %+.1f %%, emission %+.1f %%", change(none.Intensity, both.Intensity), change(none.Emission, both.Emission))
	note("B5", "%+.2f points", 100*(both.Renewable-none.Renewable))
	note("B8", "cost %+.1f %% and %+.1f %%, emission %+.1f %% and %+.1f %% against carbon and certificates alone",
		change(carbon.Cost, both.Cost), change(certificates.Cost, both.Cost), change(carbon.Emission, both.Emission), change(certificates.Emission, both.Emission))
	return append(out, x.b12(), x.b13(), x.b14(), x.b15(), x.b16(), x.b17(), x.b18(),
		claim{"B19", "related work: carbon −5 %, renewable use +6 %", "context of the source, without data", notCheckable})
}

func change(from, to float64) float64 { return 100 * (to - from) / math.Abs(from) }

func (x *study) b12() claim {
	largest := 0.0
	for _, m := range x.Methods {
		largest = max(largest, m.MeanError)
	}
	v := contradicted
	if largest > 1e-6 {
		v = directionOnly
	}
	return claim{"B12", "the forecast is the weighted sum of the five scenarios kept", fmt.Sprintf("for K-means that sum is the mean of the sample to %.0e MW: the clustering leaves no trace in it", largest), v}
}

// word says in words what trend found.
func word(trend int) string {
	return map[int]string{1: "rises", -1: "falls", 0: "stays", 2: "rises and falls"}[trend]
}

func (x *study) b13() claim {
	const (
		tonnes = 0.01 // of some 60 a day: what the tolerance of prices leaves open
		share  = 1e-4
	)
	emission := func(p point) float64 { return p.Moving.Emission }
	emissionFixed := func(p point) float64 { return p.Fixed.Emission }
	use := func(p point) float64 { return p.Moving.Renewable }
	useFixed := func(p point) float64 { return p.Fixed.Renewable }
	c, g := x.Sweeps.Carbon, x.Sweeps.Certificates
	holds := 0
	for _, ok := range []bool{
		trend(c, emission, tonnes) == 1,
		trend(g, use, share) == 1,
		trend(g, emission, tonnes) == -1,
	} {
		if ok {
			holds++
		}
	}
	v := contradicted
	switch holds {
	case 3:
		v = reproduced
	case 1, 2:
		v = directionOnly
	}
	return claim{
		"B13", "a lower carbon quota and a higher certificate quota cut emissions; the latter raises renewable use",
		fmt.Sprintf("as the carbon quota rises the emission %s (%.2f to %.2f t; at fixed prices it %s); as the certificate quota rises renewable use %s (%.2f to %.2f %%; fixed: %s) and the emission %s (%.2f to %.2f t; fixed: %s); %d of 3 hold",
			word(trend(c, emission, tonnes)), emission(c[0]), emission(c[len(c)-1]), word(trend(c, emissionFixed, tonnes)),
			word(trend(g, use, share)), 100*use(g[0]), 100*use(g[len(g)-1]), word(trend(g, useFixed, share)),
			word(trend(g, emission, tonnes)), emission(g[0]), emission(g[len(g)-1]), word(trend(g, emissionFixed, tonnes)), holds), v,
	}
}

func (x *study) b14() claim {
	monteCarlo, robust, latin := x.Methods[0], x.Methods[1], x.Methods[2]
	dearest := robust.Planned.Cost > max(monteCarlo.Planned.Cost, latin.Planned.Cost)
	cleanest := robust.Planned.Emission < min(monteCarlo.Planned.Emission, latin.Planned.Emission)
	greenest := robust.Planned.Renewable > max(monteCarlo.Planned.Renewable, latin.Planned.Renewable)
	holds := 0
	for _, ok := range []bool{dearest, cleanest, greenest} {
		if ok {
			holds++
		}
	}
	v := contradicted
	switch {
	case holds == 3:
		v = reproduced
	case holds > 0:
		v = directionOnly
	}
	return claim{
		"B14", "the robust plan is dearest and cleanest and uses most renewable energy; Latin hypercube comes close at less cost",
		fmt.Sprintf("as planned: dearest %t, cleanest %t, most renewable use %t; on fresh days the costs are %.0f (Monte Carlo), %.0f (robust) and %.0f (Latin hypercube) ± %.0f CNY",
			dearest, cleanest, greenest, monteCarlo.Fresh.Cost, robust.Fresh.Cost, latin.Fresh.Cost, latin.Interval), v,
	}
}

// mean returns the mean of a path over the hours from ≤ t < to.
func (x *study) mean(of func(hour) float64, from, to int) float64 {
	sum := 0.0
	for _, h := range x.Hours[from:to] {
		sum += of(h)
	}
	return sum / float64(to-from)
}

func (x *study) b15() claim {
	battery := func(h hour) float64 { return h.Battery[0] }
	heat := func(h hour) float64 { return h.HeatStore[0] }
	type stretch struct{ from, to int }
	signs := [4]float64{-1, 1, -1, 1} // charges, discharges, charges, discharges
	holds, opposite := 0, 0
	text := ""
	for i, p := range []stretch{{0, 6}, {6, 13}, {13, 17}, {17, 23}} {
		b, h := x.mean(battery, p.from, p.to), x.mean(heat, p.from, p.to)
		if b*signs[i] > 0 {
			holds++
		}
		if h*signs[i] < 0 {
			opposite++
		}
		text += fmt.Sprintf(" %d-%d h: %+.3f and %+.3f MW;", p.from, p.to-1, b, h)
	}
	v := contradicted
	switch {
	case holds == 4 && opposite == 4:
		v = reproduced
	case holds >= 3:
		v = directionOnly
	}
	return claim{"B15", "the battery charges at 0-5 and 13-16 h and discharges at 6-12 and 17-22 h, the heat store the other way", fmt.Sprintf("battery and heat store feed in%s %d of 4 and %d of 4 signs agree", text, holds, opposite), v}
}

func (x *study) b16() claim {
	sum := func(of func(hour) []float64, l int) float64 {
		total := 0.0
		for _, h := range x.Hours {
			total += of(h)[l]
		}
		return total
	}
	power := func(h hour) []float64 { return h.Power }
	certificate := func(h hour) []float64 { return h.Certificate }
	allowances := func(h hour) []float64 { return h.Allowances }
	checks := []bool{
		sum(power, 2) < 0,
		sum(certificate, 2) < 0,
		sum(certificate, 0) > 0,
		sum(allowances, 0) < sum(allowances, 2) && sum(allowances, 1) < sum(allowances, 2),
	}
	holds := 0
	for _, ok := range checks {
		if ok {
			holds++
		}
	}
	v := contradicted
	switch {
	case holds == len(checks):
		v = reproduced
	case holds >= 2:
		v = directionOnly
	}
	return claim{
		"B16", "VPP3 sells power and certificates, VPP1 buys certificates, VPP1 and VPP2 sell more allowances than VPP3",
		fmt.Sprintf("net purchases of VPP1, 2, 3: power %.1f, %.1f, %.1f MWh; certificates %.1f, %.1f, %.1f; allowances %.2f, %.2f, %.2f t; %d of 4 hold",
			sum(power, 0), sum(power, 1), sum(power, 2), sum(certificate, 0), sum(certificate, 1), sum(certificate, 2),
			sum(allowances, 0), sum(allowances, 1), sum(allowances, 2), holds), v,
	}
}

func (x *study) b17() claim {
	var load, carbon, certificate []float64
	for _, h := range x.Hours {
		load, carbon, certificate = append(load, h.Load), append(carbon, h.CarbonPrice), append(certificate, h.CertificatePrice)
	}
	c, g := stat.Correlation(load, carbon, nil), stat.Correlation(load, certificate, nil)
	v := contradicted
	switch {
	case c > 0 && g > 0:
		v = reproduced
	case c > 0 || g > 0:
		v = directionOnly
	}
	return claim{"B17", "the prices of carbon and of certificates rise with consumption", fmt.Sprintf("correlation with the load by hour: carbon %+.2f, certificates %+.2f", c, g), v}
}

func (x *study) b18() claim {
	one, two, three := x.Alike[0].Cost, x.Alike[1].Cost, x.Alike[2].Cost
	v := contradicted
	if three <= one+1e-3 && one <= two+1e-3 {
		v = reproduced
	}
	return claim{"B18", "a device more never costs: VPP3 ≤ VPP1 ≤ VPP2", fmt.Sprintf("on the same data at fixed prices %.2f ≤ %.2f ≤ %.2f CNY; the source's plants differ in sun and wind and cannot be compared", three, one, two), v}
}
