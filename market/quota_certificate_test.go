package market_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/market"
)

var bases = []market.Basis{market.OnGeneration, market.OnLoad, market.OnForecast}

func TestCertificatesByHand(t *testing.T) {
	e := market.Energy{Renewable: 60, Conventional: 40, Load: 120, Forecast: 70}
	for basis, want := range map[market.Basis][2]float64{
		market.OnGeneration: {12, 32}, // sells (1 − 0.8)·60, buys 0.8·40
		market.OnLoad:       {0, 36},  // 0.8·120 − 60
		market.OnForecast:   {4, 0},   // 60 − 0.8·70
	} {
		o := market.Obligation{Basis: basis, Quota: 0.8}
		require.NoError(t, o.Validate())
		sold, bought := o.Gross(e)
		assert.InDelta(t, want[0], sold, 1e-9, "%v sold", basis)
		assert.InDelta(t, want[1], bought, 1e-9, "%v bought", basis)
		assert.InDelta(t, bought-sold, o.Net(e), 1e-9, "%v net", basis)
	}
	assert.Equal(t, market.OnGeneration, market.Obligation{}.Basis, "G1 is the default")
}

// N_sell − N_buy = RE − γ (RE + conventional): an obligation on all generation.
func TestBasisOneIsAnObligationOnAllGeneration(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for range 1000 {
		e := market.Energy{Renewable: 100 * r.Float64(), Conventional: 100 * r.Float64(), Load: 100 * r.Float64(), Forecast: 100 * r.Float64()}
		quota := r.Float64()
		sold, bought := market.Obligation{Quota: quota}.Gross(e)
		require.InDelta(t, e.Renewable-quota*(e.Renewable+e.Conventional), sold-bought, 1e-9)
		require.GreaterOrEqual(t, min(sold, bought), 0.0)
	}
}

// At a fixed price the quota changes payments, but not the advantage of a
// renewable MWh. The gain is taken from the payments, not from Advantage.
func TestAtAFixedPriceTheQuotaCannotRaiseRenewableUse(t *testing.T) {
	const price = 5.0
	certificates := market.Flat(market.Certificate, market.Calendar{Steps: 1}, price).Curve(0)
	for _, basis := range bases {
		for quota := 0.0; quota <= 1; quota += 0.05 {
			o := market.Obligation{Basis: basis, Quota: min(quota, 1)}
			green := market.Energy{Renewable: 61, Conventional: 39, Load: 120, Forecast: 70}
			brown := market.Energy{Renewable: 60, Conventional: 40, Load: 120, Forecast: 70}
			gain := certificates.Cost(o.Net(brown)) - certificates.Cost(o.Net(green))
			require.InDelta(t, price, gain, 1e-9, "%v at %v", basis, quota)
			require.InDelta(t, gain, o.Advantage(price), 1e-9)
		}
	}
}

// With a price that rises with scarcity it can: the higher the quota, the more
// certificates the market lacks, the dearer they are, and the more a renewable
// MWh gains.
func TestWithPriceFeedbackTheQuotaRaisesTheGainOfRenewableEnergy(t *testing.T) {
	m := &market.Linear{
		Market: market.Flat(market.Certificate, market.Calendar{Steps: 1}, 5),
		Slope:  market.Series{0.02}, Floor: market.Series{0},
		MaxBuy: market.Series{200}, MaxSell: market.Series{200},
	}
	require.NoError(t, market.Validate(m))
	everyone := market.Energy{Renewable: 60, Conventional: 40, Load: 100, Forecast: 70}
	for _, basis := range bases {
		last := -1.0
		for _, quota := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
			o := market.Obligation{Basis: basis, Quota: quota}
			_, moved := m.Payments(0, []float64{o.Net(everyone)})
			gain := o.Advantage(5 + moved)
			require.Greater(t, gain, last, "%v at %v", basis, quota)
			last = gain
		}
	}
	// By hand, G1 at 0.9: 90 − 60 = 30 lacking, 5 + 0.02·30 = 5.6.
	_, moved := m.Payments(0, []float64{market.Obligation{Quota: 0.9}.Net(everyone)})
	assert.InDelta(t, 0.6, moved, 1e-12)
}

func TestRatesAreTheCoefficientsOfTheNetPurchase(t *testing.T) {
	e := market.Energy{Renewable: 60, Conventional: 40, Load: 120, Forecast: 70}
	for _, basis := range bases {
		o := market.Obligation{Basis: basis, Quota: 0.3}
		rates, at := o.Rates(), o.Net(e)
		for name, tc := range map[string]struct {
			rate float64
			more market.Energy
		}{
			"renewable":    {rates.Renewable, market.Energy{Renewable: 61, Conventional: 40, Load: 120, Forecast: 70}},
			"conventional": {rates.Conventional, market.Energy{Renewable: 60, Conventional: 41, Load: 120, Forecast: 70}},
			"load":         {rates.Load, market.Energy{Renewable: 60, Conventional: 40, Load: 121, Forecast: 70}},
			"forecast":     {rates.Forecast, market.Energy{Renewable: 60, Conventional: 40, Load: 120, Forecast: 71}},
		} {
			assert.InDelta(t, o.Net(tc.more)-at, tc.rate, 1e-9, "%v, %s", basis, name)
		}
	}
}

func TestObligationReportsAllViolationsAtOnce(t *testing.T) {
	err := market.Obligation{Basis: 3, Quota: 80}.Validate()
	assert.ErrorContains(t, err, "quota 80, want a fraction in [0, 1]")
	assert.ErrorContains(t, err, "unknown basis 3")
	for _, quota := range []float64{0, 0.25, 1} {
		assert.NoError(t, market.Obligation{Quota: quota}.Validate())
	}
}
