package contracts_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestQuotasAreSetOnForecastsAndTradesAreReviewedBeforeTheyHappen(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	s.Refused("quota.forecast", s.Send("grid", &contracts.SetQuota{Period: 1, Commodity: "carbon", VPP: "vpp-1", Quota: 1}))
	require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-1", 120, 100))
	require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-2", 80, 90))
	s.Refused("quota.known", s.Send("grid", &contracts.SetQuota{Period: 1, Commodity: "carbon", VPP: "vpp-1", Quota: 1}))
	s.Refused("quota.known", s.Send("vpp-1", &contracts.Forecast{Period: 1, Commodity: "carbon", Need: 1}))
	s.Refused("quota.role", s.Send("W1", &contracts.Forecast{Period: 1, Commodity: "carbon", Need: 1}))

	offer := contracts.ProposeTrade{Period: 1, Commodity: "carbon", Buyer: "vpp-1", Amount: 20 * ledger.One, Price: 1_000}
	refusal, err := n.Trade(ctx, "regulator", "vpp-2", offer, func(contracts.Trade) error { return errors.New("concentration") })
	require.NoError(t, err)
	require.Equal(t, contracts.TradeRejected, refusal.Status)
	require.Equal(t, "concentration", refusal.Reason)
	done, err := n.Trade(ctx, "regulator", "vpp-2", offer, nil)
	require.NoError(t, err)
	require.Equal(t, contracts.TradeExecuted, done.Status)
	buyer, err := n.Holding(ctx, 1, "carbon", "vpp-1")
	require.NoError(t, err)
	seller, err := n.Holding(ctx, 1, "carbon", "vpp-2")
	require.NoError(t, err)
	require.Equal(t, 120*ledger.One, buyer.Held)
	require.Equal(t, 70*ledger.One, seller.Held)
	require.Equal(t, buyer.Quota+seller.Quota, buyer.Held+seller.Held)

	// Two offers of the same allowances: each could be proposed, only one can
	// be executed.
	offer.Amount = 50 * ledger.One
	require.NoError(t, s.Send("vpp-2", &offer))
	require.NoError(t, s.Send("vpp-2", &offer))
	s.Refused("quota.buyer", s.Send("vpp-2", &contracts.AcceptTrade{Period: 1, Number: 3}))
	s.Refused("quota.status", s.Send("regulator", &contracts.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	require.NoError(t, s.Send("vpp-1", &contracts.AcceptTrade{Period: 1, Number: 3}))
	require.NoError(t, s.Send("vpp-1", &contracts.AcceptTrade{Period: 1, Number: 4}))
	s.Refused("quota.role", s.Send("grid", &contracts.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	require.NoError(t, s.Send("regulator", &contracts.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	s.Refused("quota.short", s.Send("regulator", &contracts.ReviewTrade{Period: 1, Number: 4, Approved: true}))
	s.Refused("quota.status", s.Send("regulator", &contracts.ReviewTrade{Period: 1, Number: 3, Approved: true}))
	offer.Buyer = "vpp-2"
	s.Refused("quota.self", s.Send("vpp-2", &offer))
}
