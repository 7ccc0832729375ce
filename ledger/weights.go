package ledger

import "github.com/trigrid/trigrid/codec"

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

func (w *Weights) code(c *codec.Coder) {
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

type weightsContract struct{}

func (weightsContract) Name() string { return "weights" }

// WeightsKey is the state key of a period's weights.
func WeightsKey(period uint64) string { return key("weights", period) }

const weightsVersionKey = "weights/version"

func (weightsContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	if verb != "publish" {
		return nil, c.unknown(verb)
	}
	var m PublishWeights
	if err := c.decode(body, &m, RoleGrid); err != nil {
		return nil, err
	}
	w := &m.Weights
	var last counter
	c.load(weightsVersionKey, &last)
	sum := uint64(w.Economic) + uint64(w.Risk) + uint64(w.Environment)
	switch {
	case sum != uint64(One):
		return nil, refuse("weights.sum", "weights sum to %d millionths, want 1000000", sum)
	case w.Version <= last.n:
		return nil, refuse("weights.version", "version %d is not above %d", w.Version, last.n)
	case w.Effective <= c.Height:
		return nil, refuse("weights.effective", "effective height %d is not after %d", w.Effective, c.Height)
	case w.Deadline < w.Effective:
		return nil, refuse("weights.deadline", "deadline %d is before the effective height %d", w.Deadline, w.Effective)
	}
	var submitted roster
	if c.load(SchemesKey(w.Period), &submitted) {
		return nil, refuse("weights.period", "period %d has schemes under its weights already", w.Period)
	}
	last.n = w.Version
	c.put(weightsVersionKey, &last)
	c.put(WeightsKey(w.Period), w)
	return nil, nil
}

// counter is a number in the state.
type counter struct{ n uint64 }

func (x *counter) code(c *codec.Coder) { c.Uint64(&x.n) }
