package market

import (
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Posted is a market with given cost curves: a block bid, a measured price
// curve, or a rule that this package does not contain.
type Posted struct {
	Calendar
	Good   Good
	Curves []Curve // one per settlement period
}

var _ Market = (*Posted)(nil)

// Trades implements [Market].
func (m *Posted) Trades() Good { return m.Good }

// Curve implements [Market]. It returns a copy.
func (m *Posted) Curve(period int) Curve {
	c := m.Curves[period]
	c.Breaks, c.Slopes = slices.Clone(c.Breaks), slices.Clone(c.Slopes)
	return c
}

// Validate returns an error that lists every violation.
func (m *Posted) Validate() error {
	var bad faults.List
	if err := m.Calendar.Validate(); err != nil {
		bad.Addf("posted market: %w", err)
	} else if len(m.Curves) != m.Periods() {
		bad.Addf("posted market: %d curves for %d settlement periods, want one for each",
			len(m.Curves), m.Periods())
	}
	for p, c := range m.Curves {
		if err := c.Validate(); err != nil {
			bad.Addf("posted market: curve %d: %w", p, err)
		}
	}
	return bad.Err()
}
