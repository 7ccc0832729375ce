package vpp

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
)

// Ratios from which valid numbers are reported as implausible. Units that are
// mistaken for each other, such as kW and MW, differ by 1000; the limits lie
// below it where sizes seldom differ so much, and above it for prices that are
// often large on purpose, such as that of unserved energy.
const (
	powerRatio = 20   // power of a DER, over the largest series
	smallRatio = 200  // largest series, over the power of the largest DER
	lowPrice   = 200  // buying price, over another price of energy
	lowTariff  = 50   // another price, over a buying price below 1
	highPrice  = 1000 // cost of a DER, over the highest buying price
	priceRange = 1e9  // two costs of one region: a solver's tolerances hide the smaller one
)

// Names has the names of quantities in the words of a file, for messages to its
// reader: Names{"bat.Charge": "$.ders[1].charge_mw"}. The key of a quantity is
// the name of the DER or VPP and the Go field, such as
// "north.Tariff.Injection", or a field of the setting:
// "Markets.Electricity.Buy", "Markets.Imbalance", "Set". Series have keys such
// as "Set.gust". A quantity without an entry has its Go name.
type Names map[string]string

// magnitude is the size of a quantity: the smallest and the largest absolute
// value without zeros, and the mean with zeros.
type magnitude struct {
	name            string
	of              der.Dimension
	low, high, mean float64
}

// Implausible returns one warning for each number that is valid but out of
// scale with the numbers around it: the power of a DER beside the series,
// prices beside the buying price and each other. A warning has the magnitude,
// its surroundings and the probable mistake:
//
//	Charge of storage "bat": 300 MW is 60 times the largest value of the series, 5 MW; check the
//	unit: 300 kW are 0.3 MW
//
// Only DERs with [der.Measured] are compared. names may be nil. The data must
// be valid.
func Implausible(c Setting, vpps []VPP, ders []der.DER, names Names) []string {
	all := make([][]magnitude, len(ders)) // per DER
	// largest is the power of a DER; infinite if one is not known or has no
	// limit.
	largest := 0.0
	for i, d := range ders {
		measured, ok := d.(der.Measured)
		if !ok {
			largest = math.Inf(1)
			continue
		}
		for _, q := range measured.Quantities() {
			name := names.of(d.Name(), q.Field, fmt.Sprintf("%s of %s %q", q.Field, kindOf(d), d.Name()))
			if m, ok := magnitudeOf(name, q.Of, q.Values); ok {
				all[i] = append(all[i], m)
			}
		}
	}
	out := implausiblePowers(c, all, largest, names)
	return append(out, implausiblePrices(c, vpps, all, names)...)
}

// of returns the name of a field of an owner, "" for the setting, or else its
// Go name.
func (x Names) of(owner, field, otherwise string) string {
	key := field
	if owner != "" {
		key = owner + "." + field
	}
	if name, ok := x[key]; ok {
		return name
	}
	return otherwise
}

// magnitudeOf returns the size of some numbers, and false if none differs from
// zero.
func magnitudeOf(name string, of der.Dimension, values []float64) (magnitude, bool) {
	m := magnitude{name: name, of: of, low: math.Inf(1)}
	for _, v := range values {
		if v = math.Abs(v); v > 0 && !math.IsInf(v, 1) {
			m.low, m.high, m.mean = min(m.low, v), max(m.high, v), m.mean+v/float64(len(values))
		}
	}
	return m, m.high > 0
}

// implausiblePowers compares the power of each DER, and the energy of each
// store, with the largest demand or output of the series.
func implausiblePowers(c Setting, ders [][]magnitude, largest float64, names Names) (out []string) {
	peak := 0.0
	for _, name := range c.Set.Names() {
		if c.Set.Unit(name) == "MW" {
			peak = max(peak, slices.Max(c.Set.Mean(name)), -slices.Min(c.Set.Mean(name)))
		}
	}
	if peak == 0 {
		return nil
	}
	for _, quantities := range ders {
		var worst magnitude
		ratio, unit, beside := 0.0, "", ""
		for _, q := range quantities {
			switch q.of {
			case der.ConnectionOf:
				largest = math.Inf(1) // the series may be served through it
			case der.PowerOf:
				largest = max(largest, q.high)
				if r := q.high / peak; r > ratio {
					worst, ratio, unit, beside = q, r, "MW", "the largest value of the series"
				}
			case der.EnergyOf:
				if r := q.high / (24 * peak); r > ratio {
					worst, ratio, unit, beside = q, r, "MWh", "a day at the largest value of the series"
				}
			}
		}
		if ratio > powerRatio {
			out = append(out, fmt.Sprintf("%s: %.4g %s is %.0f times %s, %.3g MW; check the unit: %.4g k%s are %.4g %s",
				worst.name, worst.high, unit, ratio, beside, peak, worst.high, unit[1:], worst.high/1000, unit))
		}
	}
	if largest > 0 && peak/largest > smallRatio {
		out = append(out, fmt.Sprintf("%s: the largest value, %.4g MW, is %.0f times the largest DER, %.3g MW; "+
			"check the unit: %.4g kW are %.4g MW", names.of("", "Set", "series of the scenarios"), peak, peak/largest, largest, peak, peak/1000))
	}
	return out
}

// implausiblePrices compares prices and costs with the buying price of
// electricity and with each other.
func implausiblePrices(c Setting, vpps []VPP, ders [][]magnitude, names Names) (out []string) {
	buy, ok := magnitudeOf(names.of("", "Markets.Electricity.Buy", "buying price of the "+dayAheadMarket), 0, slopes(c.Markets.Electricity, 1))
	if !ok {
		return nil
	}
	prices := c.Markets.magnitudes(names)
	for _, v := range vpps {
		prices = append(prices, v.magnitudes(names)...)
	}
	for _, quantities := range ders {
		for _, q := range quantities {
			if q.of == der.EnergyPriceOf || q.of == der.PriceOf || q.of == der.CostOf {
				prices = append(prices, q)
			}
		}
	}
	if len(prices) == 0 {
		return nil
	}
	largest, smallest := prices[0], prices[0]
	for _, q := range prices {
		if q.high > largest.high {
			largest = q
		}
		if q.low < smallest.low {
			smallest = q
		}
	}
	// Prices of a market in currency per kWh make all other prices look too
	// high.
	if buy.mean < 1 && largest.high > lowTariff*buy.mean {
		return []string{fmt.Sprintf("%s: the mean, %.3g per MWh, is %.0f times below %s, %.4g; "+
			"check the unit: %.3g per kWh are %.4g per MWh",
			buy.name, buy.mean, largest.high/buy.mean, largest.name, largest.high, buy.mean, 1000*buy.mean)}
	}
	for _, q := range prices {
		switch {
		case q.of != der.CostOf && q.high > highPrice*buy.high:
			out = append(out, fmt.Sprintf("%s: %.4g per MWh is %.3g times the highest buying price, %.4g; check the number",
				q.name, q.high, q.high/buy.high, buy.high))
		case q.of == der.EnergyPriceOf && q.high*lowPrice < buy.mean:
			out = append(out, fmt.Sprintf("%s: %.4g per MWh is %.0f times below the mean buying price, %.4g; "+
				"check the unit: %.4g per kWh are %.4g per MWh", q.name, q.high, buy.mean/q.high, buy.mean, q.high, 1000*q.high))
		}
	}
	if largest.high > priceRange*smallest.low {
		out = append(out, fmt.Sprintf("%s: %.4g is %.2g times %s, %.4g; a solver cannot tell the smaller one from rounding, "+
			"so keep prices within a ratio of %.0e", largest.name, largest.high, largest.high/smallest.low,
			smallest.name, smallest.low, float64(priceRange)))
	}
	return out
}

// magnitudes returns the prices of the markets other than the buying price of
// electricity.
func (x Markets) magnitudes(names Names) []magnitude {
	var out []magnitude
	add := func(field, otherwise string, of der.Dimension, values []float64) {
		if m, ok := magnitudeOf(names.of("", field, otherwise), of, values); ok {
			out = append(out, m)
		}
	}
	add("Markets.Electricity.Sell", "selling price of the "+dayAheadMarket, der.EnergyPriceOf, slopes(x.Electricity, -1))
	add("Markets.Imbalance", "price of the "+balancingMarket, der.PriceOf, append(slopes(x.imbalance(), 1), slopes(x.imbalance(), -1)...))
	add("Markets.Carbon", "price of the "+carbonMarket, der.CostOf, slopes(x.Carbon, 1))
	add("Markets.Certificate", "price of the "+certificateMarket, der.PriceOf, slopes(x.Certificate, 1))
	return out
}

// slopes returns the price of the next unit bought (side 1) or sold (side −1)
// in each period.
func slopes(m market.Market, side int) []float64 {
	if m == nil {
		return nil
	}
	var out []float64
	for period := range m.Periods() {
		sell, buy := m.Curve(period).Marginal(0)
		if side < 0 {
			buy = sell
		}
		if !math.IsInf(buy, 0) { // infinite: no trade in this direction
			out = append(out, buy)
		}
	}
	return out
}

// magnitudes returns the prices of the tariff of a VPP.
func (v VPP) magnitudes(names Names) []magnitude {
	var out []magnitude
	for _, x := range [...]struct {
		field  string
		of     der.Dimension
		values []float64
	}{
		{"Tariff.Injection", der.EnergyPriceOf, v.Tariff.Injection},
		{"Tariff.Withdrawal", der.EnergyPriceOf, v.Tariff.Withdrawal},
		{"Tariff.LoadReduction", der.PriceOf, v.Tariff.LoadReduction},
		{"Tariff.Shortage", der.PriceOf, v.Tariff.Shortage},
		{"Tariff.Surplus", der.PriceOf, v.Tariff.Surplus},
	} {
		name := names.of(v.Name, x.field, fmt.Sprintf("%s of VPP %q", x.field, v.Name))
		if m, ok := magnitudeOf(name, x.of, x.values); ok {
			out = append(out, m)
		}
	}
	return out
}

// Warnings returns all warnings about the problem, one sentence each:
// implausible numbers, doubtful data of the setting, and numbers of the program
// that cost accuracy. See [Implausible], [Setting.Warnings] and
// [Program.Warnings]. It solves nothing. It returns an error for invalid data.
func (p Problem) Warnings() ([]string, error) {
	program, err := p.Formulate()
	if err != nil {
		return nil, err
	}
	out := Implausible(p.Setting, []VPP{p.VPP}, p.Members, nil)
	return slices.Concat(out, p.Setting.Warnings(p.VPP), p.Setting.DERWarnings(p.Members...), program.Warnings()), nil
}
