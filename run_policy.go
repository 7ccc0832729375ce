package trigrid

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/weights"
)

// Weigh measures the signals of the region and returns the weights that a
// policy sets from them. The signals are rounded to millionths before, as on
// the ledger, so that every party computes the same weights from the published
// ones.
//
// It returns an error for signals that the policy needs and that the data do
// not determine, with the reasons of [Region.Signals], and for weights that are
// no valid vector.
func (r Region) Weigh(p weights.Policy) (weights.Vector, weights.Signals, error) {
	signals, reasons := r.Signals()
	stated, err := contracts.NewSignals(0, signals.CleanShare, signals.Volatility, signals.SupplyMargin)
	if err != nil {
		return weights.Vector{}, signals, fmt.Errorf("policy: %w", err)
	}
	signals.CleanShare, signals.Volatility, signals.SupplyMargin = stated.Values()
	w, err := p.Weights(signals)
	if err == nil {
		err = w.Validate()
	}
	if err != nil {
		bad := faults.List{Prefix: "policy: "}
		bad.Addf("%w", err)
		for _, reason := range reasons {
			bad.Addf("not measured: %s", reason)
		}
		return w, signals, bad.Err()
	}
	return w, signals, nil
}

// signals publishes the signals from which the weights follow, in millionths.
func (l *record) signals(ctx context.Context, x weights.Signals) error {
	stated, err := contracts.NewSignals(l.period, x.CleanShare, x.Volatility, x.SupplyMargin)
	if err != nil {
		return err
	}
	return l.net.PublishSignals(ctx, stated)
}
