package operate

import (
	"context"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// Source is the information of a season: at each time the values that are known
// then. It is the only way in which values reach a plan, so that no plan can
// depend on a later value.
//
// [Measured] reads a table of forecasts and actual values, and [Generated]
// makes such a table from a seed. Implementations must be safe for concurrent
// use.
type Source interface {
	// Known returns the series over the steps of grid as they are known at a
	// time. Steps that begin at or before that time have their actual values,
	// equal in all scenarios, except series that become known later, such as
	// imbalance prices. Other steps have n scenarios with their probabilities,
	// or the point forecast if n is 1.
	//
	// Equal arguments give equal sets. The grid lies within one day. Each call
	// returns the same series with the same units.
	Known(ctx context.Context, at time.Time, grid scenario.Grid, n int) (*scenario.Set, error)
}
