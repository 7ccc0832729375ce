package casefile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/jsontree"
)

// Ratios from which valid numbers are reported as implausible. Units that are mistaken for each
// other, such as kW and MW, differ by 1000; the limits lie below it where sizes seldom differ so
// much, and above it for prices that are often large on purpose, such as that of unserved energy.
const (
	powerRatio = 20   // power of a DER, over the largest series
	smallRatio = 200  // largest series, over the power of the largest DER
	lowPrice   = 200  // buying price, over another price of energy
	lowTariff  = 50   // another price, over a buying price below 1
	highPrice  = 1000 // cost of a DER, over the highest buying price
	rangeRatio = 1e9  // two costs of one case: beyond it a solver's tolerances hide the smaller one
)

// quantity is a number of the file, or a list of numbers, that is not zero.
type quantity struct {
	path, key string
	low, high float64 // smallest and largest absolute value, without zeros
	mean      float64 // of the absolute values, with zeros
}

// plausibility returns one warning for each number that is valid but out of scale with the numbers
// around it, in the order of the file, with its path and the probable mistake.
func (c *Case) plausibility(root Fields) []string {
	ders := make([][]quantity, 0, len(c.ders))
	for _, item := range root.At("ders").value.Items() {
		ders = append(ders, quantities(item, "", nil))
	}
	out := c.implausiblePowers(root, ders)
	return append(out, c.implausiblePrices(root, ders)...)
}

// quantities appends the numbers of a value and of all values below it.
func quantities(v jsontree.Value, key string, out []quantity) []quantity {
	if x, ok := v.Float(); ok {
		return appendQuantity(out, v.Path(), key, x)
	}
	var list []float64
	for _, item := range v.Items() {
		if x, ok := item.Float(); ok {
			list = append(list, x)
			continue
		}
		out = quantities(item, key, out)
	}
	out = appendQuantity(out, v.Path(), key, list...)
	v.Each(func(name string, member jsontree.Value) { out = quantities(member, name, out) })
	return out
}

func appendQuantity(out []quantity, path, key string, values ...float64) []quantity {
	q := quantity{path: path, key: key, low: math.Inf(1)}
	for _, x := range values {
		if x = math.Abs(x); x > 0 {
			q.low, q.high, q.mean = min(q.low, x), max(q.high, x), q.mean+x/float64(len(values))
		}
	}
	if q.high == 0 {
		return out
	}
	return append(out, q)
}

// implausiblePowers compares the power of each DER, and the energy of each store, with the largest
// demand or output of the series.
func (c *Case) implausiblePowers(root Fields, ders [][]quantity) (out []string) {
	peak := 0.0
	for _, item := range root.At("scenarios").At("series").value.Items() {
		for _, q := range quantities(item, "", nil) {
			if q.key == "forecast_mw" || q.key == "paths_mw" {
				peak = max(peak, q.high)
			}
		}
	}
	if peak == 0 {
		return nil
	}
	largest := 0.0
	for i, item := range root.At("ders").value.Items() {
		// The limit of a connection is often large on purpose.
		if kind, _ := item.Peek("kind"); kind.Is("gas_supply") || kind.Is("heat_dump") {
			largest = math.Inf(1)
			continue
		}
		var worst quantity
		ratio, unit := 0.0, ""
		for _, q := range ders[i] {
			r, u := 0.0, ""
			switch {
			case strings.HasSuffix(q.key, "_mw"):
				r, u = q.high/peak, "MW"
				largest = max(largest, q.high)
			case strings.HasSuffix(q.key, "_mwh") && !strings.Contains(q.key, "_per_"):
				r, u = q.high/(24*peak), "MWh" // a day at the peak
			}
			if r > ratio {
				worst, ratio, unit = q, r, u
			}
		}
		if ratio <= powerRatio {
			continue
		}
		beside := fmt.Sprintf("the largest value of the series, %.3g MW", peak)
		if unit == "MWh" {
			beside = fmt.Sprintf("a day at the largest value of the series, %.3g MW", peak)
		}
		out = append(out, fmt.Sprintf("%s: %.4g %s is %.0f times %s; check the unit: %.4g k%s are %.4g %s",
			worst.path, worst.high, unit, ratio, beside, worst.high, unit[1:], worst.high/1000, unit))
	}
	if largest > 0 && peak/largest > smallRatio {
		out = append(out, fmt.Sprintf("$.scenarios.series: the largest value, %.4g MW, is %.0f times the largest DER, %.3g MW; "+
			"check the unit: %.4g kW are %.4g MW", peak, peak/largest, largest, peak, peak/1000))
	}
	return out
}

// implausiblePrices compares prices and costs with the buying price of electricity and with each
// other.
func (c *Case) implausiblePrices(root Fields, ders [][]quantity) (out []string) {
	buying := quantities(root.At("markets").At("electricity").At("buy_per_mwh").value, "buy_per_mwh", nil)
	if len(buying) == 0 {
		return nil
	}
	buy := buying[0]
	var prices []quantity
	for _, part := range []string{"markets", "vpps"} {
		prices = append(prices, quantities(root.At(part).value, part, nil)...)
	}
	prices = slices.Concat(append([][]quantity{prices}, ders...)...)
	prices = slices.DeleteFunc(prices, func(q quantity) bool { return !isPrice(q.key) || q.path == buy.path })

	// Prices of a market in currency per kWh make all other prices look too high.
	if buy.mean < 1 {
		if i := largestPrice(prices); i >= 0 && prices[i].high > lowTariff*buy.mean {
			return []string{fmt.Sprintf("%s: the mean, %.3g per MWh, is %.0f times below %s, %.4g; "+
				"check the unit: %.3g per kWh are %.4g per MWh",
				buy.path, buy.mean, prices[i].high/buy.mean, prices[i].path, prices[i].high, buy.mean, 1000*buy.mean)}
		}
	}
	for _, q := range prices {
		switch {
		case strings.HasSuffix(q.key, "_per_mwh") && q.high > highPrice*buy.high:
			out = append(out, fmt.Sprintf("%s: %.4g per MWh is %.3g times the highest buying price, %.4g; check the number",
				q.path, q.high, q.high/buy.high, buy.high))
		case isEnergyPrice(q.key) && q.high*lowPrice < buy.mean:
			out = append(out, fmt.Sprintf("%s: %.4g per MWh is %.0f times below the mean buying price, %.4g; "+
				"check the unit: %.4g per kWh are %.4g per MWh", q.path, q.high, buy.mean/q.high, buy.mean, q.high, 1000*q.high))
		}
	}
	if i, j := largestPrice(prices), smallestPrice(prices); i >= 0 && prices[i].high > rangeRatio*prices[j].low {
		out = append(out, fmt.Sprintf("%s: %.4g is %.2g times %s, %.4g; a solver cannot tell the smaller one from rounding, "+
			"so keep prices within a ratio of %.0e", prices[i].path, prices[i].high, prices[i].high/prices[j].low,
			prices[j].path, prices[j].low, float64(rangeRatio)))
	}
	return out
}

// isPrice reports whether a key is a price or a cost in currency.
func isPrice(key string) bool {
	for _, other := range []string{"emission", "quota", "absorb", "release", "co2"} {
		if strings.HasPrefix(key, other) { // t CO2 per MWh and MWh per t
			return false
		}
	}
	return strings.HasSuffix(key, "_per_mwh") || strings.HasSuffix(key, "_per_t") || strings.Contains(key, "cost")
}

// isEnergyPrice reports whether a key is the price of a MWh that replaces one of the market. Other
// costs per MWh, such as wear and maintenance, are often far below it.
func isEnergyPrice(key string) bool {
	switch key {
	case "sell_per_mwh", "linear_cost_per_mwh", "injection_per_mwh", "withdrawal_per_mwh":
		return true
	}
	return false
}

// largestPrice returns the index of the largest price, or -1 if there is none.
func largestPrice(prices []quantity) int {
	best := -1
	for i, q := range prices {
		if best < 0 || q.high > prices[best].high {
			best = i
		}
	}
	return best
}

// smallestPrice returns the index of the smallest price, or -1 if there is none.
func smallestPrice(prices []quantity) int {
	best := -1
	for i, q := range prices {
		if best < 0 || q.low < prices[best].low {
			best = i
		}
	}
	return best
}
