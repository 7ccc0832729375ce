package trigrid

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/weights"
)

// weigh measures the signals and sets the weights by a policy. The signals are rounded to
// millionths before, as on the ledger, so that every party computes the same weights from the
// published ones.
func (r Region) weigh(p weights.Policy) (Region, *weights.Signals, error) {
	signals, reasons := r.Signals()
	for _, x := range []*float64{&signals.CleanShare, &signals.Volatility, &signals.SupplyMargin} {
		if math.IsNaN(*x) {
			continue
		}
		micro, err := ledger.ToMicro(*x)
		if err != nil {
			return r, nil, fmt.Errorf("policy: a signal of the region: %w; check the units of demands and capacities", err)
		}
		*x = micro.Float()
	}
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
		return r, nil, bad.Err()
	}
	r.Setting.Weights = w
	return r, &signals, nil
}

// signals publishes the signals from which the weights follow, in millionths.
func (l *record) signals(ctx context.Context, x weights.Signals) error {
	out := contracts.Signals{Period: l.period}
	for _, s := range []struct {
		value float64
		bit   byte
		micro *ledger.Micro
	}{
		{x.CleanShare, contracts.MeasuredCleanShare, &out.CleanShare},
		{x.Volatility, contracts.MeasuredVolatility, &out.Volatility},
		{x.SupplyMargin, contracts.MeasuredSupplyMargin, &out.SupplyMargin},
	} {
		if math.IsNaN(s.value) {
			continue
		}
		micro, err := ledger.ToMicro(s.value)
		if err != nil {
			return fmt.Errorf("signals: %w", err)
		}
		*s.micro = micro
		out.Measured |= s.bit
	}
	return l.net.PublishSignals(ctx, out)
}
