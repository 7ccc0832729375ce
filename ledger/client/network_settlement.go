package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// Settle settles a period with payments that sum to zero, one per party.
// [ledger.Balance] rounds amounts to such payments. The period key is destroyed
// afterwards; only regulators, who receive it sealed, can resolve all
// pseudonyms. More parties than fit into one transaction are settled in
// several, of which the last one settles the period.
//
// Refusals: "settlement.sum" if the payments do not sum to zero,
// "settlement.round" during a choice round, "settlement.twice" for a settled
// period.
func (n *Network) Settle(ctx context.Context, period uint64, payments []Payment) error {
	var regulators []ledger.Identity
	for _, x := range n.members {
		if x.Role == ledger.RoleRegulator {
			regulators = append(regulators, n.clients[x.ID].party.Identity())
		}
	}
	return n.grid.settle(ctx, n.random, period, payments, regulators, func(party string) (ledger.Identity, error) {
		c, err := n.Client(party)
		if err != nil {
			return ledger.Identity{}, err
		}
		return c.party.Identity(), nil
	})
}

// Settle settles a period with payments to registered parties, whose keys it
// reads from the ledger with proofs. The client's party is the grid. The period
// key is sealed to the named regulators and destroyed afterwards. A nil reader
// is the operating system's source of random numbers. See [Network.Settle] for
// the rules of payments and the refusals.
func (c *Client) Settle(ctx context.Context, random io.Reader, period uint64, payments []Payment, regulators []string) error {
	identity := func(name string) (id ledger.Identity, err error) {
		has, err := c.Load(ctx, ledger.IdentityKey(name), &id)
		if err == nil && !has {
			err = fmt.Errorf("ledger: %q is not registered; register its identity first, or correct the name", name)
		}
		return id, err
	}
	var to []ledger.Identity
	var bad faults.List
	for _, name := range regulators {
		id, err := identity(name)
		if err == nil && id.Role != ledger.RoleRegulator {
			err = fmt.Errorf("ledger: %q is of role %s, want %s", name, id.Role, ledger.RoleRegulator)
		}
		bad.Add(err)
		to = append(to, id)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return c.settle(ctx, random, period, payments, to, identity)
}

// settle builds and sends the messages of a settlement.
func (c *Client) settle(ctx context.Context, random io.Reader, period uint64, payments []Payment, regulators []ledger.Identity, identity func(party string) (ledger.Identity, error)) error {
	chain := c.engine.Chain()
	secret, err := contracts.NewPeriodKey(random, chain, period)
	if err != nil {
		return err
	}
	defer secret.Destroy()
	m := &contracts.SettlePeriod{Period: period}
	seen := map[string]bool{}
	var bad faults.List
	for _, p := range payments {
		id, err := identity(p.Party)
		if err == nil && seen[p.Party] {
			err = fmt.Errorf("ledger: settlement has two payments for %q; add them up", p.Party)
		}
		if err != nil {
			bad.Add(err)
			continue
		}
		seen[p.Party] = true
		m.Lines = append(m.Lines, contracts.SettlementLine{Pseudonym: secret.Settlement(p.Party), Amount: p.Amount})
		s, err := contracts.SealOpening(random, id.Seal, chain, period, p.Party, secret.Salt(p.Party))
		bad.Add(err)
		m.Envelopes = append(m.Envelopes, s)
	}
	// Each regulator receives the period key.
	for _, r := range regulators {
		s, err := secret.Escrow(random, r.Seal)
		bad.Add(err)
		m.Escrow = append(m.Escrow, s)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	// Lines are sorted by pseudonym and envelopes are shuffled, so that neither
	// order reveals the parties.
	slices.SortFunc(m.Lines, func(a, b contracts.SettlementLine) int { return bytes.Compare(a.Pseudonym[:], b.Pseudonym[:]) })
	if err := entropy.Shuffle(random, m.Envelopes); err != nil {
		return err
	}
	return c.settleInParts(ctx, m)
}

// partBytes is the longest part of a settlement. The rest of an operation is
// for the escrow.
const partBytes = 900 << 10

// settleInParts sends the lines of m in as few transactions as they need, of
// equal size.
func (c *Client) settleInParts(ctx context.Context, m *contracts.SettlePeriod) error {
	all := len(m.Lines)
	parts := 1 + (len(ledger.Encode(m))-1)/partBytes
	cut := func(k int) int { return all * k / parts }
	for k := range parts - 1 {
		part := &contracts.SettlePart{Period: m.Period, Part: uint64(k), Lines: m.Lines[cut(k):cut(k+1)], Envelopes: m.Envelopes[cut(k):cut(k+1)]}
		if _, err := c.Send(ctx, part); err != nil {
			return err
		}
	}
	last := *m
	last.Parts, last.Lines, last.Envelopes = uint64(parts-1), m.Lines[cut(parts-1):], m.Envelopes[cut(parts-1):]
	_, err := c.Send(ctx, &last)
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

// ProvePayment is [Client.ProvePayment] of a member. A verifier needs only the
// chain's genesis.
func (n *Network) ProvePayment(ctx context.Context, period uint64, party string) (*contracts.PaymentProof, error) {
	c, err := n.Client(party)
	if err != nil {
		return nil, err
	}
	return c.ProvePayment(ctx, period)
}
