package scenario

import (
	"math"

	"github.com/trigrid/trigrid/optional"
)

// WindPower is the output P of a wind turbine or farm whose wind speed v has
// the distribution Speed:
//
//	P(v) = 0                                                 v < CutIn or v ≥ CutOut
//	P(v) = Capacity (v^e − CutIn^e) / (Rated^e − CutIn^e)    CutIn ≤ v < Rated
//	P(v) = Capacity                                          Rated ≤ v < CutOut
//
// The output is zero in calms and in storms. With F the distribution function
// of the speed and z = F(CutIn) + 1 − F(CutOut) the probability of zero output,
// the quantile is
//
//	Q(u) = P(F⁻¹(F(CutIn) + u − z)) for u > z, and 0 otherwise
//
// A [Copula] then treats storms like calms, because it ranks outputs and not
// speeds.
type WindPower struct {
	Speed interface { // such as distuv.Weibull, in m/s
		Marginal
		CDF(x float64) float64
	}
	CutIn, Rated, CutOut float64 // m/s, 0 <= CutIn < Rated < CutOut
	Capacity             float64 // in the unit of the series, > 0
	// Exponent is e > 0: 1 is linear, 3 the power of the wind. Absent: 1.
	Exponent optional.Float
}

var _ Marginal = WindPower{}

// Validate returns an error that lists every violation: no distribution, speeds
// out of order, or a capacity or exponent out of range. [Generate] calls it.
func (m WindPower) Validate() error {
	bad := violations("scenario: wind power: ")
	if m.Speed == nil {
		bad.Addf("no distribution of the speed given")
	}
	if !(m.CutIn >= 0 && m.CutIn < m.Rated && m.Rated < m.CutOut) {
		bad.Addf("speeds are %v, %v and %v m/s, want 0 <= CutIn < Rated < CutOut",
			m.CutIn, m.Rated, m.CutOut)
	}
	if !(m.Capacity > 0) || math.IsInf(m.Capacity, 1) {
		bad.Addf("capacity is %v, want a positive number", m.Capacity)
	}
	if e := m.exponent(); !(e > 0) || math.IsInf(e, 1) {
		bad.Addf("exponent is %v, want a finite number above 0, or an absent one for 1", e)
	}
	return bad.Err()
}

func (m WindPower) exponent() float64 { return m.Exponent.Or(1) }

// Quantile implements [Marginal]. The data must satisfy [WindPower.Validate].
func (m WindPower) Quantile(u float64) float64 {
	calm := m.Speed.CDF(m.CutIn)
	zero := calm + 1 - m.Speed.CDF(m.CutOut)
	if u <= zero {
		return 0
	}
	return m.At(min(m.Speed.Quantile(calm+u-zero), math.Nextafter(m.CutOut, 0)))
}

// At returns the output at a speed in m/s.
func (m WindPower) At(speed float64) float64 {
	e := m.exponent()
	switch {
	case speed < m.CutIn || speed >= m.CutOut:
		return 0
	case speed >= m.Rated:
		return m.Capacity
	}
	from := math.Pow(m.CutIn, e)
	return m.Capacity * (math.Pow(speed, e) - from) / (math.Pow(m.Rated, e) - from)
}
