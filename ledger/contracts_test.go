package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// sender sends as any member and checks refusals by code.
type sender struct {
	t *testing.T
	n *ledger.Network
}

func (s sender) send(party string, m ledger.Message) error {
	s.t.Helper()
	c, err := s.n.Client(party)
	require.NoError(s.t, err)
	_, err = c.Send(s.t.Context(), m)
	return err
}

func (s sender) refused(code string, err error) {
	s.t.Helper()
	require.True(s.t, errors.Is(err, &ledger.Refusal{Code: code}), "want a refusal %s, got %v", code, err)
}

func scheme(ders ...string) ledger.Scheme {
	s := ledger.Scheme{Columns: []string{"capacity, MW"}}
	for _, d := range ders {
		s.Rows = append(s.Rows, ledger.Row{DER: d, Values: []ledger.Micro{ledger.One}})
	}
	return s
}

func TestSchemeVersionsCannotBeReplayedOrReplacedAtWill(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1")))
	b, err := n.Engine().Block(ctx, n.Engine().Status().Height)
	require.NoError(t, err)
	_, submitted, err := ledger.DecodeMessage(&b.Txs[0])
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
	_, m, err := ledger.DecodeMessage(&b.Txs[0])
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

// choiceNetwork has an accepted scheme of vpp-1 and a round with short windows.
func choiceNetwork(t *testing.T, w ledger.Windows) (*ledger.Network, sender, uint64) {
	t.Helper()
	n, err := ledger.NewNetwork(t.Context(), ledger.NetworkConfig{Members: members(), Random: rand.NewChaCha8([32]byte{1}), Windows: w})
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", scheme("W1", "W2", "T1", "B1")))
	_, err = n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	round, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	return n, sender{t, n}, round
}

func TestChoiceIsRevealedAfterAllHaveCommittedAndNotBefore(t *testing.T) {
	n, s, round := choiceNetwork(t, ledger.Windows{})
	ctx := t.Context()
	var pending []ledger.PendingChoice
	for i, der := range []string{"W1", "W2", "T1", "B1"} {
		if i == 3 {
			s.refused("choice.early", n.RevealChoice(ctx, pending[0]))
		}
		p, err := n.CommitChoice(ctx, 1, round, der, "vpp-1")
		require.NoError(t, err)
		pending = append(pending, p)
		_, err = n.CommitChoice(ctx, 1, round, der, "")
		s.refused("choice.twice", err)
	}
	lie := pending[0]
	lie.VPP = ""
	s.refused("choice.commitment", n.RevealChoice(ctx, lie))
	stolen := pending[0]
	stolen.DER = "W2"
	s.refused("choice.commitment", n.RevealChoice(ctx, stolen))
	s.refused("choice.early", n.CloseRound(ctx, 1, round))
	_, err := n.OpenRound(ctx, 1)
	s.refused("choice.open", err)
	s.refused("settlement.round", n.Settle(ctx, 1, []ledger.Payment{{Party: "grid"}}))
	for _, p := range pending {
		require.NoError(t, n.RevealChoice(ctx, p))
	}
	s.refused("choice.closed", n.RevealChoice(ctx, pending[0]))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Empty(t, r.Forfeits)
	second, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, round+1, second)
}

func TestChoiceNotRevealedInTimeIsForfeited(t *testing.T) {
	n, s, round := choiceNetwork(t, ledger.Windows{Commits: 4, Reveals: 4, Penalty: 500})
	ctx := t.Context()
	w1, err := n.CommitChoice(ctx, 1, round, "W1", "vpp-1")
	require.NoError(t, err)
	w2, err := n.CommitChoice(ctx, 1, round, "W2", "vpp-2") // has no accepted scheme
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 2))
	_, err = n.CommitChoice(ctx, 1, round, "T1", "vpp-1")
	s.refused("choice.late", err)
	require.NoError(t, n.RevealChoice(ctx, w1))
	s.refused("choice.twice", n.RevealChoice(ctx, w1))
	s.refused("choice.vpp", n.RevealChoice(ctx, w2))
	s.refused("choice.late", n.RevealChoice(ctx, w2))
	s.refused("choice.uncommitted", n.RevealChoice(ctx, ledger.PendingChoice{DER: "B1", Period: 1, Round: round}))
	require.NoError(t, n.CloseRound(ctx, 1, round))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Equal(t, []ledger.Choice{{DER: "W1", VPP: "vpp-1"}}, r.Choices)
	require.Equal(t, []string{"W2"}, r.Forfeits)
	require.Equal(t, ledger.Money(500), r.Penalty)
}

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

func TestKeysAreReplacedAndRightsEnd(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	newcomer, err := ledger.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	s.refused("identity.role", s.send("vpp-1", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	c, err := ledger.Connect(ctx, n.Engine(), newcomer)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.ErrorIs(t, err, ledger.ErrInvalidTx, "not registered yet")
	require.NoError(t, s.send("regulator", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	s.refused("identity.taken", s.send("grid", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)

	renamed := newcomer.Identity()
	renamed.ID = "H2"
	s.refused("identity.key", s.send("grid", &ledger.RegisterIdentity{Identity: renamed}))
	renamed.Key, renamed.ID, renamed.Role = pbft.PublicKey{9}, "a/b", 77
	s.refused("identity.invalid", s.send("grid", &ledger.RegisterIdentity{Identity: renamed}))

	// After a rotation the old key is worthless and the new one starts to count at 1.
	successor, err := ledger.NewParty(nil, "H1", ledger.RoleDER)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.RotateKeys{Key: successor.Identity().Key, Seal: successor.Identity().Seal})
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	s.refused("tx.key", err)
	c, err = ledger.Connect(ctx, n.Engine(), successor)
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	require.NoError(t, err)
	_, err = c.Send(ctx, &ledger.RotateKeys{Key: newcomer.Identity().Key, Seal: newcomer.Identity().Seal})
	s.refused("identity.key", err) // an old key does not come back

	s.refused("identity.authority", s.send("grid", &ledger.RevokeIdentity{ID: "regulator"}))
	s.refused("identity.authority", s.send("regulator", &ledger.RevokeIdentity{ID: "regulator"}))
	require.NoError(t, s.send("grid", &ledger.RevokeIdentity{ID: "H1"}))
	_, err = c.Send(ctx, &ledger.Heartbeat{})
	s.refused("tx.inactive", err)
}

func TestRegulatorOpensEveryLineAndPartiesOnlyTheirOwn(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	payments := []ledger.Payment{{Party: "grid", Amount: -70}, {Party: "vpp-1", Amount: 30}, {Party: "W1", Amount: 25}, {Party: "B1", Amount: 15}}
	require.NoError(t, n.Settle(ctx, 1, payments))
	got, err := n.AuditSettlement(ctx, 1, "regulator")
	require.NoError(t, err)
	require.ElementsMatch(t, payments, got)
	c, err := n.Client("W1")
	require.NoError(t, err)
	_, err = c.AuditSettlement(ctx, 1, []string{"W1", "B1"})
	require.ErrorIs(t, err, ledger.ErrNotForMe)

	proof, err := n.ProvePayment(ctx, 1, "W1")
	require.NoError(t, err)
	verifier, trust := n.Engine().Trust()
	b, err := proof.MarshalBinary()
	require.NoError(t, err)
	var again ledger.PaymentProof
	require.NoError(t, again.UnmarshalBinary(b))
	require.NoError(t, again.Verify(verifier, trust))
	for name, forge := range map[string]func(*ledger.PaymentProof){
		"amount":     func(p *ledger.PaymentProof) { p.Line.Amount++ },
		"party":      func(p *ledger.PaymentProof) { p.Party = "B1" },
		"salt":       func(p *ledger.PaymentProof) { p.Salt[0] ^= 1 },
		"period":     func(p *ledger.PaymentProof) { p.Period++ },
		"index":      func(p *ledger.PaymentProof) { p.Path.Index ^= 1 },
		"size":       func(p *ledger.PaymentProof) { p.Path.Size++ },
		"root":       func(p *ledger.PaymentProof) { p.Record.Root[0] ^= 1 },
		"state root": func(p *ledger.PaymentProof) { p.Header.Header.StateRoot[0] ^= 1 },
		"proof":      func(p *ledger.PaymentProof) { p.State.Siblings = p.State.Siblings[1:] },
		"kind":       func(p *ledger.PaymentProof) { p.Header.Proof.Kind = "word of honour" },
		"certificate": func(p *ledger.PaymentProof) {
			p.Header.Proof.Data = slices.Clone(p.Header.Proof.Data)
			p.Header.Proof.Data[len(p.Header.Proof.Data)-1] ^= 1
		},
	} {
		var p ledger.PaymentProof
		require.NoError(t, p.UnmarshalBinary(b))
		forge(&p)
		require.Error(t, p.Verify(verifier, trust), name)
	}
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

// Only a regulator makes another authority: a grid that could make regulators would be reviewed by its own creatures.
func TestTheGridCannotMakeItsOwnSupervisors(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	s := sender{t, n}
	for _, role := range []ledger.Role{ledger.RoleGrid, ledger.RoleRegulator} {
		p, err := ledger.NewParty(nil, "second "+role.String(), role)
		require.NoError(t, err)
		s.refused("identity.authority", s.send("grid", &ledger.RegisterIdentity{Identity: p.Identity()}))
		require.NoError(t, s.send("regulator", &ledger.RegisterIdentity{Identity: p.Identity()}))
	}
}

// An identity that has ended stays ended: to revoke it once more must not give it rights for the rest of the block.
func TestARevocationProlongsNothing(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	s := sender{t, n}
	p, err := ledger.NewParty(nil, "guest", ledger.RoleDER)
	require.NoError(t, err)
	guest := p.Identity()
	guest.From, guest.Until = 9, 3
	s.refused("identity.invalid", s.send("grid", &ledger.RegisterIdentity{Identity: guest}))
	guest.From, guest.Until = 0, n.Engine().Status().Height+2
	require.NoError(t, s.send("grid", &ledger.RegisterIdentity{Identity: guest}))
	require.NoError(t, n.Heartbeat(t.Context(), 3))
	s.refused("identity.ended", s.send("grid", &ledger.RevokeIdentity{ID: "guest"}))
	require.NoError(t, s.send("grid", &ledger.RevokeIdentity{ID: "W1"}))
	s.refused("identity.ended", s.send("grid", &ledger.RevokeIdentity{ID: "W1"}))
}

// Who is registered after a round was opened must not take the place of somebody who is waited for.
func TestANewcomerDoesNotShutAnotherOutOfTheRound(t *testing.T) {
	n := seededNetwork(t, 1, 1)
	ctx, s := t.Context(), sender{t, n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	round, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	newcomer, err := ledger.NewParty(nil, "newcomer", ledger.RoleDER)
	require.NoError(t, err)
	require.NoError(t, s.send("grid", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	c, err := ledger.Connect(ctx, n.Engine(), newcomer)
	require.NoError(t, err)
	for _, der := range []string{"W1", "W2", "T1"} {
		_, err := n.CommitChoice(ctx, 1, round, der, "")
		require.NoError(t, err)
	}
	_, err = c.Send(ctx, &ledger.CommitChoice{Period: 1, Round: round})
	s.refused("choice.party", err)
	_, err = n.CommitChoice(ctx, 1, round, "B1", "")
	require.NoError(t, err, "the fourth of the four who are expected")
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.Equal(t, r.Expected, r.Committed)
	_, err = c.Send(ctx, &ledger.CommitChoice{Period: 1, Round: round})
	s.refused("choice.party", err)
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
