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

// Payment is what a party receives in a settlement; a negative amount is what it pays.
type Payment struct {
	Party  string
	Amount ledger.Money
}

// Settle has the grid settle a period: payments that sum to zero, one per party. [Balance] rounds amounts so that they
// do.
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
	slices.SortFunc(m.Lines, func(a, b contracts.SettlementLine) int { return bytes.Compare(a.Pseudonym[:], b.Pseudonym[:]) })
	if err := entropy.Shuffle(n.random, m.Envelopes); err != nil {
		return err
	}
	_, err = n.grid.Send(ctx, m)
	return err
}

// AuditSettlement has a regulator open every line of a settled period with the escrowed period key. Lines that belong to
// none of the registered parties are an error, for such a line is money that went nowhere.
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

// ProvePayment has a party find its own line of a settled period and prove it. The proof needs nothing but the chain's
// genesis to be verified, and shows that one line.
func (n *Network) ProvePayment(ctx context.Context, period uint64, party string) (*contracts.PaymentProof, error) {
	c, err := n.Client(party)
	if err != nil {
		return nil, err
	}
	return c.ProvePayment(ctx, period)
}
