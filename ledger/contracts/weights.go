package contracts

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Weights is what the grid publishes for a period: how much economic value, risk and environment count, in millionths
// that sum to 1 000 000, and until when VPPs may submit schemes under them.
type Weights struct {
	Period      uint64
	Version     uint64 // grows by at least one with every publication, over all periods
	Economic    uint32
	Risk        uint32
	Environment uint32
	Effective   uint64 // height from which they hold, later than the block that publishes them
	Deadline    uint64 // last height at which a scheme for the period is taken
}

// Layout implements [ledger.Coded].
func (w *Weights) Layout(c *codec.Coder) {
	c.Uint64(&w.Period)
	c.Uint64(&w.Version)
	c.Uint32(&w.Economic)
	c.Uint32(&w.Risk)
	c.Uint32(&w.Environment)
	c.Uint64(&w.Effective)
	c.Uint64(&w.Deadline)
}

// Fractions are the weights as numbers that sum to 1.
func (w *Weights) Fractions() [3]float64 {
	return [3]float64{float64(w.Economic) / 1e6, float64(w.Risk) / 1e6, float64(w.Environment) / 1e6}
}

// PublishWeights is sent by the grid and opens a period. Weights of a period can be replaced by a higher version as
// long as no scheme has been submitted under them.
type PublishWeights struct{ Weights }

// Kind implements [Message].
func (*PublishWeights) Kind() string { return "weights.publish" }

// WeightsKey is the state key of a period's weights.
func WeightsKey(period uint64) string { return ledger.Key("weights", period) }

const WeightsVersionKey = "weights/version"

// WeightsContract returns the contract "weights".
func WeightsContract() *ledger.TypedContract {
	return ledger.NewContract("weights",
		ledger.Handle(publishWeights, ledger.RoleGrid),
	)
}

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
	var submitted ledger.Names
	if c.Load(SchemesKey(w.Period), &submitted) {
		return ledger.Refuse("weights.period", "period %d has schemes under its weights already", w.Period)
	}
	last.N = w.Version
	c.Store(WeightsVersionKey, &last)
	c.Store(WeightsKey(w.Period), w)
	return nil
}
