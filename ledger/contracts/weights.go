package contracts

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Weights is the grid's statement for one period: the importance of economic
// value, risk and environment, in millionths that sum to 1 000 000, and the
// heights between which VPPs may submit schemes.
type Weights struct {
	Period      uint64
	Version     uint64 // grows with every publication, over all periods
	Economic    uint32
	Risk        uint32
	Environment uint32
	Effective   uint64 // first height for schemes, after the block that publishes the weights
	Deadline    uint64 // last height for schemes
	OpenMillis  int64  // shortest time for schemes after the publication, block time in ms
	Until       int64  // last block time for schemes, Unix ms; set by the contract

	// Schemes are accepted until both Deadline and Until have passed.
}

// open reports whether schemes are accepted at the place of c, or will be.
func (w *Weights) open(c *ledger.Context) bool { return c.Height <= w.Deadline || c.Time <= w.Until }

// Layout implements [ledger.Coded].
func (w *Weights) Layout(c *codec.Coder) {
	c.Uint64(&w.Period)
	c.Uint64(&w.Version)
	c.Uint32(&w.Economic)
	c.Uint32(&w.Risk)
	c.Uint32(&w.Environment)
	c.Uint64(&w.Effective)
	c.Uint64(&w.Deadline)
	codec.Int64(c, &w.OpenMillis)
	codec.Int64(c, &w.Until)
}

// Fractions returns the weights as numbers that sum to 1, in the order
// economic, risk, environment.
func (w *Weights) Fractions() [3]float64 {
	return [3]float64{float64(w.Economic) / 1e6, float64(w.Risk) / 1e6, float64(w.Environment) / 1e6}
}

// PublishWeights opens a period. The grid sends it. A higher version replaces
// the weights of a period until the first scheme is submitted, a choice round
// is opened or the period is settled. It can extend the phase for schemes, and
// it cannot shorten it.
type PublishWeights struct{ Weights }

// Kind implements [ledger.Message].
func (*PublishWeights) Kind() string { return "weights.publish" }

// WeightsKey is the state key of a period's [Weights].
func WeightsKey(period uint64) string { return ledger.Key("weights", period) }

// WeightsVersionKey is the state key of the highest version, a
// [ledger.Counter].
const WeightsVersionKey = "weights/version"

// WeightsContract returns the contract "weights", which accepts
// [PublishWeights] and [PublishSignals].
func WeightsContract() *ledger.TypedContract {
	return ledger.NewContract("weights",
		ledger.Handle(publishWeights, ledger.RoleGrid),
		ledger.Handle(publishSignals, ledger.RoleGrid),
	)
}

// publishWeights rejects weights that take effect at once, because VPPs must
// see them before they submit.
func publishWeights(c *ledger.Context, m *PublishWeights) error {
	w := &m.Weights
	var last ledger.Counter
	c.Load(WeightsVersionKey, &last)
	sum := uint64(w.Economic) + uint64(w.Risk) + uint64(w.Environment)
	switch {
	case sum != uint64(ledger.One):
		return ledger.Refuse("weights.sum", "weights sum to %d millionths, want 1000000", sum)
	case w.Version <= last.N:
		return ledger.Refuse("weights.version", "version %d is not above %d", w.Version, last.N)
	case w.Effective <= c.Height:
		return ledger.Refuse("weights.effective", "effective height %d is not after %d", w.Effective, c.Height)
	case w.Deadline < w.Effective:
		return ledger.Refuse("weights.deadline", "deadline %d is before the effective height %d", w.Deadline, w.Effective)
	}
	if w.OpenMillis < 0 || w.OpenMillis > longest {
		return ledger.Refuse("weights.time", "schemes are open for %d ms, want 0 to %d", w.OpenMillis, int64(longest))
	}
	var submitted ledger.Names
	if c.Load(SchemesKey(w.Period), &submitted) {
		return ledger.Refuse("weights.period", "period %d has schemes under its weights already", w.Period)
	}
	last.N = w.Version
	c.Store(WeightsVersionKey, &last)
	_, chosen := c.Get(RoundsKey(w.Period))
	_, settled := c.Get(SettlementKey(w.Period))
	if chosen || settled {
		return ledger.Refuse("weights.period", "period %d has a choice round or a settlement already", w.Period)
	}
	w.Until = c.Time + w.OpenMillis
	var before Weights
	if c.Load(WeightsKey(w.Period), &before) {
		// A VPP may have planned with the deadline of the version before.
		if w.Deadline < before.Deadline {
			return ledger.Refuse("weights.deadline", "deadline %d is before that of version %d, %d", w.Deadline, before.Version, before.Deadline)
		}
		w.Until = max(w.Until, before.Until)
	}
	c.Store(WeightsKey(w.Period), w)
	return nil
}
