package published

import (
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
)

// CalibratedSellFraction is the selling price as a fraction of the buying price
// in the calibrated three-level case. It is an assumption of this library, not
// a published value. With equal prices and no connection limit the value of a
// coalition is nearly additive, and DERs have little reason to prefer one VPP
// to another. A difference of this size (the tariffs of Wei 2022 and Xue 2019
// have one too) makes it valuable to serve the demand of the own VPP.
const CalibratedSellFraction = 0.35

// TimeOfUseWei2022 returns the tariff of Z. Wei et al., Electric Power
// Construction 43(1), 2022: 0.35 CNY/kWh in hours 1 to 7, 1.09 in hours 10 to
// 12 and 20 to 22, 0.68 otherwise (hours counted from 1), and 0.50 for sales
// all day. In the seven valley hours a sale earns more than a purchase costs;
// see [market.Warnings].
func TimeOfUseWei2022() market.TimeOfUse {
	d := market.TimeOfUse{Source: "Wei et al., Electric Power Construction 43(1) 2022"}
	d.Buy = day(680, span{0, 7, 350}, span{9, 12, 1090}, span{19, 22, 1090})
	d.Sell = slices.Repeat([]float64{500}, 24)
	return d
}

// TimeOfUseXue2019 returns the tariff of K. Xue et al., Renewable Energy
// Resources 37(8), 2019: 0.25 CNY/kWh from 0 to 7 h, 0.82 from 10 to 15 h and
// 18 to 21 h, 0.53 otherwise, and 0.22, 0.65 and 0.42 for sales in the same
// hours.
func TimeOfUseXue2019() market.TimeOfUse {
	d := market.TimeOfUse{Source: "Xue et al., Renewable Energy Resources 37(8) 2019"}
	d.Buy = day(530, span{0, 7, 250}, span{10, 15, 820}, span{18, 21, 820})
	sell := day(420, span{0, 7, 220}, span{10, 15, 650}, span{18, 21, 650})
	d.Sell = sell[:]
	return d
}

// TimeOfUseCheng returns the tariff of S. Cheng et al. on microgrids with
// combined heat and power, Power System Protection and Control: 0.47 CNY/kWh
// from 22 to 6 h, 1.243 from 6 to 12 h and 18 to 22 h, 0.8934 from 12 to 18 h,
// without a selling price. Its hours are the closest to those of Energies 2025
// 18(13) 3443, so the calibrated case uses it.
func TimeOfUseCheng() market.TimeOfUse {
	d := market.TimeOfUse{Source: "Cheng et al., Power System Protection and Control"}
	d.Buy = day(893.4, span{0, 6, 470}, span{6, 12, 1243}, span{18, 22, 1243}, span{22, 24, 470})
	return d
}

// TimeOfUseLi2022 returns the tariff in the code of G. Li et al., International
// Journal of Electrical Power and Energy Systems 135 (2022) 107461: 0.40, 0.79
// and 1.20 CNY/kWh, and 0.35, 0.68 and 1.12 for sales. In hours 21 and 22 the
// code sells at 0.79, the buying price.
func TimeOfUseLi2022() market.TimeOfUse {
	d := market.TimeOfUse{Source: "Li et al., IJEPES 135 (2022) 107461, code of the paper"}
	d.Buy = day(790, span{0, 6, 400}, span{9, 14, 1200}, span{17, 20, 1200}, span{22, 24, 400})
	sell := day(680, span{0, 6, 350}, span{9, 14, 1120}, span{17, 20, 1120}, span{20, 22, 790}, span{22, 24, 350})
	d.Sell = sell[:]
	return d
}

// TimeOfUseThesis returns the tariff of a thesis on multi-time-scale dispatch
// of integrated energy systems with ladder carbon trading: 0.385 CNY/kWh in
// hours 1 to 5 and 24, 0.754 otherwise, and 1.02 in peak hours. The peak hours
// are not known, so the caller passes them, counted from 1 as in the source. It
// has no selling price. TimeOfUseThesis returns an error for peak hours outside
// 6 to 23.
func TimeOfUseThesis(peak ...int) (market.TimeOfUse, error) {
	d := market.TimeOfUse{Source: "multi-time-scale IES thesis"}
	d.Buy = day(754, span{0, 5, 385}, span{23, 24, 385})
	bad := faults.List{Prefix: "market/published: tariff of the thesis: "}
	for _, h := range peak {
		if h < 6 || h > 23 {
			bad.Addf("hour %d cannot be a peak hour; choose from 6 to 23", h)
			continue
		}
		d.Buy[h-1] = 1020
	}
	return d, bad.Err()
}

// GasTimeOfDay returns the gas tariff of the source of [TimeOfUseThesis] by
// hour of the day, CNY per m³: 2.3 in hours 1 to 7 and 22 to 24, 3.5 in hours 8
// to 12 and 17 to 18, 3.0 otherwise (hours counted from 1). [market.GasPrice]
// converts it to CNY per MWh.
func GasTimeOfDay() [24]float64 {
	return day(3.0, span{0, 7, 2.3}, span{7, 12, 3.5}, span{16, 18, 3.5}, span{21, 24, 2.3})
}

// span is an interval of hours from ≤ h < to at one price.
type span struct {
	from, to int
	price    float64
}

// day returns 24 prices: the prices of the spans, and otherwise elsewhere.
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
