package contracts_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// choiceNetwork has an accepted scheme of vpp-1 and a round with short windows.
func choiceNetwork(t *testing.T, w client.Windows) (*client.Network, testnet.Sender, uint64) {
	t.Helper()
	w.Schemes, w.SchemeTime = 4, -1
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: testnet.Members(), Random: rand.NewChaCha8([32]byte{1}), Windows: w})
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1", "W2", "T1", "B1")))
	_, err = n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 4)) // vpp-2 submits none
	round, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	return n, testnet.Sender{T: t, N: n}, round
}

func TestChoiceIsRevealedAfterAllHaveCommittedAndNotBefore(t *testing.T) {
	n, s, round := choiceNetwork(t, client.Windows{})
	ctx := t.Context()
	var pending []client.PendingChoice
	for i, der := range []string{"W1", "W2", "T1", "B1"} {
		if i == 3 {
			s.Refused("choice.early", n.RevealChoice(ctx, pending[0]))
		}
		p, err := n.CommitChoice(ctx, 1, round, der, "vpp-1")
		require.NoError(t, err)
		pending = append(pending, p)
		_, err = n.CommitChoice(ctx, 1, round, der, "")
		s.Refused("choice.twice", err)
	}
	lie := pending[0]
	lie.VPP = ""
	s.Refused("choice.commitment", n.RevealChoice(ctx, lie))
	stolen := pending[0]
	stolen.DER = "W2"
	s.Refused("choice.commitment", n.RevealChoice(ctx, stolen))
	s.Refused("choice.early", n.CloseRound(ctx, 1, round))
	_, err := n.OpenRound(ctx, 1)
	s.Refused("choice.open", err)
	s.Refused("settlement.round", n.Settle(ctx, 1, []client.Payment{{Party: "grid"}}))
	for _, p := range pending {
		require.NoError(t, n.RevealChoice(ctx, p))
	}
	s.Refused("choice.closed", n.RevealChoice(ctx, pending[0]))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Empty(t, r.Forfeits)
	second, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, round+1, second)
}

func TestChoiceNotRevealedInTimeIsForfeited(t *testing.T) {
	n, s, round := choiceNetwork(t, client.Windows{Commits: 4, CommitTime: -1, Reveals: 4, RevealTime: -1, Penalty: 500})
	ctx := t.Context()
	w1, err := n.CommitChoice(ctx, 1, round, "W1", "vpp-1")
	require.NoError(t, err)
	w2, err := n.CommitChoice(ctx, 1, round, "W2", "vpp-1")
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 2))
	_, err = n.CommitChoice(ctx, 1, round, "T1", "vpp-1")
	s.Refused("choice.late", err)
	require.NoError(t, n.RevealChoice(ctx, w1))
	s.Refused("choice.twice", n.RevealChoice(ctx, w1))
	require.NoError(t, n.Heartbeat(ctx, 3))
	s.Refused("choice.late", n.RevealChoice(ctx, w2))
	s.Refused("choice.uncommitted", n.RevealChoice(ctx, client.PendingChoice{DER: "B1", Period: 1, Round: round}))
	require.NoError(t, n.CloseRound(ctx, 1, round))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Equal(t, []contracts.Choice{{DER: "W1", VPP: "vpp-1"}}, r.Choices)
	require.Equal(t, []string{"W2"}, r.Forfeits)
	require.Equal(t, ledger.Money(500), r.Penalty)
}

// Who is registered after a round was opened must not take the place of
// somebody who is waited for.
func TestANewcomerDoesNotShutAnotherOutOfTheRound(t *testing.T) {
	n := testnet.StartWindows(t, 1, 1, testnet.ShortSchemes())
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.Heartbeat(ctx, 6))
	round, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	newcomer, err := client.NewParty(nil, "newcomer", ledger.RoleDER)
	require.NoError(t, err)
	require.NoError(t, s.Send("grid", &ledger.RegisterIdentity{Identity: newcomer.Identity()}))
	c, err := client.Connect(ctx, n.Engine(), newcomer)
	require.NoError(t, err)
	for _, der := range []string{"W1", "W2", "T1"} {
		_, err := n.CommitChoice(ctx, 1, round, der, "")
		require.NoError(t, err)
	}
	_, err = c.Send(ctx, &contracts.CommitChoice{Period: 1, Round: round})
	s.Refused("choice.party", err)
	_, err = n.CommitChoice(ctx, 1, round, "B1", "")
	require.NoError(t, err, "the fourth of the four who are expected")
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.Equal(t, r.Expected, r.Committed)
	_, err = c.Send(ctx, &contracts.CommitChoice{Period: 1, Round: round})
	s.Refused("choice.party", err)
}
