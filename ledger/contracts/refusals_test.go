package contracts_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestARefusedDERCannotChooseTheVPP(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	refuse := func(ders ...string) *contracts.RefuseDERs {
		m := &contracts.RefuseDERs{Period: 1}
		for _, d := range ders {
			m.List = append(m.List, contracts.Refused{DER: d, Loss: 4000})
		}
		return m
	}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s.Refused("choice.vpp", s.Send("vpp-1", refuse("W1")))
	for _, p := range []string{"vpp-1", "vpp-2"} {
		require.NoError(t, n.SubmitScheme(ctx, 1, p, testnet.Scheme("W1")))
	}
	_, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)

	s.Refused("choice.role", s.Send("grid", refuse("W1")))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse()))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse("W1", "W1")))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse("vpp-2")))
	none, err := n.Refusals(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.Empty(t, none)
	list := []contracts.Refused{{DER: "W1", Loss: 4000}, {DER: "T1", Loss: -1}}
	require.NoError(t, n.RefuseDERs(ctx, 1, "vpp-1", list))
	got, err := n.Refusals(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.Equal(t, []contracts.Refused{{DER: "T1", Loss: -1}, {DER: "W1", Loss: 4000}}, got)
	s.Refused("choice.twice", s.Send("vpp-1", refuse("W1")))

	// The other VPP admits W1. The choice of vpp-1 counts as none.
	r, err := n.Choose(ctx, 1, map[string]string{"W1": "vpp-1", "W2": "vpp-1", "T1": "vpp-2"})
	require.NoError(t, err)
	require.Equal(t, []contracts.Choice{
		{DER: "B1"}, {DER: "T1", VPP: "vpp-2"}, {DER: "W1", Outcome: contracts.OutcomeVoid}, {DER: "W2", VPP: "vpp-1"},
	}, r.Choices)
	s.Refused("choice.round", s.Send("vpp-2", refuse("W1")))
}

// A DER that commits to a VPP which has refused it can reveal, and owes
// nothing. Before, its reveal was rejected, and it forfeited.
func TestAttackRefusalOfAVPPCostsNoPenalty(t *testing.T) {
	n := testnet.StartWindows(t, 1, 1, testnet.ShortSchemes())
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1")))
	_, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.NoError(t, n.RefuseDERs(ctx, 1, "vpp-1", []contracts.Refused{{DER: "W1", Loss: 1}}))
	require.NoError(t, n.Heartbeat(ctx, 6))
	require.NoError(t, s.Send("grid", &contracts.OpenRound{Period: 1, Round: 1, CommitBlocks: 1, RevealBlocks: 1, Penalty: 500}))
	p, err := n.CommitChoice(ctx, 1, 1, "W1", "vpp-1")
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 2))
	require.NoError(t, n.RevealChoice(ctx, p))
	require.NoError(t, n.CloseRound(ctx, 1, 1))
	r, err := n.Round(ctx, 1, 1)
	require.NoError(t, err)
	require.True(t, r.Closed)
	require.Zero(t, r.Forfeited)
	require.Equal(t, []contracts.Choice{{DER: "W1", Outcome: contracts.OutcomeVoid}}, r.Choices)
}

// The cost of a list of refusals does not grow with the number of DERs. Before,
// each name was looked for in a list of all DERs: 80 000 names took minutes
// with a million DERs, on every replica.
func TestAttackRefusalsDoNotReadTheRoster(t *testing.T) {
	// allocations returns those of a refused list with one DER.
	allocations := func(ders int) float64 {
		g := ledger.Genesis{Name: "x"}
		parties := map[string]*client.Party{}
		add := func(id string, role ledger.Role) {
			p, err := client.NewParty(nil, id, role)
			require.NoError(t, err)
			parties[id], g.Identities = p, append(g.Identities, p.Identity())
		}
		add("grid", ledger.RoleGrid)
		add("vpp-1", ledger.RoleVPP)
		for i := range ders {
			add(fmt.Sprintf("d%06d", i), ledger.RoleDER)
		}
		m, err := ledger.NewMachine(ledger.Hash{1}, g, contracts.Coordination()...)
		require.NoError(t, err)
		numbers := map[string]uint64{}
		send := func(code, party string, x ledger.Message) {
			numbers[party]++
			out, err := m.Apply(ledger.Block{Txs: []ledger.Tx{parties[party].Sign(ledger.Hash{1}, numbers[party], x)}})
			require.NoError(t, err)
			require.Equal(t, code, out.Receipts[0].Code, out.Receipts[0].Reason)
		}
		send("", "grid", &contracts.PublishWeights{Weights: contracts.Weights{Period: 1, Version: 1, Economic: 1_000_000, Effective: 2, Deadline: 9}})
		body := ledger.Sealed{Ciphertext: make([]byte, 10)}
		send("", "vpp-1", &contracts.SubmitScheme{Body: body, Header: contracts.SchemeHeader{Chain: ledger.Hash{1}, Period: 1, VPP: "vpp-1", Version: 1, GridKey: "grid", Length: 10}})
		send("", "grid", &contracts.SchemeVerdict{Period: 1, VPP: "vpp-1", Version: 1, Accepted: true})
		list := &contracts.RefuseDERs{Period: 1, List: []contracts.Refused{{DER: "d000001"}, {DER: "none"}}}
		return testing.AllocsPerRun(5, func() { send("choice.refusals", "vpp-1", list) })
	}
	few := allocations(20)
	require.Less(t, allocations(2000), 2*few)
}
