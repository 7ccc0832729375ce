package ledger_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

func TestQuotasAreSetOnForecastsAndTradesAreReviewedBeforeTheyHappen(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	s.refused("quota.forecast", s.send("grid", &ledger.SetQuota{Period: 1, Commodity: "carbon", VPP: "vpp-1", Quota: 1}))
	require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-1", 120, 100))
	require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-2", 80, 90))
	s.refused("quota.known", s.send("grid", &ledger.SetQuota{Period: 1, Commodity: "carbon", VPP: "vpp-1", Quota: 1}))
	s.refused("quota.known", s.send("vpp-1", &ledger.Forecast{Period: 1, Commodity: "carbon", Need: 1}))
	s.refused("quota.role", s.send("W1", &ledger.Forecast{Period: 1, Commodity: "carbon", Need: 1}))

	offer := ledger.ProposeTrade{Period: 1, Commodity: "carbon", Buyer: "vpp-1", Amount: 20 * ledger.One, Price: 1_000}
	refusal, err := n.Trade(ctx, "regulator", "vpp-2", offer, func(ledger.Trade) error { return errors.New("concentration") })
	require.NoError(t, err)
	require.Equal(t, ledger.TradeRejected, refusal.Status)
	require.Equal(t, "concentration", refusal.Reason)
	done, err := n.Trade(ctx, "regulator", "vpp-2", offer, nil)
	require.NoError(t, err)
	require.Equal(t, ledger.TradeExecuted, done.Status)
	buyer, err := n.Holding(ctx, 1, "carbon", "vpp-1")
	require.NoError(t, err)
	seller, err := n.Holding(ctx, 1, "carbon", "vpp-2")
	require.NoError(t, err)
	require.Equal(t, 120*ledger.One, buyer.Held)
	require.Equal(t, 70*ledger.One, seller.Held)
	require.Equal(t, buyer.Quota+seller.Quota, buyer.Held+seller.Held)

	// Two offers of the same allowances: each could be proposed, only one can be executed.
	offer.Amount = 50 * ledger.One
	require.NoError(t, s.send("vpp-2", &offer))
	require.NoError(t, s.send("vpp-2", &offer))
	s.refused("quota.buyer", s.send("vpp-2", &ledger.AcceptTrade{Period: 1, Number: 3}))
	s.refused("quota.status", s.send("regulator", &ledger.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	require.NoError(t, s.send("vpp-1", &ledger.AcceptTrade{Period: 1, Number: 3}))
	require.NoError(t, s.send("vpp-1", &ledger.AcceptTrade{Period: 1, Number: 4}))
	s.refused("quota.role", s.send("grid", &ledger.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	require.NoError(t, s.send("regulator", &ledger.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	s.refused("quota.short", s.send("regulator", &ledger.ReviewTrade{Period: 1, Number: 4, Approved: true}))
	s.refused("quota.status", s.send("regulator", &ledger.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	offer.Buyer = "vpp-2"
	s.refused("quota.self", s.send("vpp-2", &offer))
}
