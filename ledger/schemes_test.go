package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

func TestSchemeVersionsCannotBeReplayedOrReplacedAtWill(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1")))
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, submitted, err := ledger.DecodeMessage(&b.Txs[0], ledger.Coordination()...)
	require.NoError(t, err)
	first := submitted.(*ledger.SubmitScheme)

	s.refused("scheme.live", s.send("vpp-1", first))
	s.refused("scheme.owner", s.send("vpp-2", first))
	s.refused("scheme.role", s.send("W1", first))

	decisions, err := n.Decide(ctx, 1, func(string, *ledger.Scheme) error { return errors.New("not today") })
	require.NoError(t, err)
	require.False(t, decisions[0].Accepted)
	require.Equal(t, "not today", decisions[0].Reason)
	s.refused("scheme.version", s.send("vpp-1", first)) // the old version, replayed after its rejection
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1", "W2")))
	s.refused("scheme.version", s.send("grid", &ledger.SchemeVerdict{Period: 1, VPP: "vpp-1", Version: 1, Accepted: true}))
	s.refused("scheme.reason", s.send("grid", &ledger.SchemeVerdict{Period: 1, VPP: "vpp-1", Version: 2}))
	decisions, err = n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.True(t, decisions[0].Accepted)
	s.refused("scheme.live", n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1")))
	s.refused("weights.period", n.PublishWeights(ctx, 1, [3]float64{0, 1, 0}))

	// Disclosure: only what was committed to, only by those concerned.
	d := decisions[0]
	s.refused("scheme.commitment", s.send("grid", &ledger.DiscloseScheme{Period: 1, VPP: "vpp-1", Salt0: d.Scheme.Salt0, Plaintext: []byte("x")}))
	s.refused("scheme.owner", s.send("vpp-2", &ledger.DiscloseScheme{Period: 1, VPP: "vpp-1", Salt0: d.Scheme.Salt0, Plaintext: d.Scheme.Plaintext}))
	require.NoError(t, n.Disclose(ctx, 1, d))
	r, err := n.Scheme(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.True(t, r.Disclosed)
	require.Equal(t, ledger.TotalsHash(d.Scheme), r.Totals)
}

func TestSchemesAreTakenInTheirWindowAndUnderTheGridsPresentKeyOnly(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	n, err := ledger.NewNetwork(t.Context(), ledger.NetworkConfig{Members: members(), Random: random, Windows: ledger.Windows{Schemes: 3}})
	require.NoError(t, err)
	defer n.Close()
	ctx, s := t.Context(), sender{t, n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0})) // height 1: effective 2, deadline 5
	h := ledger.SchemeHeader{Chain: n.Engine().Chain(), Period: 1, VPP: "vpp-1", Version: 1, GridKey: "grid", GridSerial: 7}
	g, err := n.Client("grid")
	require.NoError(t, err)
	m, _, err := ledger.SealScheme(random, h, g.Party().Identity().Seal, scheme("W1"))
	require.NoError(t, err)
	s.refused("scheme.key", s.send("vpp-1", m)) // 2
	h.GridSerial, h.Chain = 0, ledger.Hash{}
	m, _, err = ledger.SealScheme(random, h, g.Party().Identity().Seal, scheme("W1"))
	require.NoError(t, err)
	s.refused("scheme.chain", s.send("vpp-1", m)) // 3
	require.NoError(t, n.Heartbeat(ctx, 2))       // 5
	s.refused("scheme.deadline", n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1")))
}

func TestRejectedVPPCanContestWithWhatItSealedAndWithNothingElse(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.Error(t, n.Contest(ctx, 1, "vpp-1"), "nothing submitted")
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1", "B1")))
	_, err := n.Decide(ctx, 1, func(string, *ledger.Scheme) error { return errors.New("no") })
	require.NoError(t, err)
	s.refused("scheme.commitment", s.send("vpp-1", &ledger.DiscloseScheme{Period: 1, VPP: "vpp-1", Plaintext: []byte("better one")}))
	require.NoError(t, n.Contest(ctx, 1, "vpp-1"))
	r, err := n.Scheme(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.True(t, r.Disclosed)
	require.Equal(t, ledger.SchemeRejected, r.Status)

	// Anybody reads the scheme off the chain and checks it against the header.
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, m, err := ledger.DecodeMessage(&b.Txs[0], ledger.Coordination()...)
	require.NoError(t, err)
	o, err := ledger.OpenDisclosed(&r.Header, m.(*ledger.DiscloseScheme))
	require.NoError(t, err)
	require.Equal(t, scheme("W1", "B1"), o.Scheme)
	require.Equal(t, r.Totals, ledger.TotalsHash(o))
}

func TestGridThatHasRotatedItsKeysCannotOpenOldSchemes(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx := t.Context()
	for period := uint64(1); period <= 2; period++ {
		require.NoError(t, n.PublishWeights(ctx, period, [3]float64{1, 0, 0}))
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-1", scheme("W1")))
		d, err := n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.True(t, d[0].Accepted, "period %d: %s", period, d[0].Reason)
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-2", scheme("W2")))
		require.NoError(t, n.RotateKeys(ctx, "grid"))
		d, err = n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.False(t, d[0].Accepted)
		require.Equal(t, "BAD_OPENING", d[0].Reason)
		require.NoError(t, n.RotateKeys(ctx, "W1"))
		require.NoError(t, n.SubmitScheme(ctx, period, "vpp-2", scheme("W2"))) // sealed to the new key
		d, err = n.Decide(ctx, period, nil)
		require.NoError(t, err)
		require.True(t, d[0].Accepted)
	}
}

func TestGridRejectsSchemesWithRowsForStrangers(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	require.NoError(t, n.PublishWeights(t.Context(), 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(t.Context(), 1, "vpp-1", scheme("W1", "nobody", "vpp-2")))
	d, err := n.Decide(t.Context(), 1, nil)
	require.NoError(t, err)
	require.False(t, d[0].Accepted)
	require.Contains(t, d[0].Reason, `"nobody"`)
	require.Contains(t, d[0].Reason, `"vpp-2" is of role vpp`)
}

// A VPP with 600 resources: its deliveries take several transactions, and the last resource finds its row as well.
func TestLargeSchemeIsDeliveredInParts(t *testing.T) {
	members := []ledger.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "vpp", Role: ledger.RoleVPP}}
	var s ledger.Scheme
	for h := range 24 {
		s.Columns = append(s.Columns, fmt.Sprintf("power(%d), MW", h))
	}
	for i := range 600 {
		der := fmt.Sprintf("der-%03d", i)
		members = append(members, ledger.PartyConfig{ID: der, Role: ledger.RoleDER})
		s.Rows = append(s.Rows, ledger.Row{DER: der, Values: make([]ledger.Micro, 24)})
	}
	n, err := ledger.NewNetwork(t.Context(), ledger.NetworkConfig{Members: members})
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

// A row that could be submitted and not delivered is found before the verdict, not after it.
func TestASchemeThatCannotBeDeliveredIsRejected(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	large := scheme("W1")
	large.Rows[0].Note = make([]byte, 1<<19-98)
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", large))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.False(t, d[0].Accepted)
	require.Contains(t, d[0].Reason, `row of "W1"`)
}
