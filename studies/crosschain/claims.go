package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

// judge returns all claims with findings and verdicts, in the order of their
// numbers. Printed figures decide if they can (claims_printed.go), the model's
// own results otherwise. A claim of several statements has one verdict per
// statement.
//
// For example, B13 has three statements and three verdicts, B13a to B13c.
func (x *study) judge() []claim.Claim {
	out := slices.Concat(
		x.beside(arithmetic()),
		[]claim.Claim{x.b12()}, x.b13(), x.b14(), x.b15(), x.b16(), x.b17(), []claim.Claim{x.b18()}, x.b20())
	slices.SortStableFunc(out, func(a, b claim.Claim) int { return number(a.ID) - number(b.ID) })
	return out
}

// number returns the number of a claim: 13 for "B13a".
//
// The letter of a statement is cut off.
func number(id string) int {
	n, _ := strconv.Atoi(strings.Trim(id, "Babcde"))
	return n
}

// change returns the relative change in percent.
//
// For example, change(200, 150) is −25.
func change(from, to float64) float64 { return 100 * (to - from) / math.Abs(from) }

// beside adds the results of our own case to claims that printed figures
// decide. If the printed figures cannot decide (B3, B5), our case decides the
// direction.
func (x *study) beside(out []claim.Claim) []claim.Claim {
	none, carbon, certificates, both := x.Cases[0].Total, x.Cases[1].Total, x.Cases[2].Total, x.Cases[3].Total
	for i := range out {
		c := &out[i]
		note := func(format string, args ...any) { c.Found += "; our case: " + fmt.Sprintf(format, args...) }
		// B3 and B5 state sizes that depend on a value the paper does not
		// print, so that their verdict can be "direction only" at best.
		switch c.ID {
		case "B3":
			note("intensity %+.1f %%, emission %+.1f %%",
				change(none.Intensity, carbon.Intensity), change(none.Emission, carbon.Emission))
			c.Verdict = claim.Agrees(carbon.Intensity < none.Intensity && carbon.Emission < none.Emission)
		case "B4":
			note("intensity %+.1f %%, emission %+.1f %%",
				change(none.Intensity, both.Intensity), change(none.Emission, both.Emission))
		case "B5":
			note("%+.2f points", 100*(both.Renewable-none.Renewable))
			c.Verdict = claim.Agrees(both.Renewable > none.Renewable)
		case "B8":
			note("cost %+.1f %% and %+.1f %%, emission %+.1f %% and %+.1f %% against carbon and certificates alone",
				change(carbon.Cost, both.Cost), change(certificates.Cost, both.Cost),
				change(carbon.Emission, both.Emission), change(certificates.Emission, both.Emission))
		}
	}
	return out
}

// b12 is contradicted by an identity of K-means, see meanError.
func (x *study) b12() claim.Claim {
	// The robust plan has no sample, and so an error of 0, which cannot be the
	// largest.
	largest := 0.0
	for _, m := range x.Methods {
		largest = max(largest, m.MeanError)
	}
	return claim.New(
		"B12", "clustering improves a forecast that is the weighted sum of the five scenarios kept",
		fmt.Sprintf("that sum differs from the mean of the sample by no more than %.0e MW: "+
			"with K-means the clustering leaves no trace in it", largest),
		claim.Holds(largest > 1e-6))
}

// b13 judges directions along the sweeps. A movement below the tolerance of
// prices does not count.
func (x *study) b13() []claim.Claim {
	const (
		tonnes = 0.01 // of about 60 t a day
		points = 0.01 // percentage points of renewable use
	)
	emission := func(p outcome) float64 { return p.Emission }
	use := func(p outcome) float64 { return 100 * p.Renewable }
	// The direction at fixed prices is reported beside the verdict. It
	// separates the effect of the quota itself from the effect of the prices
	// that respond to it.
	of := func(
		id, says string, sweep []point, value func(outcome) float64,
		want claim.Direction, unit string, tolerance float64,
	) claim.Claim {
		var moving, fixed []float64
		for _, p := range sweep {
			moving, fixed = append(moving, value(p.Moving)), append(fixed, value(p.Fixed))
		}
		found := claim.Trend(moving, tolerance)
		return claim.New(
			id, says,
			fmt.Sprintf("it %v from %.2f to %.2f %s; at fixed prices it %v",
				found, moving[0], moving[len(moving)-1], unit, claim.Trend(fixed, tolerance)),
			claim.Holds(found == want))
	}
	return []claim.Claim{
		of("B13a", "the emission rises with the carbon quota",
			x.Sweeps.Carbon, emission, claim.Rises, "t", tonnes),
		of("B13b", "renewable use rises with the certificate quota",
			x.Sweeps.Certificates, use, claim.Rises, "%", points),
		of("B13c", "the emission falls as the certificate quota rises",
			x.Sweeps.Certificates, emission, claim.Falls, "t", tonnes),
	}
}

// b14 compares the methods. B14a to B14c use the planned figures, as the paper
// does. B14d uses the fresh days: planned costs of different scenarios are not
// comparable.
func (x *study) b14() []claim.Claim {
	// The order of x.Methods is that of the table in methods.
	monteCarlo, robust, latin := x.Methods[0], x.Methods[1], x.Methods[2]
	three := func(of func(outcome) float64, unit string) string {
		return fmt.Sprintf("as planned %.2f, %.2f and %.2f %s with Monte Carlo, robust and Latin hypercube",
			of(monteCarlo.Planned), of(robust.Planned), of(latin.Planned), unit)
	}
	cost := func(o outcome) float64 { return o.Cost }
	emission := func(o outcome) float64 { return o.Emission }
	use := func(o outcome) float64 { return 100 * o.Renewable }
	// nearer reports whether Latin hypercube is at most as far from the robust
	// plan as Monte Carlo.
	nearer := func(of func(outcome) float64) bool {
		target := of(robust.Planned)
		return math.Abs(of(latin.Planned)-target) <= math.Abs(of(monteCarlo.Planned)-target)
	}
	m, r, l := monteCarlo.Planned, robust.Planned, latin.Planned
	return []claim.Claim{
		claim.New("B14a", "the robust plan is the dearest",
			three(cost, "CNY"), claim.Holds(r.Cost > max(m.Cost, l.Cost))),
		claim.New("B14b", "the robust plan is the cleanest",
			three(emission, "t"), claim.Holds(r.Emission < min(m.Emission, l.Emission))),
		claim.New("B14c", "the robust plan uses most renewable energy",
			three(use, "%"), claim.Holds(r.Renewable > max(m.Renewable, l.Renewable))),
		claim.New("B14d", "Latin hypercube costs less than the robust plan",
			fmt.Sprintf("on %d fresh days %.0f against %.0f CNY, ± %.0f and %.0f",
				fresh, latin.Fresh.Cost, robust.Fresh.Cost, latin.Interval, robust.Interval),
			claim.Holds(latin.Fresh.Cost < robust.Fresh.Cost)),
		claim.New("B14e", "and comes closer to it in emission and renewable use than Monte Carlo",
			fmt.Sprintf("closer in emission: %t, in renewable use: %t (figures at B14b and B14c); "+
				"one sample each, and the two samplings differ by %.0f CNY on fresh days",
				nearer(emission), nearer(use), math.Abs(latin.Fresh.Cost-monteCarlo.Fresh.Cost)),
			claim.Holds(nearer(emission) && nearer(use))),
	}
}

// mean returns the mean of a quantity over the hours from ≤ t < to.
//
// For example, mean(feeds, 0, 6) is the mean of the first six hours.
func (x *study) mean(of func(hour) float64, from, to int) float64 {
	sum := 0.0
	for _, h := range x.Hours[from:to] {
		sum += of(h)
	}
	return sum / float64(to-from)
}

// b15 compares the signs of the mean injection of VPP1's stores in the paper's
// four periods.
func (x *study) b15() []claim.Claim {
	const idle = 1e-3 // MW; a smaller mean counts as neither charging nor discharging
	of := func(id, says string, feeds func(hour) float64, signs [4]float64) claim.Claim {
		right, text := 0, "feeds in"
		// The half-open hours [0, 6), [6, 13), [13, 17) and [17, 23). The paper
		// names no sign for hour 23.
		for i, p := range [4]struct{ from, to int }{{0, 6}, {6, 13}, {13, 17}, {17, 23}} {
			mw := x.mean(feeds, p.from, p.to)
			if mw*signs[i] > idle {
				right++
			}
			text += fmt.Sprintf(" %+.3f MW at %d-%d h,", mw, p.from, p.to-1)
		}
		return claim.New(id, says, fmt.Sprintf("%s %d of 4 signs agree", text, right), claim.Holds(right == 4))
	}
	return []claim.Claim{
		of("B15a", "the battery charges at 0-5 and 13-16 h and discharges at 6-12 and 17-22 h",
			func(h hour) float64 { return h.Battery[0] }, [4]float64{-1, 1, -1, 1}),
		of("B15b", "the heat store does the opposite",
			func(h hour) float64 { return h.HeatStore[0] }, [4]float64{1, -1, 1, -1}),
	}
}

// b16 judges the signs of net purchases over the day; a negative one is a sale.
func (x *study) b16() []claim.Claim {
	// day returns the sum over the hours of a quantity with one entry per VPP.
	day := func(of func(hour) []float64) (net [3]float64) {
		for _, h := range x.Hours {
			for l := range net {
				net[l] += of(h)[l]
			}
		}
		return net
	}
	power := day(func(h hour) []float64 { return h.Power })
	certificates := day(func(h hour) []float64 { return h.Certificate })
	allowances := day(func(h hour) []float64 { return h.Allowances })
	three := func(net [3]float64, unit string) string {
		return fmt.Sprintf("net purchases of VPP1, 2 and 3 are %.2f, %.2f and %.2f %s", net[0], net[1], net[2], unit)
	}
	return []claim.Claim{
		claim.New("B16a", "VPP3 sells power",
			three(power, "MWh"), claim.Holds(power[2] < 0)),
		claim.New("B16b", "VPP3 sells certificates",
			three(certificates, "certificates"), claim.Holds(certificates[2] < 0)),
		claim.New("B16c", "VPP1 buys certificates",
			three(certificates, "certificates"), claim.Holds(certificates[0] > 0)),
		// "More than VPP3" also requires a sale: a smaller purchase is no sale.
		claim.New("B16d", "VPP1 and VPP2 sell more allowances than VPP3",
			three(allowances, "t"),
			claim.Holds(max(allowances[0], allowances[1]) < min(allowances[2], 0))),
	}
}

// b17 judges the correlation of prices with the load over the hours.
func (x *study) b17() []claim.Claim {
	of := func(id, says string, price func(hour) float64) claim.Claim {
		var load, prices []float64
		for _, h := range x.Hours {
			load, prices = append(load, h.Load), append(prices, price(h))
		}
		// A correlation over 24 hours has a standard error of about 0.2, so
		// only a sign is judged.
		r := stat.Correlation(load, prices, nil)
		return claim.New(id, says, fmt.Sprintf("correlation with the load by hour %+.2f", r), claim.Holds(r > 0))
	}
	return []claim.Claim{
		of("B17a", "the price of carbon rises with consumption",
			func(h hour) float64 { return h.CarbonPrice }),
		of("B17b", "the price of certificates rises with consumption",
			func(h hour) float64 { return h.CertificatePrice }),
	}
}

// b18 is a theorem on equal data and prices: an added device that may idle at
// no cost relaxes the program.
func (x *study) b18() claim.Claim {
	const tolerance = 1e-3 // CNY
	one, two, three := x.Alike[0].Cost, x.Alike[1].Cost, x.Alike[2].Cost
	return claim.New(
		"B18", "a device more never costs: VPP3 ≤ VPP1 ≤ VPP2",
		fmt.Sprintf("on the same data at fixed prices %.2f, %.2f and %.2f CNY; "+
			"the source's VPPs differ in sun and wind and cannot be compared", three, one, two),
		claim.Holds(three <= one+tolerance && one <= two+tolerance))
}
