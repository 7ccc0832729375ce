package contracts_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// line returns a settlement line whose pseudonym begins with the byte order.
func line(order byte, amount ledger.Money) contracts.SettlementLine {
	return contracts.SettlementLine{Pseudonym: ledger.Hash{order}, Amount: amount}
}

// The parts of a settlement add up over all of them, and the period is open
// before the last one.
func TestFaultPartsOfASettlementAddUp(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	part := func(part uint64, lines ...contracts.SettlementLine) error {
		return s.Send("grid", &contracts.SettlePart{Period: 1, Part: part, Lines: lines})
	}
	settle := func(parts uint64, lines ...contracts.SettlementLine) error {
		return s.Send("grid", &contracts.SettlePeriod{Period: 1, Parts: parts, Lines: lines})
	}
	s.Refused("settlement.period", part(0, line(1, 5)))
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s.Refused("settlement.role", s.Send("vpp-1", &contracts.SettlePart{Period: 1}))
	s.Refused("settlement.part", part(1, line(1, 5)))
	s.Refused("settlement.empty", part(0))
	require.NoError(t, part(0, line(1, 5), line(2, -7)))
	s.Refused("settlement.order", part(1, line(2, 1)))
	s.Refused("settlement.part", part(2, line(3, 1)))
	require.NoError(t, part(1, line(3, 4)))
	s.Refused("settlement.part", settle(1, line(4, -2)))
	s.Refused("settlement.sum", settle(2, line(4, -3)))
	s.Refused("settlement.empty", settle(2))
	_, err := n.ProvePayment(ctx, 1, "W1")
	require.ErrorContains(t, err, "period 1 is not settled")

	// Part 0 begins again and drops the parts before.
	require.NoError(t, part(0, line(1, 5)))
	s.Refused("settlement.part", settle(2, line(9, -5)))
	require.NoError(t, part(1, line(2, -7), line(3, 4)))
	require.NoError(t, settle(2, line(4, -2)))
	s.Refused("settlement.twice", part(0, line(1, 5)))
	s.Refused("settlement.twice", settle(0, line(1, 0)))

	v, err := n.Engine().Read(ctx, contracts.SettlementKey(1))
	require.NoError(t, err)
	var r contracts.SettlementRecord
	require.NoError(t, ledger.Decode("record", v.Value, &r))
	require.EqualValues(t, 4, r.Lines)
	require.Equal(t, ledger.Money(9), r.Turn, "5 and 4 are received, 7 and 2 paid")
	require.Len(t, r.Parts, 3)
	one := line(4, -2)
	require.Equal(t, ledger.MerkleRoot([][]byte{ledger.Encode(&one)}), r.Parts[2].Root)
}

// Two senders of role grid settle at once. Each has its own parts. Before, the
// parts of one could replace those of the other, as long as the sums were
// equal.
func TestAttackPartsOfTwoSendersDoNotMix(t *testing.T) {
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: testnet.Members(), Random: rand.NewChaCha8([32]byte{1})})
	require.NoError(t, err)
	defer n.Close()
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	other, err := client.NewParty(nil, "grid-2", ledger.RoleGrid)
	require.NoError(t, err)
	require.NoError(t, s.Send("regulator", &ledger.RegisterIdentity{Identity: other.Identity()}))
	second, err := client.Connect(ctx, n.Engine(), other)
	require.NoError(t, err)
	part := func(lines ...contracts.SettlementLine) *contracts.SettlePart {
		return &contracts.SettlePart{Period: 1, Lines: lines}
	}
	require.NoError(t, s.Send("grid", part(line(1, 5), line(2, -7))))
	_, err = second.Send(ctx, part(line(3, -2)))
	require.NoError(t, err)
	require.NoError(t, s.Send("grid", &contracts.SettlePeriod{Period: 1, Parts: 1, Lines: []contracts.SettlementLine{line(4, 2)}}))
	_, err = second.Send(ctx, &contracts.SettlePeriod{Period: 1, Parts: 1, Lines: []contracts.SettlementLine{line(4, 2)}})
	s.Refused("settlement.twice", err)
	v, err := n.Engine().Read(ctx, contracts.SettlementKey(1))
	require.NoError(t, err)
	var r contracts.SettlementRecord
	require.NoError(t, ledger.Decode("record", v.Value, &r))
	require.EqualValues(t, 3, r.Lines)
	require.Equal(t, ledger.Money(7), r.Turn)
}

// A settled period has no further choice round, whose penalties no settlement
// could charge, and no other weights.
func TestAttackSettledPeriodStaysClosed(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, s.Send("grid", &contracts.SettlePeriod{Period: 1, Lines: []contracts.SettlementLine{line(1, 0)}}))
	_, err := n.OpenRound(ctx, 1)
	s.Refused("choice.settled", err)
	s.Refused("weights.period", n.PublishWeights(ctx, 1, [3]float64{0, 1, 0}))
}

// New weights of a period cannot end the phase for schemes earlier than those
// before.
func TestAttackNewWeightsDoNotShortenThePhase(t *testing.T) {
	n := testnet.StartWindows(t, 1, 1, client.Windows{Schemes: 200, SchemeTime: -1})
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	publish := func(version, deadline uint64, open int64) error {
		return s.Send("grid", &contracts.PublishWeights{Weights: contracts.Weights{
			Period: 1, Version: version, Economic: 1_000_000, Effective: 5, Deadline: deadline, OpenMillis: open,
		}})
	}
	require.NoError(t, publish(1, 100, 60_000))
	s.Refused("weights.deadline", publish(2, 99, 60_000))
	before, err := n.Weights(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, publish(2, 100, 0))
	after, err := n.Weights(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, before.Until, after.Until, "the block time of the first version holds")
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{0, 1, 0}), "the phase can be extended")
	require.NoError(t, n.Heartbeat(ctx, 220))
	_, err = n.OpenRound(ctx, 1)
	require.NoError(t, err)
	s.Refused("weights.period", n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
}

// 7000 parties need two transactions, and 100 000 with TRIGRID_SLOW=1 about 16.
// Before, about 5000 parties were the limit. Payments of both parts are proved
// and audited.
func TestFaultSettlementOfManyParties(t *testing.T) {
	parties := 7000
	if os.Getenv("TRIGRID_SLOW") == "1" {
		parties = 100_000
	}
	members := []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "regulator", Role: ledger.RoleRegulator}}
	var payments []client.Payment
	for i := range parties {
		members = append(members, client.PartyConfig{ID: fmt.Sprintf("d%06d", i), Role: ledger.RoleDER})
		payments = append(payments, client.Payment{Party: members[i+2].ID, Amount: ledger.Money(i%2*200 - 100)})
	}
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: members, Random: rand.NewChaCha8([32]byte{1})})
	require.NoError(t, err)
	defer n.Close()
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	before := n.Engine().Status().Height
	require.NoError(t, n.Settle(ctx, 1, payments))
	require.Greater(t, n.Engine().Status().Height-before, uint64(1), "one transaction holds fewer parties")
	got, err := n.AuditSettlement(ctx, 1, "regulator")
	require.NoError(t, err)
	require.Equal(t, payments, got)

	verifier, trust := n.Engine().Trust()
	seen := map[uint64]bool{}
	for i := 0; len(seen) < 2; i++ {
		p, err := n.ProvePayment(ctx, 1, payments[i].Party)
		require.NoError(t, err)
		require.Equal(t, payments[i].Amount, p.Line.Amount)
		require.LessOrEqual(t, len(p.Path.Siblings), 13)
		b, err := p.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, p.Verify(verifier, trust))
		// The line does not lie in another part.
		var forged contracts.PaymentProof
		require.NoError(t, forged.UnmarshalBinary(bytes.Clone(b)))
		forged.Part ^= 1
		require.Error(t, forged.Verify(verifier, trust))
		forged.Record.Parts = slices.Clone(p.Record.Parts)
		forged.Record.Parts[forged.Part] = p.Record.Parts[p.Part]
		require.Error(t, forged.Verify(verifier, trust), "the record is not that of the state")
		seen[p.Part] = true
	}
}
