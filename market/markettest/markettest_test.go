package markettest_test

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/markettest"
)

// stranger is a market written outside the library: a discount for large
// purchases from a pool of fixed size. Its faults are switched on one by one.
type stranger struct {
	market.Calendar
	fault string
	calls atomic.Int64
	kept  market.Curve
}

func (m *stranger) Trades() market.Good { return market.Electricity }

func (m *stranger) Span(period int) (from, to int) {
	from, to = m.Calendar.Span(period)
	if m.fault == "a gap between periods" && period > 0 {
		from++
	}
	return from, to
}

func (m *stranger) Curve(period int) market.Curve {
	c := market.Curve{Breaks: []float64{-5, 0, 10, 30}, Slopes: []float64{30, 60, 80}}
	switch m.fault {
	case "a price that is not a number":
		c.Slopes[1] = math.NaN()
	case "a price that grows with every call":
		c.Slopes[2] += float64(m.calls.Add(1))
	case "a shared curve":
		if m.kept.Breaks == nil {
			m.kept = c
		}
		return m.kept
	case "a fixed fee":
		c.Fixed = 12
	case "a wrong sign":
		c.Breaks = []float64{-30, -10, 0, 5}
		c.Slopes = []float64{80, 60, 30}
	}
	return c
}

// rule is the intended payment rule of the stranger.
func rule(_ int, q float64) float64 {
	if q < 0 {
		return 30 * q
	}
	return 60*min(q, 10) + 80*max(q-10, 0)
}

func TestSuiteAcceptsASoundStranger(t *testing.T) {
	m := &stranger{Calendar: market.Calendar{Steps: 6, Period: 2}}
	markettest.Run(t, m)
	markettest.Suite{Steps: 6, Cost: rule}.Run(t, m)
	assert.NoError(t, markettest.Suite{Cost: rule}.Check(m))
}

func TestSuiteFindsEveryFaultByName(t *testing.T) {
	for fault, want := range map[string]string{
		"a gap between periods":              "valid: electricity market: period 1 spans steps [3, 4); want a period from step 2 that is not empty",
		"a price that is not a number":       "valid: electricity market: period 0: curve: slope 1 is NaN",
		"a price that grows with every call": "equal arguments give equal curves: period 0",
		"a shared curve":                     "the caller owns the curve: period 0",
		"a fixed fee":                        "trading nothing costs the fixed part: period 0: trading nothing costs 12, not 0",
		"a wrong sign":                       "cost is the payment rule: period 0",
	} {
		t.Run(fault, func(t *testing.T) {
			m := &stranger{Calendar: market.Calendar{Steps: 6, Period: 2}, fault: fault}
			assert.ErrorContains(t, markettest.Suite{Cost: rule}.Check(m), want)
		})
	}
	t.Run("a horizon that is too short", func(t *testing.T) {
		err := markettest.Suite{Steps: 24}.Check(&stranger{Calendar: market.Calendar{Steps: 6}})
		assert.ErrorContains(t, err, "the periods cover 6 steps of 24")
	})
	t.Run("nothing at all", func(t *testing.T) {
		assert.ErrorContains(t, markettest.Suite{}.Check(&stranger{}), "0 steps, want at least 1")
	})
}

// falling is a market whose volume response is wrong: it starts above zero, or
// falls.
type falling struct {
	*market.Tariff
	response market.Response
}

func (m falling) Base(period int) market.Curve { return m.Curve(period) }
func (m falling) Response(int) market.Response { return m.response }

func TestSuiteChecksTheVolumeResponse(t *testing.T) {
	flat := market.Flat(market.Carbon, market.Calendar{Steps: 1}, 70)
	assert.NoError(t, markettest.Suite{}.Check(falling{flat, market.Response{Slope: 1}}))
	assert.ErrorContains(t, markettest.Suite{}.Check(falling{flat, market.Response{Slope: -1}}), "slope -1")
	assert.ErrorContains(t, markettest.Suite{}.Check(falling{flat, market.Response{Intercept: 5, Slope: 1}}), "that part belongs into the base curve")
}
