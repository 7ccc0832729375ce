package client

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// The grid sends a DER a row that the VPP did commit to, but another DER's.
func TestPrivacyAnotherDERsRowIsNotTakenForOnesOwn(t *testing.T) {
	ctx := t.Context()
	n, err := NewNetwork(ctx, NetworkConfig{Random: rand.NewChaCha8([32]byte{'r'}), Members: []PartyConfig{
		{"grid", ledger.RoleGrid}, {"vpp", ledger.RoleVPP}, {"der-00", ledger.RoleDER}, {"der-01", ledger.RoleDER},
	}})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{
		{DER: "der-00", Values: []ledger.Micro{ledger.One}, Note: []byte("tariff of der-00")},
	}}
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp", s))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	r, err := n.Scheme(ctx, 1, "vpp")
	require.NoError(t, err)
	envelopes, err := contracts.SealDeliveries(n.random, &r.Header, d[0].Scheme, func(string) (ledger.SealKey, error) { return n.sealKey("der-01") })
	require.NoError(t, err)
	_, err = n.grid.Send(ctx, &contracts.DeliverRows{Period: 1, VPP: "vpp", Version: 1, Envelopes: envelopes})
	require.NoError(t, err)
	_, err = n.Deliveries(ctx, 1, "der-01")
	require.ErrorContains(t, err, `"der-01" received the row of "der-00"`)
}
