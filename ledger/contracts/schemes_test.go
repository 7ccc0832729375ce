package contracts_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestSchemeVersionsCannotBeReplayedOrReplacedAtWill(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1")))
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, submitted, err := ledger.DecodeMessage(&b.Txs[0], contracts.Coordination()...)
	require.NoError(t, err)
	first := submitted.(*contracts.SubmitScheme)

	s.Refused("scheme.live", s.Send("vpp-1", first))
	s.Refused("scheme.owner", s.Send("vpp-2", first))
	s.Refused("scheme.role", s.Send("W1", first))

	decisions, err := n.Decide(ctx, 1, func(string, *contracts.Scheme) error { return errors.New("not today") })
	require.NoError(t, err)
	require.False(t, decisions[0].Accepted)
	require.Equal(t, "not today", decisions[0].Reason)
	s.Refused("scheme.version", s.Send("vpp-1", first)) // the old version, replayed after its rejection
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1", "W2")))
	s.Refused("scheme.version", s.Send("grid", &contracts.SchemeVerdict{Period: 1, VPP: "vpp-1", Version: 1, Accepted: true}))
	s.Refused("scheme.reason", s.Send("grid", &contracts.SchemeVerdict{Period: 1, VPP: "vpp-1", Version: 2}))
	decisions, err = n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.True(t, decisions[0].Accepted)
	s.Refused("scheme.live", n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1")))
	s.Refused("weights.period", n.PublishWeights(ctx, 1, [3]float64{0, 1, 0}))

	// Disclosure: only what was committed to, only by those concerned.
	d := decisions[0]
	s.Refused("scheme.commitment", s.Send("grid", &contracts.DiscloseScheme{Period: 1, VPP: "vpp-1", Salt0: d.Scheme.Salt0, Plaintext: []byte("x")}))
	s.Refused("scheme.owner", s.Send("vpp-2", &contracts.DiscloseScheme{Period: 1, VPP: "vpp-1", Salt0: d.Scheme.Salt0, Plaintext: d.Scheme.Plaintext}))
	require.NoError(t, n.Disclose(ctx, 1, d))
	r, err := n.Scheme(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.True(t, r.Disclosed)
	require.Equal(t, contracts.TotalsHash(d.Scheme), r.Totals)
}

func TestSchemesAreTakenInTheirWindowAndUnderTheGridsPresentKeyOnly(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: testnet.Members(), Random: random, Windows: client.Windows{Schemes: 3, SchemeTime: -1}})
	require.NoError(t, err)
	defer n.Close()
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0})) // height 1: effective 2, deadline 5
	h := contracts.SchemeHeader{Chain: n.Engine().Chain(), Period: 1, VPP: "vpp-1", Version: 1, GridKey: "grid", GridSerial: 7}
	g, err := n.Client("grid")
	require.NoError(t, err)
	m, _, err := contracts.SealScheme(random, h, g.Party().Identity().Seal, testnet.Scheme("W1"))
	require.NoError(t, err)
	s.Refused("scheme.key", s.Send("vpp-1", m)) // 2
	h.GridSerial, h.Chain = 0, ledger.Hash{}
	m, _, err = contracts.SealScheme(random, h, g.Party().Identity().Seal, testnet.Scheme("W1"))
	require.NoError(t, err)
	s.Refused("scheme.chain", s.Send("vpp-1", m)) // 3
	require.NoError(t, n.Heartbeat(ctx, 2))       // 5
	s.Refused("scheme.deadline", n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1")))
}

func TestRejectedVPPCanContestWithWhatItSealedAndWithNothingElse(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.Error(t, n.Contest(ctx, 1, "vpp-1"), "nothing submitted")
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1", "B1")))
	_, err := n.Decide(ctx, 1, func(string, *contracts.Scheme) error { return errors.New("no") })
	require.NoError(t, err)
	s.Refused("scheme.commitment", s.Send("vpp-1", &contracts.DiscloseScheme{Period: 1, VPP: "vpp-1", Plaintext: []byte("better one")}))
	require.NoError(t, n.Contest(ctx, 1, "vpp-1"))
	r, err := n.Scheme(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.True(t, r.Disclosed)
	require.Equal(t, contracts.SchemeRejected, r.Status)

	// Anybody reads the scheme off the chain and checks it against the header.
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, m, err := ledger.DecodeMessage(&b.Txs[0], contracts.Coordination()...)
	require.NoError(t, err)
	o, err := contracts.OpenDisclosed(&r.Header, m.(*contracts.DiscloseScheme))
	require.NoError(t, err)
	require.Equal(t, testnet.Scheme("W1", "B1"), o.Scheme)
	require.Equal(t, r.Totals, contracts.TotalsHash(o))
}

func TestGridThatHasRotatedItsKeysCannotOpenOldSchemes(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx := t.Context()
	for period := uint64(1); period <= 2; period++ {
		require.NoError(t, n.PublishWeights(ctx, period, [3]float64{1, 0, 0}))
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-1", testnet.Scheme("W1")))
		d, err := n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.True(t, d[0].Accepted, "period %d: %s", period, d[0].Reason)
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-2", testnet.Scheme("W2")))
		require.NoError(t, n.RotateKeys(ctx, "grid"))
		d, err = n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.False(t, d[0].Accepted)
		require.Equal(t, "BAD_OPENING", d[0].Reason)
		require.NoError(t, n.RotateKeys(ctx, "W1"))
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-2", testnet.Scheme("W2"))) // sealed to the new key
		d, err = n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.True(t, d[0].Accepted)
	}
}

func TestGridRejectsSchemesWithRowsForStrangers(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	require.NoError(t, n.PublishWeights(t.Context(), 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(t.Context(), 1, "vpp-1", testnet.Scheme("W1", "nobody", "vpp-2")))
	d, err := n.Decide(t.Context(), 1, nil)
	require.NoError(t, err)
	require.False(t, d[0].Accepted)
	require.Contains(t, d[0].Reason, `"nobody"`)
	require.Contains(t, d[0].Reason, `"vpp-2" is of role vpp`)
}

// A VPP with 600 resources: its deliveries take several transactions, and the
// last resource finds its row as well.
func TestLargeSchemeIsDeliveredInParts(t *testing.T) {
	members := []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "vpp", Role: ledger.RoleVPP}}
	var s contracts.Scheme
	for h := range 24 {
		s.Columns = append(s.Columns, fmt.Sprintf("power(%d), MW", h))
	}
	for i := range 600 {
		der := fmt.Sprintf("der-%03d", i)
		members = append(members, client.PartyConfig{ID: der, Role: ledger.RoleDER})
		s.Rows = append(s.Rows, contracts.Row{DER: der, Values: make([]ledger.Micro, 24)})
	}
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: members})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.PublishWeights(t.Context(), 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(t.Context(), 1, "vpp", s))
	d, err := n.Decide(t.Context(), 1, nil)
	require.NoError(t, err)
	require.True(t, d[0].Accepted, d[0].Reason)
	r, err := n.Scheme(t.Context(), 1, "vpp")
	require.NoError(t, err)
	require.Greater(t, len(r.Deliveries), 1)
	got, err := n.Deliveries(t.Context(), 1, "der-599")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, "der-599", got[0].Row.DER)

	s.Rows[0].Note = make([]byte, 1<<20)
	require.ErrorContains(t, n.SubmitScheme(t.Context(), 1, "vpp", s), "shorten")
}

// A row that could be submitted and not delivered is found before the verdict,
// not after it.
func TestASchemeThatCannotBeDeliveredIsRejected(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	large := testnet.Scheme("W1")
	large.Rows[0].Note = make([]byte, 1<<19-98)
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", large))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.False(t, d[0].Accepted)
	require.Contains(t, d[0].Reason, `row of "W1"`)
}

// A VPP that wants no DER records an empty scheme, which looks like any other
// from outside.
func TestEmptySchemeIsAcceptedAndRecorded(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", contracts.Scheme{Columns: []string{"capacity, MW"}}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-2", testnet.Scheme("W1")))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.Len(t, d, 2)
	lengths := map[uint64]bool{}
	for i, vpp := range []string{"vpp-1", "vpp-2"} {
		require.True(t, d[i].Accepted, d[i].Reason)
		r, err := n.Scheme(ctx, 1, vpp)
		require.NoError(t, err)
		require.Equal(t, contracts.SchemeAccepted, r.Status)
		require.Len(t, r.Deliveries, 1, "dummies hide that there is no row")
		lengths[r.Header.Length] = true
	}
	require.Len(t, lengths, 1, "the length does not tell an empty scheme from a small one")
	require.Empty(t, d[0].Scheme.Rows)
	require.True(t, d[0].Published[0].Suppressed)
	got, err := n.Deliveries(ctx, 1, "W1")
	require.NoError(t, err)
	require.Len(t, got, 1, "from vpp-2 only")
}
