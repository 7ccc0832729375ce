package contracts

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Signals is the grid's statement of the signals from which the weights of one
// period follow. With the policy of the grid, every party computes the weights
// from them.
//
// A signal that is not measured is 0 and has no bit in Measured. For example,
// 400 000 with MeasuredCleanShare states that 40 % of the demand is served by
// clean energy.
type Signals struct {
	Period       uint64
	Measured     byte         // sum of the bits below
	CleanShare   ledger.Micro // clean energy / served demand, 0 to 1
	Volatility   ledger.Micro // standard deviation of forecast errors / demand, at least 0
	SupplyMargin ledger.Micro // (available capacity − demand) / demand
}

// Bits of [Signals.Measured].
const (
	MeasuredCleanShare byte = 1 << iota
	MeasuredVolatility
	MeasuredSupplyMargin
)

// NewSignals returns the statement of a period, rounded to millionths. NaN is a
// signal that is not measured. For example, NewSignals(1, 0.4, math.NaN(), 0.2)
// has the bits of the first and the last.
func NewSignals(period uint64, cleanShare, volatility, supplyMargin float64) (Signals, error) {
	x := Signals{Period: period}
	for _, s := range []struct {
		name  string
		value float64
		bit   byte
		micro *ledger.Micro
	}{
		{"clean share", cleanShare, MeasuredCleanShare, &x.CleanShare},
		{"volatility", volatility, MeasuredVolatility, &x.Volatility},
		{"supply margin", supplyMargin, MeasuredSupplyMargin, &x.SupplyMargin},
	} {
		if math.IsNaN(s.value) {
			continue
		}
		micro, err := ledger.ToMicro(s.value)
		if err != nil {
			return x, fmt.Errorf("signals: the %s: %w; check the units of demands and capacities", s.name, err)
		}
		*s.micro = micro
		x.Measured |= s.bit
	}
	return x, nil
}

// Values returns the stated signals, NaN for one that is not measured. All
// parties compute the weights from these values, and not from the unrounded
// ones.
func (x Signals) Values() (cleanShare, volatility, supplyMargin float64) {
	value := func(bit byte, micro ledger.Micro) float64 {
		if x.Measured&bit == 0 {
			return math.NaN()
		}
		return micro.Float()
	}
	return value(MeasuredCleanShare, x.CleanShare), value(MeasuredVolatility, x.Volatility),
		value(MeasuredSupplyMargin, x.SupplyMargin)
}

// Layout implements [ledger.Coded].
func (x *Signals) Layout(c *codec.Coder) {
	c.Uint64(&x.Period)
	c.Byte(&x.Measured)
	codec.Int64(c, &x.CleanShare)
	codec.Int64(c, &x.Volatility)
	codec.Int64(c, &x.SupplyMargin)
}

// PublishSignals states the signals of a period. The grid sends it before the
// first scheme; a later message replaces an earlier one.
type PublishSignals struct{ Signals }

// Kind implements [ledger.Message].
func (*PublishSignals) Kind() string { return "weights.signals" }

// SignalsKey is the state key of a period's [Signals].
func SignalsKey(period uint64) string { return ledger.Key("weights", "signals", period) }

// publishSignals rejects values out of range, and values of signals that are
// not measured: equal statements have equal bytes.
func publishSignals(c *ledger.Context, m *PublishSignals) error {
	x := &m.Signals
	for _, s := range []struct {
		name       string
		bit        byte
		value      ledger.Micro
		inRange    bool
		wantsRange string
	}{
		{"clean share", MeasuredCleanShare, x.CleanShare, x.CleanShare >= 0 && x.CleanShare <= ledger.One, "0 to 1"},
		{"volatility", MeasuredVolatility, x.Volatility, x.Volatility >= 0, "at least 0"},
		{"supply margin", MeasuredSupplyMargin, x.SupplyMargin, true, ""},
	} {
		if x.Measured&s.bit == 0 && s.value != 0 {
			return ledger.Refuse("weights.signals", "the %s is %s and not measured, want 0", s.name, s.value)
		}
		if !s.inRange {
			return ledger.Refuse("weights.signals", "the %s is %s, want %s", s.name, s.value, s.wantsRange)
		}
	}
	if x.Measured > MeasuredCleanShare|MeasuredVolatility|MeasuredSupplyMargin {
		return ledger.Refuse("weights.signals", "the bits %b name no signal, want a sum of 1, 2 and 4", x.Measured)
	}
	var submitted ledger.Names
	if c.Load(SchemesKey(x.Period), &submitted) {
		return ledger.Refuse("weights.period", "period %d has schemes under its weights already", x.Period)
	}
	c.Store(SignalsKey(x.Period), x)
	return nil
}
