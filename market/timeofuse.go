package market

import (
	"fmt"
	"math"
	"slices"
)

// TimeOfUse is a published day of electricity prices.
type TimeOfUse struct {
	Source string      // where the prices were published
	Buy    [24]float64 // price of a purchase by hour of the day, CNY per MWh
	Sell   []float64   // price paid for a sale, 24 values, CNY per MWh; nil where the source gives none
}

// CalibratedSellFraction is the selling price as a fraction of the buying price in the calibrated
// three-level case. It is an assumption of this library, not a published value: with equal prices and
// no connection limit the value of a coalition is nearly additive and there is no game to play,
// whereas a gap of this size (the tariffs of Wei 2022 and Xue 2019 have gaps too) lets members
// compete to serve their own plant's demand.
const CalibratedSellFraction = 0.35

// SellingAt returns the same day with every selling price set to a fraction of the buying price.
func (d TimeOfUse) SellingAt(fraction float64) TimeOfUse {
	d.Sell = make([]float64, len(d.Buy))
	for h, buy := range d.Buy {
		d.Sell[h] = buy * fraction
	}
	return d
}

// Tariff spreads the day over a calendar that starts at midnight and settles by the hour or more
// often. Limits may be set on the result. It refuses a day without selling prices; choose them with
// [TimeOfUse.SellingAt].
func (d TimeOfUse) Tariff(calendar Calendar) (*Tariff, error) {
	if err := calendar.Validate(); err != nil {
		return nil, fmt.Errorf("time-of-use tariff: %w", err)
	}
	if len(d.Sell) != len(d.Buy) {
		return nil, fmt.Errorf("time-of-use tariff (%s): %d selling prices for %d hours; set them with SellingAt", d.Source, len(d.Sell), len(d.Buy))
	}
	m := &Tariff{Calendar: calendar, Good: Electricity}
	const tolerance = 1e-9 // hours; steps of a third of an hour have no exact binary form
	for p := range calendar.Periods() {
		from, to := calendar.Span(p)
		start, end := float64(from)*calendar.Hours(), float64(to)*calendar.Hours()
		hour := math.Floor(start + tolerance)
		if end > hour+1+tolerance {
			return nil, fmt.Errorf("time-of-use tariff: period %d runs from hour %v to %v across a change of price; settle by the hour", p, start, end)
		}
		h := int(hour) % len(d.Buy)
		m.Buy = append(m.Buy, d.Buy[h])
		m.Sell = append(m.Sell, d.Sell[h])
	}
	return m, m.Validate()
}

// TimeOfUseWei2022 is the tariff of Z. Wei et al., Electric Power Construction 43(1), 2022: 0.35
// CNY/kWh in hours 1 to 7, 1.09 in hours 10 to 12 and 20 to 22, 0.68 otherwise, selling at 0.50 all
// day. In the seven valley hours a sale pays more than a purchase costs; see [Warnings].
func TimeOfUseWei2022() TimeOfUse {
	d := TimeOfUse{Source: "Wei et al., Electric Power Construction 43(1) 2022"}
	d.Buy = day(680, span{0, 7, 350}, span{9, 12, 1090}, span{19, 22, 1090})
	d.Sell = slices.Repeat([]float64{500}, 24)
	return d
}

// TimeOfUseXue2019 is the tariff of K. Xue et al., Renewable Energy Resources 37(8), 2019: 0.25
// CNY/kWh from 0 to 7 h, 0.82 from 10 to 15 h and 18 to 21 h, 0.53 otherwise, selling at 0.22, 0.65
// and 0.42 in the same hours.
func TimeOfUseXue2019() TimeOfUse {
	d := TimeOfUse{Source: "Xue et al., Renewable Energy Resources 37(8) 2019"}
	d.Buy = day(530, span{0, 7, 250}, span{10, 15, 820}, span{18, 21, 820})
	sell := day(420, span{0, 7, 220}, span{10, 15, 650}, span{18, 21, 650})
	d.Sell = sell[:]
	return d
}

// TimeOfUseCheng is the tariff of S. Cheng et al., on combined heat and power microgrids, Power System
// Protection and Control: 0.47 CNY/kWh from 22 to 6 h, 1.243 from 6 to 12 h and 18 to 22 h, 0.8934 from
// 12 to 18 h. It gives no selling price. Its periods are the closest to those of Energies 2025 18(13)
// 3443 and it is the one the calibrated case uses.
func TimeOfUseCheng() TimeOfUse {
	d := TimeOfUse{Source: "Cheng et al., Power System Protection and Control"}
	d.Buy = day(893.4, span{0, 6, 470}, span{6, 12, 1243}, span{18, 22, 1243}, span{22, 24, 470})
	return d
}

// TimeOfUseLi2022 is the tariff in the code that accompanies G. Li et al., International Journal of
// Electrical Power and Energy Systems 135 (2022) 107461: 0.40, 0.79 and 1.20 CNY/kWh, selling at
// 0.35, 0.68 and 1.12, except that the code sells at 0.79, which is the buying price, in hours 21
// and 22.
func TimeOfUseLi2022() TimeOfUse {
	d := TimeOfUse{Source: "Li et al., IJEPES 135 (2022) 107461, code (firstparties/51, plem1.m)"}
	d.Buy = day(790, span{0, 6, 400}, span{9, 14, 1200}, span{17, 20, 1200}, span{22, 24, 400})
	sell := day(680, span{0, 6, 350}, span{9, 14, 1120}, span{17, 20, 1120}, span{20, 22, 790}, span{22, 24, 350})
	d.Sell = sell[:]
	return d
}

// TimeOfUseThesis is the tariff of a thesis on multi-time-scale dispatch of integrated energy systems
// with ladder carbon trading: 0.385 CNY/kWh in hours 1 to 5 and 24, 0.754 otherwise, 1.02 at the peak.
// The hours of its peak did not come down to us with the prices, so the caller names them, counted
// from 1 as in the source; it gives no selling price either.
func TimeOfUseThesis(peak ...int) (TimeOfUse, error) {
	d := TimeOfUse{Source: "multi-time-scale IES thesis"}
	d.Buy = day(754, span{0, 5, 385}, span{23, 24, 385})
	var bad problems
	for _, h := range peak {
		if h < 6 || h > 23 {
			bad.add("time-of-use tariff (%s): hour %d cannot be a peak hour; choose from 6 to 23", d.Source, h)
			continue
		}
		d.Buy[h-1] = 1020
	}
	return d, bad.err()
}

// span is a stretch of hours from ≤ h < to at one price.
type span struct {
	from, to int
	price    float64
}

// day returns 24 prices, otherwise except in the given spans.
func day(otherwise float64, spans ...span) (prices [24]float64) {
	for h := range prices {
		prices[h] = otherwise
	}
	for _, s := range spans {
		for h := s.from; h < s.to; h++ {
			prices[h] = s.price
		}
	}
	return prices
}
