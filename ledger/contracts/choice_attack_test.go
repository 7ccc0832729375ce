package contracts_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// Each sender adds heights, also with refused transactions. Heights alone would
// let a DER that has revealed end the phase of the others, which would then
// forfeit.
func TestAttackNoPartyEndsThePhaseOfOthers(t *testing.T) {
	n, s, round := choiceNetwork(t, client.Windows{Commits: 10, Reveals: 10, Penalty: 500})
	ctx := t.Context()
	flood := func() {
		for i := range 40 {
			s.Refused("clock.role", s.Send("W1", &ledger.Heartbeat{}))
			require.NoError(t, s.Send("W1", &ledger.ReadState{Key: fmt.Sprint("a", i)}))
		}
	}
	var pending []client.PendingChoice
	for _, der := range []string{"W1", "W2", "T1", "B1"} {
		p, err := n.CommitChoice(ctx, 1, round, der, "vpp-1")
		require.NoError(t, err)
		pending = append(pending, p)
		if len(pending) == 1 {
			flood() // the heights of the commit phase pass
		}
	}
	require.NoError(t, n.RevealChoice(ctx, pending[0]))
	flood() // and those of the reveal phase
	s.Refused("choice.early", s.Send("W1", &contracts.CloseRound{Period: 1, Round: round}))
	for _, p := range pending[1:] {
		require.NoError(t, n.RevealChoice(ctx, p))
	}
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Empty(t, r.Forfeits)
	require.Len(t, r.Choices, 4)
}

// The chain is idle until the times of both phases have passed, and the first
// message after that needs heights only. The reveal phase begins with it and
// has its whole length.
func TestAttackIdleChainDoesNotShortenTheRevealPhase(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{
		Members: []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "W1", Role: ledger.RoleDER}, {ID: "W2", Role: ledger.RoleDER}, {ID: "W3", Role: ledger.RoleDER}},
		Random:  random, Windows: client.Windows{Commits: 3, CommitTime: time.Minute, Reveals: 3, RevealTime: 5 * time.Hour, Penalty: 500},
		Engine: func(g ledger.Genesis, c []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: c, Random: random, Interval: time.Hour})
		},
	})
	require.NoError(t, err)
	defer n.Close()
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	round, err := n.OpenRound(ctx, 1)
	require.NoError(t, err)
	w1, err := n.CommitChoice(ctx, 1, round, "W1", "")
	require.NoError(t, err)
	w2, err := n.CommitChoice(ctx, 1, round, "W2", "")
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 2)) // W3 commits nothing
	require.NoError(t, n.CloseRound(ctx, 1, round), "it begins the reveal phase")
	require.NoError(t, n.Heartbeat(ctx, 3)) // its heights pass, and 3 of its 5 hours
	require.NoError(t, n.RevealChoice(ctx, w1))
	require.NoError(t, n.Heartbeat(ctx, 2)) // its time passes
	require.ErrorIs(t, n.RevealChoice(ctx, w2), &ledger.Refusal{Code: "choice.late"})
	require.NoError(t, n.CloseRound(ctx, 1, round))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Equal(t, []string{"W2"}, r.Forfeits)
	require.EqualValues(t, 1, r.Forfeited)
}

// The grid's timing of a verdict, or a revocation, must not cost an honest DER
// its penalty.
func TestAttackVerdictsAndRevocationsCostNoPenalty(t *testing.T) {
	n, s, round := choiceNetwork(t, client.Windows{Commits: 6, CommitTime: -1, Reveals: 4, RevealTime: -1, Penalty: 500})
	ctx := t.Context()
	w1, err := n.CommitChoice(ctx, 1, round, "W1", "vpp-2") // submits later, without a verdict
	require.NoError(t, err)
	w2, err := n.CommitChoice(ctx, 1, round, "W2", "vpp-1")
	require.NoError(t, err)
	require.NoError(t, s.Send("grid", &ledger.RevokeIdentity{ID: "W2"}))
	require.NoError(t, n.Heartbeat(ctx, 4))
	require.NoError(t, n.RevealChoice(ctx, w1))
	s.Refused("tx.inactive", n.RevealChoice(ctx, w2))
	require.NoError(t, n.Heartbeat(ctx, 4))
	require.NoError(t, n.CloseRound(ctx, 1, round))
	r, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Empty(t, r.Forfeits)
	require.Zero(t, r.Forfeited)
	require.Equal(t, []contracts.Choice{{DER: "W1", Outcome: contracts.OutcomeVoid}}, r.Choices)
}

// The cost of a commitment and a reveal does not grow with the number of DERs.
// Before, each reveal wrote a list of all choices again, so that 8 times the
// DERs made each reveal about 8 times as expensive.
func TestFaultCostOfAChoiceDoesNotGrowWithTheRoster(t *testing.T) {
	bytesOf := func(ders int) (perReveal int) {
		members := []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "vpp-1", Role: ledger.RoleVPP}}
		for i := range ders {
			members = append(members, client.PartyConfig{ID: fmt.Sprintf("d%06d", i), Role: ledger.RoleDER})
		}
		n, err := client.NewNetwork(t.Context(), client.NetworkConfig{
			Members: members, Random: rand.NewChaCha8([32]byte{1}), Windows: testnet.ShortSchemes(),
		})
		require.NoError(t, err)
		defer n.Close()
		ctx := t.Context()
		require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
		require.NoError(t, n.Heartbeat(ctx, 6))
		r, err := n.Choose(ctx, 1, nil)
		require.NoError(t, err)
		require.True(t, r.Closed)
		require.Len(t, r.Choices, ders)
		largest := 0
		for _, key := range []string{contracts.RoundKey(1, 1), contracts.RoundsKey(1), "identity-roster/der", contracts.ChoiceKey(1, 1, "d000000")} {
			v, err := n.Engine().Read(ctx, key)
			require.NoError(t, err)
			require.True(t, v.Present, key)
			largest = max(largest, len(v.Value))
		}
		return largest
	}
	require.Equal(t, bytesOf(20), bytesOf(160), "the largest value of a round")
}

// The grid cannot open a round before a VPP has had its time to submit a
// scheme. A round that all VPPs are ready for opens at once. Before, the grid
// could shut a VPP out by its haste.
func TestAttackRoundDoesNotShortenThePhaseForSchemes(t *testing.T) {
	n := testnet.StartWindows(t, 1, 1, client.Windows{Schemes: 12, SchemeTime: time.Minute})
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	open := func(period uint64) error {
		_, err := n.OpenRound(ctx, period)
		return err
	}
	submit := func(period uint64, vpp string) {
		require.NoError(t, n.SubmitScheme(ctx, period, vpp, testnet.Scheme("W1")))
		_, err := n.Decide(ctx, period, nil)
		require.NoError(t, err)
	}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	submit(1, "vpp-1")
	s.Refused("choice.schemes", open(1))
	require.NoError(t, n.Heartbeat(ctx, 12)) // the heights pass, not the time
	s.Refused("choice.schemes", open(1))
	submit(1, "vpp-2")
	require.NoError(t, open(1))

	require.NoError(t, n.PublishWeights(ctx, 2, [3]float64{1, 0, 0}))
	s.Refused("choice.schemes", open(2))
	require.NoError(t, n.Heartbeat(ctx, 60))
	require.NoError(t, open(2), "the phase is over")

	// A VPP whose rights have ended is not waited for.
	require.NoError(t, n.PublishWeights(ctx, 3, [3]float64{1, 0, 0}))
	submit(3, "vpp-1")
	s.Refused("choice.schemes", open(3))
	require.NoError(t, s.Send("grid", &ledger.RevokeIdentity{ID: "vpp-2"}))
	require.NoError(t, open(3))
}
