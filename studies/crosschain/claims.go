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

// judge puts every claim of the source beside what was found: printed numbers against each other where
// they decide, the model's own results otherwise. A claim of several statements has one verdict for each.
func (x *study) judge() []claim.Claim {
	out := slices.Concat(x.beside(arithmetic()), []claim.Claim{x.b12()}, x.b13(), x.b14(), x.b15(), x.b16(), x.b17(), []claim.Claim{x.b18()})
	slices.SortStableFunc(out, func(a, b claim.Claim) int { return number(a.ID) - number(b.ID) })
	return out
}

// number returns 13 for "B13a".
func number(id string) int {
	n, _ := strconv.Atoi(strings.Trim(id, "Babcde"))
	return n
}

func change(from, to float64) float64 { return 100 * (to - from) / math.Abs(from) }

// beside adds what our own case shows to claims that printed numbers decide; where they cannot, our case
// shows the sign.
func (x *study) beside(out []claim.Claim) []claim.Claim {
	none, carbon, certificates, both := x.Cases[0].Total, x.Cases[1].Total, x.Cases[2].Total, x.Cases[3].Total
	for i := range out {
		c := &out[i]
		note := func(format string, args ...any) { c.Found += "; our case: " + fmt.Sprintf(format, args...) }
		switch c.ID {
		case "B3":
			note("intensity %+.1f %%, emission %+.1f %%", change(none.Intensity, carbon.Intensity), change(none.Emission, carbon.Emission))
			c.Verdict = claim.Agrees(carbon.Intensity < none.Intensity && carbon.Emission < none.Emission)
		case "B4":
			note("intensity %+.1f %%, emission %+.1f %%", change(none.Intensity, both.Intensity), change(none.Emission, both.Emission))
		case "B5":
			note("%+.2f points", 100*(both.Renewable-none.Renewable))
			c.Verdict = claim.Agrees(both.Renewable > none.Renewable)
		case "B8":
			note("cost %+.1f %% and %+.1f %%, emission %+.1f %% and %+.1f %% against carbon and certificates alone",
				change(carbon.Cost, both.Cost), change(certificates.Cost, both.Cost), change(carbon.Emission, both.Emission), change(certificates.Emission, both.Emission))
		}
	}
	return out
}

func (x *study) b12() claim.Claim {
	largest := 0.0
	for _, m := range x.Methods {
		largest = max(largest, m.MeanError)
	}
	return claim.New(
		"B12", "clustering improves a forecast that is the weighted sum of the five scenarios kept",
		fmt.Sprintf("that sum differs from the mean of the sample by no more than %.0e MW: with K-means the clustering leaves no trace in it", largest), claim.Holds(largest > 1e-6),
	)
}

func (x *study) b13() []claim.Claim {
	emission := func(p outcome) float64 { return p.Emission }
	use := func(p outcome) float64 { return 100 * p.Renewable }
	of := func(id, says string, points []point, value func(outcome) float64, want int, unit string, tolerance float64) claim.Claim {
		var moving, fixed []float64
		for _, p := range points {
			moving, fixed = append(moving, value(p.Moving)), append(fixed, value(p.Fixed))
		}
		found := claim.Trend(moving, tolerance)
		return claim.New(id, says, fmt.Sprintf("it %s from %.2f to %.2f %s; at fixed prices it %s", claim.Word(found), moving[0], moving[len(moving)-1], unit,
			claim.Word(claim.Trend(fixed, tolerance))), claim.Holds(found == want))
	}
	const (
		tonnes = 0.01 // of some 60 a day: what the tolerance of prices leaves open
		points = 0.01
	)
	return []claim.Claim{
		of("B13a", "the emission rises with the carbon quota", x.Sweeps.Carbon, emission, 1, "t", tonnes),
		of("B13b", "renewable use rises with the certificate quota", x.Sweeps.Certificates, use, 1, "%", points),
		of("B13c", "the emission falls as the certificate quota rises", x.Sweeps.Certificates, emission, -1, "t", tonnes),
	}
}

func (x *study) b14() []claim.Claim {
	monteCarlo, robust, latin := x.Methods[0], x.Methods[1], x.Methods[2]
	three := func(of func(outcome) float64, unit string) string {
		return fmt.Sprintf("as planned %.2f, %.2f and %.2f %s with Monte Carlo, robust and Latin hypercube", of(monteCarlo.Planned), of(robust.Planned), of(latin.Planned), unit)
	}
	cost := func(o outcome) float64 { return o.Cost }
	emission := func(o outcome) float64 { return o.Emission }
	use := func(o outcome) float64 { return 100 * o.Renewable }
	nearer := func(of func(outcome) float64) bool {
		return math.Abs(of(latin.Planned)-of(robust.Planned)) <= math.Abs(of(monteCarlo.Planned)-of(robust.Planned))
	}
	return []claim.Claim{
		claim.New("B14a", "the robust plan is the dearest", three(cost, "CNY"), claim.Holds(robust.Planned.Cost > max(monteCarlo.Planned.Cost, latin.Planned.Cost))),
		claim.New("B14b", "the robust plan is the cleanest", three(emission, "t"), claim.Holds(robust.Planned.Emission < min(monteCarlo.Planned.Emission, latin.Planned.Emission))),
		claim.New("B14c", "the robust plan uses most renewable energy", three(use, "%"), claim.Holds(robust.Planned.Renewable > max(monteCarlo.Planned.Renewable, latin.Planned.Renewable))),
		claim.New("B14d", "Latin hypercube costs less than the robust plan", fmt.Sprintf("on %d fresh days %.0f against %.0f CNY, ± %.0f and %.0f", fresh, latin.Fresh.Cost, robust.Fresh.Cost, latin.Interval, robust.Interval), claim.Holds(latin.Fresh.Cost < robust.Fresh.Cost)),
		claim.New("B14e", "and comes closer to it in emission and renewable use than Monte Carlo", fmt.Sprintf("closer in emission: %t, in renewable use: %t (figures at B14b and B14c); one sample each, and the two samplings differ by %.0f CNY on fresh days", nearer(emission), nearer(use), math.Abs(latin.Fresh.Cost-monteCarlo.Fresh.Cost)), claim.Holds(nearer(emission) && nearer(use))),
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

func (x *study) b15() []claim.Claim {
	const idle = 1e-3 // MW, below which a store does neither
	of := func(id, says string, feeds func(hour) float64, signs [4]float64) claim.Claim {
		right, text := 0, "feeds in"
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
		of("B15a", "the battery charges at 0-5 and 13-16 h and discharges at 6-12 and 17-22 h", func(h hour) float64 { return h.Battery[0] }, [4]float64{-1, 1, -1, 1}),
		of("B15b", "the heat store does the opposite", func(h hour) float64 { return h.HeatStore[0] }, [4]float64{1, -1, 1, -1}),
	}
}

func (x *study) b16() []claim.Claim {
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
		claim.New("B16a", "VPP3 sells power", three(power, "MWh"), claim.Holds(power[2] < 0)),
		claim.New("B16b", "VPP3 sells certificates", three(certificates, "certificates"), claim.Holds(certificates[2] < 0)),
		claim.New("B16c", "VPP1 buys certificates", three(certificates, "certificates"), claim.Holds(certificates[0] > 0)),
		claim.New("B16d", "VPP1 and VPP2 sell more allowances than VPP3", three(allowances, "t"), claim.Holds(max(allowances[0], allowances[1]) < min(allowances[2], 0))),
	}
}

func (x *study) b17() []claim.Claim {
	of := func(id, says string, price func(hour) float64) claim.Claim {
		var load, prices []float64
		for _, h := range x.Hours {
			load, prices = append(load, h.Load), append(prices, price(h))
		}
		r := stat.Correlation(load, prices, nil)
		return claim.New(id, says, fmt.Sprintf("correlation with the load by hour %+.2f", r), claim.Holds(r > 0))
	}
	return []claim.Claim{
		of("B17a", "the price of carbon rises with consumption", func(h hour) float64 { return h.CarbonPrice }),
		of("B17b", "the price of certificates rises with consumption", func(h hour) float64 { return h.CertificatePrice }),
	}
}

func (x *study) b18() claim.Claim {
	one, two, three := x.Alike[0].Cost, x.Alike[1].Cost, x.Alike[2].Cost
	return claim.New(
		"B18", "a device more never costs: VPP3 ≤ VPP1 ≤ VPP2",
		fmt.Sprintf("on the same data at fixed prices %.2f, %.2f and %.2f CNY; the source's plants differ in sun and wind and cannot be compared", three, one, two),
		claim.Holds(three <= one+1e-3 && one <= two+1e-3),
	)
}
