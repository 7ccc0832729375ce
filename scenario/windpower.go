package scenario

import "math"

// WindPower is the output of a wind turbine or farm whose wind speed v is distributed as Speed, by the
// usual curve:
//
//	P(v) = 0                                              v < CutIn or v >= CutOut
//	P(v) = Capacity (v^e − CutIn^e) / (Rated^e − CutIn^e)    CutIn <= v < Rated
//	P(v) = Capacity                                       Rated <= v < CutOut
//
// Calms and storms both stand at zero. With F the distribution function of the speed and
// z = F(CutIn) + 1 − F(CutOut) the probability of an output of zero, the quantile at u > z is
// P(F⁻¹(F(CutIn) + u − z)).
//
// Where outputs are joined by a [Copula] this ranks storms among the calms, as outputs are ranked.
type WindPower struct {
	Speed interface { // for instance distuv.Weibull, in m/s
		Marginal
		CDF(x float64) float64
	}
	CutIn, Rated, CutOut float64 // m/s, 0 <= CutIn < Rated < CutOut
	Capacity             float64 // in the unit of the series, > 0
	Exponent             float64 // e, > 0; 0: 1, the straight line; 3: the power in the wind
}

var _ Marginal = WindPower{}

// Validate reports everything that keeps the curve from being one. [Generate] asks.
func (m WindPower) Validate() error {
	bad := violations("scenario: wind power: ")
	if m.Speed == nil {
		bad.Addf("no distribution of the speed given")
	}
	if !(m.CutIn >= 0 && m.CutIn < m.Rated && m.Rated < m.CutOut) {
		bad.Addf("speeds are %v, %v and %v m/s, want 0 <= CutIn < Rated < CutOut", m.CutIn, m.Rated, m.CutOut)
	}
	if !(m.Capacity > 0) || math.IsInf(m.Capacity, 1) {
		bad.Addf("capacity is %v, want a positive number", m.Capacity)
	}
	if !(m.Exponent >= 0) || math.IsInf(m.Exponent, 1) {
		bad.Addf("exponent is %v, want a positive number, or 0 for 1", m.Exponent)
	}
	return bad.Err()
}

// Quantile implements [Marginal], for a curve that [WindPower.Validate] accepts.
func (m WindPower) Quantile(u float64) float64 {
	calm := m.Speed.CDF(m.CutIn)
	zero := calm + 1 - m.Speed.CDF(m.CutOut)
	if u <= zero {
		return 0
	}
	return m.At(min(m.Speed.Quantile(calm+u-zero), math.Nextafter(m.CutOut, 0)))
}

// At returns the output at a speed.
func (m WindPower) At(speed float64) float64 {
	e := orDefault(m.Exponent, 1)
	switch {
	case speed < m.CutIn || speed >= m.CutOut:
		return 0
	case speed >= m.Rated:
		return m.Capacity
	}
	from := math.Pow(m.CutIn, e)
	return m.Capacity * (math.Pow(speed, e) - from) / (math.Pow(m.Rated, e) - from)
}
