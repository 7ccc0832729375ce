package client_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// runLoop is one whole period: 2 VPPs, 4 DERs.
func runLoop(t *testing.T, ctx context.Context, n *client.Network, period uint64) {
	t.Helper()
	require.NoError(t, n.PublishWeights(ctx, period, [3]float64{0.4, 0.2, 0.4}))
	for i, vpp := range []string{"vpp-1", "vpp-2"} {
		s := contracts.Scheme{Columns: []string{"capacity, MW", "price, currency/MWh"}}
		for j, der := range []string{"W1", "W2", "T1", "B1"} {
			s.Rows = append(s.Rows, contracts.Row{
				DER: der, Values: []ledger.Micro{ledger.Micro(10+j) * ledger.One, ledger.Micro(50+i) * ledger.One}, Note: []byte(vpp + " to " + der),
			})
		}
		require.NoError(t, n.SubmitScheme(ctx, period, vpp, s))
	}
	decisions, err := n.Decide(ctx, period, nil)
	require.NoError(t, err)
	require.Len(t, decisions, 2)
	for _, d := range decisions {
		require.True(t, d.Accepted, d.Reason)
	}
	round, err := n.Choose(ctx, period, map[string]string{"W1": "vpp-1", "W2": "vpp-2", "T1": "vpp-1"})
	require.NoError(t, err)
	require.True(t, round.Closed)
	require.Equal(t, []contracts.Choice{{DER: "B1"}, {DER: "T1", VPP: "vpp-1"}, {DER: "W1", VPP: "vpp-1"}, {DER: "W2", VPP: "vpp-2"}}, round.Choices)
	require.NoError(t, n.Settle(ctx, period, []client.Payment{
		{Party: "grid", Amount: -1000}, {Party: "vpp-1", Amount: 100}, {Party: "W1", Amount: 600}, {Party: "T1", Amount: 300},
	}))
}

func TestWholePeriodOnOneAndOnFourReplicas(t *testing.T) {
	for _, replicas := range []int{1, 4} {
		n := testnet.Start(t, 1, replicas)
		ctx := t.Context()
		runLoop(t, ctx, n, 7)

		w, err := n.Weights(ctx, 7)
		require.NoError(t, err)
		require.Equal(t, [3]float64{0.4, 0.2, 0.4}, w.Fractions())

		// Each DER sees its own row of both schemes and nobody else's.
		for _, der := range []string{"W1", "W2", "T1", "B1"} {
			ds, err := n.Deliveries(ctx, 7, der)
			require.NoError(t, err)
			require.Len(t, ds, 2)
			for _, d := range ds {
				require.Equal(t, der, d.Row.DER)
				require.Equal(t, d.VPP+" to "+der, string(d.Row.Note))
			}
		}

		p, err := n.ProvePayment(ctx, 7, "W1")
		require.NoError(t, err)
		require.Equal(t, ledger.Money(600), p.Line.Amount)
		require.NoError(t, p.Verify(n.Engine().Trust()))
		_, err = n.ProvePayment(ctx, 7, "W2")
		require.ErrorIs(t, err, contracts.ErrNotForMe)
	}
}

func TestOneSeedMakesOneChainToTheByte(t *testing.T) {
	export := func(seed byte) []byte {
		n := testnet.Start(t, seed, 4)
		runLoop(t, t.Context(), n, 1)
		runLoop(t, t.Context(), n, 2)
		var b bytes.Buffer
		require.NoError(t, n.Export(t.Context(), &b))
		return b.Bytes()
	}
	first := export(1)
	require.True(t, bytes.Equal(first, export(1)))
	require.False(t, bytes.Equal(first, export(2)))
}

func TestReplayFindsEveryChangedByte(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	runLoop(t, t.Context(), n, 1)
	var b bytes.Buffer
	require.NoError(t, n.Export(t.Context(), &b))
	_, trust := n.Engine().Trust()

	audit, err := engine.Replay(bytes.NewReader(b.Bytes()), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: trust})
	require.NoError(t, err)
	require.Len(t, audit.Blocks, int(n.Engine().Status().Height))
	require.Equal(t, trust, audit.Trust)
	head := audit.Machine.Head()
	last, err := n.Engine().Block(t.Context(), n.Engine().Status().Height)
	require.NoError(t, err)
	require.Equal(t, last.Header.Hash(), head.Hash())

	// One flipped bit anywhere past the magic line is found. The stated trust
	// is the auditor's own to compare.
	random := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for range 60 {
		c := bytes.Clone(b.Bytes())
		i := 24 + random.IntN(len(c)-24)
		c[i] ^= 1 << random.IntN(8)
		audit, err := engine.Replay(bytes.NewReader(c), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: trust})
		if err == nil {
			require.NotEqual(t, trust, audit.Trust, "byte %d", i)
			continue
		}
		require.ErrorIs(t, err, engine.ErrReplay)
		tried++
	}
	require.Greater(t, tried, 50)

	// A chain cut short replays, but its head is not the one that was certified
	// last.
	_, err = engine.Replay(bytes.NewReader(b.Bytes()[:b.Len()-1]), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: trust})
	require.ErrorIs(t, err, engine.ErrReplay)

	_, other := testnet.Start(t, 2, 1).Engine().Trust()
	_, err = engine.Replay(bytes.NewReader(b.Bytes()), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: other})
	require.ErrorIs(t, err, engine.ErrReplay)
}

func TestContractsRefuseByName(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx := t.Context()
	refused := func(err error, code string) {
		t.Helper()
		require.True(t, errors.Is(err, &ledger.Refusal{Code: code}), "want %s, got %v", code, err)
	}
	send := func(party string, m ledger.Message) error {
		c, err := n.Client(party)
		require.NoError(t, err)
		_, err = c.Send(ctx, m)
		return err
	}
	refused(send("vpp-1", &contracts.PublishWeights{}), "weights.role")
	refused(send("grid", &contracts.PublishWeights{Weights: contracts.Weights{Economic: 1, Version: 1}}), "weights.sum")
	refused(n.SubmitScheme(ctx, 1, "vpp-1", contracts.Scheme{Rows: []contracts.Row{{DER: "W1"}}}), "scheme.period")
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	refused(send("grid", &contracts.PublishWeights{Weights: contracts.Weights{Economic: 1_000_000, Version: 1, Effective: 99, Deadline: 99}}), "weights.version")
	refused(send("W1", &contracts.CommitChoice{Period: 1, Round: 1}), "choice.round")
	refused(n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -1}, {Party: "W1", Amount: 2}}), "settlement.sum")
	refused(send("W1", &ledger.RawMessage{Name: "nothing.known"}), "tx.kind")
	refused(send("grid", &ledger.RawMessage{Name: "clock.heartbeat", Body: []byte{1}}), "clock.malformed")
	refused(send("W1", &ledger.Heartbeat{}), "clock.role")
	require.NoError(t, send("W1", &ledger.ReadState{Key: "weights/version"}))
	require.NoError(t, n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -2}, {Party: "W1", Amount: 2}}))
	refused(n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -2}, {Party: "W1", Amount: 2}}), "settlement.twice")
}
