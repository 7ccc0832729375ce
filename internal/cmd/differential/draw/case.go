// Package draw makes random instances as plain JSON: case files of all kinds of
// DER, and both unit-commitment formats. A seed gives the same instance on
// every machine. Sizes are small, so that solvers without modern cuts prove an
// optimum in milliseconds: two to six steps, one to three scenarios, one to
// four DERs and the partners that these need.
//
// Zero, negative and extreme values are drawn on purpose: a capacity of 0, an
// efficiency of 1, a price below zero, a limit of 0.
package draw

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
)

// object is a JSON object.
type object = map[string]any

// source is a random source with the data of the instance that is drawn.
type source struct {
	*rand.Rand
	steps     int     // number of steps
	hours     float64 // length of each step
	scenarios int     // number of scenarios
	atStack   bool    // carbon of gas and of captured CO2 counts at stacks
	limits    bool    // optional limits may be 0

	series, known, ders []any          // lists of the case file
	names               map[string]int // number of names drawn so far, by kind
}

// Case returns a random case file with one VPP and stated scenarios. All DERs
// are members of the VPP.
//
// A seed sets the sizes first, then the DERs, and the prices last. The kinds
// that have the most options are drawn twice as often as the others.
//
// The text begins, for example, with:
//
//	{"ders": [{"available": "wind 1", "capacity_mw": 3.1, "kind": "wind", "name": "wind 1"}], …}
func Case(seed uint64) []byte {
	r := &source{Rand: rand.New(rand.NewPCG(seed, 1)), names: map[string]int{}}
	r.steps, r.scenarios = 2+r.IntN(5), 1+r.IntN(3)
	r.hours = []float64{0.25, 0.5, 1}[r.IntN(3)]
	if r.chance(0.06) {
		r.hours = []float64{8, 12, 24}[r.IntN(3)] // several days within few steps
	}
	r.atStack = r.chance(0.75)
	r.limits = r.chance(0.25)
	kinds := []string{
		"wind", "pv", "storage", "storage", "load", "demand_response", "demand_response", "shiftable_load", "transferable_load", "ev_fleet", "heat_pump",
		"run_of_river", "reservoir", "reservoir", "site",
		"thermal", "thermal", "carbon_capture", "chp", "chp", "chp_extraction", "gas_boiler", "electric_boiler", "power_to_gas",
	}
	for range 1 + r.IntN(4) {
		r.der(kinds[r.IntN(len(kinds))])
	}
	// Partners come last, because they depend on the kinds that are drawn.
	r.partners()
	root := object{
		"name": fmt.Sprintf("random %d", seed), "notes": []any{"Made up: a random instance."},
		"grid":    object{"start": "2020-04-15T00:00", "steps": r.steps, "step_hours": r.hours},
		"weights": r.weights(),
		"risk":    object{"confidence": []float64{0.05, 0.3, 0.5, 0.8, 0.95}[r.IntN(5)]},
		"markets": r.markets(),
		"sharing": "marginal",
	}
	if r.chance(0.7) {
		root["modelling"] = object{
			"dispatch_objective":   []string{"own_costs", "own_costs", "tariff_payments"}[r.IntN(3)],
			"risk_of":              []string{"imbalance_cost", "total_loss"}[r.IntN(2)],
			"imbalance_accounting": []string{"in_risk_only", "in_economic_too"}[r.IntN(2)],
		}
	}
	root["vpps"] = []any{r.vpp()}
	root["ders"] = r.ders
	scenarios := object{"probabilities": r.probabilities(), "series": r.series}
	if len(r.series) == 0 { // the format requires one
		r.path("unused", 0, 1)
		scenarios["series"] = r.series
	}
	if r.known != nil {
		scenarios["known"] = r.known
	}
	root["scenarios"] = scenarios
	return text(root)
}

// text writes JSON with sorted keys.
func text(root object) []byte {
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // the tree has numbers, texts, lists and objects only
	}
	return out
}

// chance returns true with a probability.
func (r *source) chance(p float64) bool { return r.Float64() < p }

// between returns a number with two digits after the point.
//
// It has an exact text, such as 1.37, so that the library and the second
// statement read one number.
func (r *source) between(low, high float64) float64 {
	return math.Round((low+(high-low)*r.Float64())*100) / 100
}

// some returns a number in [0, high] that is zero now and then. Zero is drawn
// on purpose: a default may wrongly replace a capacity, price or cost of zero.
//
// The other numbers are at least a twentieth of high, far above tolerances of
// solvers.
func (r *source) some(high float64) float64 {
	if r.chance(0.12) {
		return 0
	}
	return r.between(high/20, high)
}

// limit returns a value for a key whose absence differs from zero: an optional
// limit in [low, high], or 0 if the instance has limits of 0.
//
// For example, a limit of 0 for imports forbids them, and an absent one is
// none.
func (r *source) limit(low, high float64) float64 {
	if r.limits && r.chance(0.3) {
		return 0
	}
	return r.between(low, high)
}

// maybe sets a key with a probability.
//
// value draws from the source, and only if the key is set.
func (r *source) maybe(o object, p float64, key string, value func() any) {
	if r.chance(p) {
		o[key] = value()
	}
}

// number sets a key to a number that is zero now and then, with a probability.
func (r *source) number(o object, p float64, key string, high float64) {
	r.maybe(o, p, key, func() any { return r.some(high) })
}

// bound sets a key to an optional limit, with a probability. For example,
// bound(v, 0.3, "import_limit_mw", 4, 15) sets a limit in three of ten cases.
func (r *source) bound(o object, p float64, key string, low, high float64) {
	r.maybe(o, p, key, func() any { return r.limit(low, high) })
}

// flag sets a key to true or false, with a probability.
func (r *source) flag(o object, p float64, key string) {
	r.maybe(o, p, key, func() any { return r.chance(0.7) })
}

// word sets a key to one of several words, with a probability.
//
// For example, word(d, 0.5, "wear_rule", "throughput", "discharge") leaves out
// the key in half of the cases, which then have the default.
func (r *source) word(o object, p float64, key string, words ...string) {
	r.maybe(o, p, key, func() any { return words[r.IntN(len(words))] })
}

// values returns one number per step, zero in a tenth of the steps.
//
// The other values are in [low, high].
func (r *source) values(low, high float64) []float64 {
	out := make([]float64, r.steps)
	for t := range out {
		out[t] = r.between(low, high)
		if r.chance(0.1) {
			out[t] = 0
		}
	}
	return out
}

// path adds a series in MW with a path per scenario and returns its name. Its
// values are at most high, and low is above zero only if all values shall be.
func (r *source) path(name string, low, high float64) string {
	var paths []any
	for range r.scenarios {
		path := r.values(low, high)
		for t := range path {
			path[t] = max(low, path[t])
		}
		paths = append(paths, path)
	}
	r.series = append(r.series, object{"name": name, "paths_mw": paths})
	return name
}

// name returns a name for a DER of a kind.
//
// For example, the second wind farm is "wind 2".
func (r *source) name(kind string) string {
	r.names[kind]++
	return fmt.Sprintf("%s %d", kind, r.names[kind])
}

// time returns hours that are a whole number of steps from low to high, or now
// and then a part of a step more. For example, time(1, 4) on steps of 0.5 h can
// be 0.5, 2 or 1.7.
func (r *source) time(low, high int) float64 {
	steps := float64(low + r.IntN(high-low+1))
	if r.chance(0.15) {
		steps += 0.4
	}
	return math.Round(steps*r.hours*1e4) / 1e4
}

// probabilities returns the probabilities of the scenarios, equal ones or not:
// weights of the scenarios with a sum of exactly 1 in thousandths.
//
// For example, three scenarios can have 0.333, 0.514 and 0.153.
func (r *source) probabilities() []float64 {
	left := 1000
	var out []float64
	for s := range r.scenarios - 1 {
		p := 1 + r.IntN(left-(r.scenarios-1-s))
		if r.chance(0.4) {
			p = max(1, left/(r.scenarios-s))
		}
		out = append(out, float64(p)/1000)
		left -= p
	}
	return append(out, float64(left)/1000)
}

// weights returns the weights of the grid, with the sum 1, some of them zero.
// With an economic weight of 0 no cost counts, so that every schedule of equal
// emissions is optimal.
func (r *source) weights() object {
	w := [][3]float64{{0.4, 0.2, 0.4}, {1, 0, 0}, {0.5, 0.5, 0}, {0, 0.5, 0.5}, {0, 0, 1}, {0.25, 0.5, 0.25}, {0.7, 0, 0.3}, {0.4, 0.3, 0.3}}[r.IntN(8)]
	return object{"economic": w[0], "risk": w[1], "environment": w[2]}
}

// vpp returns a VPP with a demand, a tariff and limits. Each price of the
// tariff is absent, one number, a list, or a fraction of the market's price:
//
//	"tariff": {"injection_fraction": 0.6, "withdrawal_per_mwh": [120, 0, 80]}
func (r *source) vpp() object {
	v := object{
		"name": "VPP", "risk_aversion": r.some(2), "pass_through": r.between(0, 1), "tariff": object{},
	}
	r.maybe(v, 0.7, "demand", func() any { return r.path("demand", 0, 6) })
	r.bound(v, 0.3, "import_limit_mw", 4, 15)
	r.bound(v, 0.3, "export_limit_mw", 1, 10)
	r.maybe(v, 0.2, "free_allocation_t_per_step", func() any {
		if r.chance(0.5) {
			return r.some(2)
		}
		return r.values(0, 2)
	})
	tariff := object{}
	for _, key := range []string{"injection", "withdrawal", "load_reduction", "shortage", "surplus"} {
		switch {
		case r.chance(0.2) && (key == "injection" || key == "withdrawal"):
			tariff[key+"_fraction"] = r.some(1.2)
		case r.chance(0.3):
			tariff[key+"_per_mwh"] = r.some(300)
		case r.chance(0.3):
			tariff[key+"_per_mwh"] = r.values(0, 300)
		}
	}
	v["tariff"] = tariff
	return v
}

// markets returns the prices, each market beside electricity with a
// probability.
//
// Prices are in currency per MWh, and those of carbon in currency per t.
func (r *source) markets() object {
	// Three markets of ten have negative prices.
	buy := r.values(5, 400)
	if r.chance(0.3) {
		buy = r.values(-80, 200)
	}
	electricity := object{"buy_per_mwh": buy}
	switch r.IntN(3) {
	case 0:
		electricity["sell_fraction"] = []float64{0, 0.35, 0.8, 1}[r.IntN(4)]
	case 1:
		// A selling price above the buying price would be traded without end.
		sell := make([]float64, r.steps)
		for t := range sell {
			sell[t] = math.Round((buy[t]-r.some(80))*100) / 100
		}
		electricity["sell_per_mwh"] = sell
	default:
		// Equal prices leave open how much is bought and sold at once; the net
		// energy is unique.
		electricity["sell_per_mwh"] = buy
	}
	r.maybe(electricity, 0.4, "emission_t_per_mwh", func() any {
		if r.chance(0.5) {
			return r.some(0.9)
		}
		return r.values(0, 0.9)
	})
	out := object{"electricity": electricity}
	r.maybe(out, 0.6, "imbalance", func() any {
		if r.chance(0.5) {
			return object{"short_multiple": r.between(1, 1.6), "long_multiple": r.between(0, 1)}
		}
		if r.chance(0.5) {
			return object{"short_per_mwh": r.some(120), "long_per_mwh": r.some(80)}
		}
		return object{"short_per_mwh": r.values(0, 120), "long_per_mwh": r.values(0, 80)}
	})
	r.maybe(out, 0.6, "carbon", func() any {
		carbon := object{"price_per_t": r.some(150)}
		r.maybe(carbon, 0.6, "ladder", func() any {
			// Periods are whole numbers of steps, and the horizon of whole
			// periods.
			settled := []string{"step", "horizon"}
			if whole(float64(r.steps) * r.hours) {
				if r.hours <= 1 {
					settled = append(settled, "hour")
				}
				if whole(float64(r.steps) * r.hours / 24) {
					settled = append(settled, "day")
				}
			}
			return object{
				"band_t": r.between(0.1, 3), "growth": r.some(1), "bands": 1 + r.IntN(4), "settled": settled[r.IntN(len(settled))],
			}
		})
		return carbon
	})
	r.maybe(out, 0.4, "reserve", func() any {
		v := object{"price_per_mw_h": r.some(40)}
		if r.chance(0.5) {
			v["price_per_mw_h"] = r.values(0, 60)
		}
		r.bound(v, 0.5, "max_offer_mw", 0.2, 4)
		return v
	})
	r.maybe(out, 0.5, "certificates", func() any {
		c := object{"price_per_mwh": r.some(60), "quota": r.some(1)}
		r.word(c, 0.8, "reading", "on_generation", "on_load", "on_forecast")
		return c
	})
	return out
}

// whole reports whether a number has no fraction.
//
// For example, steps of 0.25 h fill whole hours if their number is a multiple
// of four.
func whole(x float64) bool { return math.Abs(x-math.Round(x)) < 1e-9 }
