package client

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// Payment is a party's amount in a settlement. Receiving is positive.
type Payment struct {
	Party  string
	Amount ledger.Money
}

// Settle settles a period with payments that sum to zero, one per party. [ledger.Balance] rounds
// amounts to such payments. The period key is destroyed afterwards; only regulators, who receive it
// sealed, can resolve all pseudonyms. More parties than fit into one transaction are settled in
// several, of which the last one settles the period.
//
// Refusals: "settlement.sum" if the payments do not sum to zero, "settlement.round" during a choice
// round, "settlement.twice" for a settled period.
func (n *Network) Settle(ctx context.Context, period uint64, payments []Payment) error {
	chain := n.engine.Chain()
	secret, err := contracts.NewPeriodKey(n.random, chain, period)
	if err != nil {
		return err
	}
	defer secret.Destroy()
	m := &contracts.SettlePeriod{Period: period}
	seen := map[string]bool{}
	var bad faults.List
	for _, p := range payments {
		c, err := n.Client(p.Party)
		if err == nil && seen[p.Party] {
			err = fmt.Errorf("ledger: settlement has two payments for %q; add them up", p.Party)
		}
		if err != nil {
			bad.Add(err)
			continue
		}
		seen[p.Party] = true
		m.Lines = append(m.Lines, contracts.SettlementLine{Pseudonym: secret.Settlement(p.Party), Amount: p.Amount})
		s, err := contracts.SealOpening(n.random, c.party.Identity().Seal, chain, period, p.Party, secret.Salt(p.Party))
		bad.Add(err)
		m.Envelopes = append(m.Envelopes, s)
	}
	// Each regulator receives the period key.
	for _, x := range n.members {
		if x.Role != ledger.RoleRegulator {
			continue
		}
		s, err := secret.Escrow(n.random, n.clients[x.ID].party.Identity().Seal)
		bad.Add(err)
		m.Escrow = append(m.Escrow, s)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	// Lines are sorted by pseudonym and envelopes are shuffled, so that neither order reveals the
	// parties.
	slices.SortFunc(m.Lines, func(a, b contracts.SettlementLine) int { return bytes.Compare(a.Pseudonym[:], b.Pseudonym[:]) })
	if err := entropy.Shuffle(n.random, m.Envelopes); err != nil {
		return err
	}
	return n.settleInParts(ctx, m)
}

// partBytes is the longest part of a settlement. The rest of an operation is for the escrow.
const partBytes = 900 << 10

// settleInParts sends the lines of m in as few transactions as they need, of equal size.
func (n *Network) settleInParts(ctx context.Context, m *contracts.SettlePeriod) error {
	all := len(m.Lines)
	parts := 1 + (len(ledger.Encode(m))-1)/partBytes
	cut := func(k int) int { return all * k / parts }
	for k := range parts - 1 {
		part := &contracts.SettlePart{Period: m.Period, Part: uint64(k), Lines: m.Lines[cut(k):cut(k+1)], Envelopes: m.Envelopes[cut(k):cut(k+1)]}
		if _, err := n.grid.Send(ctx, part); err != nil {
			return err
		}
	}
	last := *m
	last.Parts, last.Lines, last.Envelopes = uint64(parts-1), m.Lines[cut(parts-1):], m.Envelopes[cut(parts-1):]
	_, err := n.grid.Send(ctx, &last)
	return err
}

// AuditSettlement is [Client.AuditSettlement] of a regulator, for all members.
func (n *Network) AuditSettlement(ctx context.Context, period uint64, regulator string) ([]Payment, error) {
	c, err := n.member(regulator, ledger.RoleRegulator)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range n.members {
		names = append(names, m.ID)
	}
	return c.AuditSettlement(ctx, period, names)
}

// ProvePayment is [Client.ProvePayment] of a member. A verifier needs only the chain's genesis.
func (n *Network) ProvePayment(ctx context.Context, period uint64, party string) (*contracts.PaymentProof, error) {
	c, err := n.Client(party)
	if err != nil {
		return nil, err
	}
	return c.ProvePayment(ctx, period)
}
