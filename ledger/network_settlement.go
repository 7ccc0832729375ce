package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Payment is what a party receives in a settlement; a negative amount is what it pays.
type Payment struct {
	Party  string
	Amount Money
}

// settlementInfo separates openings of pseudonyms from other messages under the same keys.
func settlementInfo(chain Hash, period uint64) []byte {
	x := hashOf(domainSettlement, chain[:], encode(&counter{period}))
	return x[:]
}

// Settle has the grid settle a period: payments that sum to zero, one per party. [Balance] rounds amounts so that they
// do.
func (n *Network) Settle(ctx context.Context, period uint64, payments []Payment) error {
	chain := n.engine.Chain()
	secret, err := NewPeriodKey(n.random, chain, period)
	if err != nil {
		return err
	}
	defer secret.Destroy()
	m := &SettlePeriod{Period: period}
	seen := map[string]bool{}
	var errs []error
	for _, p := range payments {
		c, err := n.Client(p.Party)
		if err == nil && seen[p.Party] {
			err = fmt.Errorf("ledger: settlement has two payments for %q; add them up", p.Party)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		seen[p.Party] = true
		o := opening{period: period, salt: secret.Salt(p.Party)}
		m.Lines = append(m.Lines, SettlementLine{secret.Settlement(p.Party), p.Amount})
		s, err := Seal(n.random, c.party.Identity().Seal, settlementInfo(chain, period), []byte(p.Party), encode(&o))
		errs = append(errs, err)
		m.Envelopes = append(m.Envelopes, s)
	}
	for _, x := range n.members {
		if x.Role != RoleRegulator {
			continue
		}
		s, err := secret.Escrow(n.random, n.clients[x.ID].party.Identity().Seal)
		errs = append(errs, err)
		m.Escrow = append(m.Escrow, s)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	slices.SortFunc(m.Lines, func(a, b SettlementLine) int { return bytes.Compare(a.Pseudonym[:], b.Pseudonym[:]) })
	if err := shuffle(n.random, m.Envelopes); err != nil {
		return err
	}
	_, err = n.grid.Send(ctx, m)
	return err
}

// AuditSettlement has a regulator open every line of a settled period with the escrowed period key. Lines that belong to
// none of the registered parties are an error, for such a line is money that went nowhere.
func (n *Network) AuditSettlement(ctx context.Context, period uint64, regulator string) ([]Payment, error) {
	c, err := n.member(regulator, RoleRegulator)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range n.members {
		names = append(names, m.ID)
	}
	return c.AuditSettlement(ctx, period, names)
}

// AuditSettlement opens the lines of a settled period with the period key escrowed to the client's party, a regulator.
// parties are the names to look for. Payments are in the order of parties.
func (c *Client) AuditSettlement(ctx context.Context, period uint64, parties []string) ([]Payment, error) {
	var record SettlementRecord
	has, err := c.get(ctx, SettlementKey(period), &record)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, fmt.Errorf("ledger: period %d is not settled", period)
	}
	var m SettlePeriod
	if err := c.message(ctx, record.At, &m); err != nil {
		return nil, err
	}
	var secret *PeriodKey
	for _, s := range m.Escrow {
		if secret, err = openEscrow(c.party.now().open, c.engine.Chain(), period, s); err == nil {
			break
		}
	}
	if secret == nil {
		return nil, fmt.Errorf("%w: the key of period %d is not escrowed to %q", ErrNotForMe, period, c.party.ID())
	}
	amounts := make(map[Hash]Money, len(m.Lines))
	for _, l := range m.Lines {
		amounts[l.Pseudonym] = l.Amount
	}
	var out []Payment
	for _, name := range parties {
		line := secret.Settlement(name)
		if amount, has := amounts[line]; has {
			out = append(out, Payment{name, amount})
			delete(amounts, line) // a name given twice must not stand for a line of nobody's
		}
	}
	if len(out) != len(m.Lines) {
		return out, fmt.Errorf("ledger: %d of the %d lines of period %d belong to nobody named", len(m.Lines)-len(out), len(m.Lines), period)
	}
	return out, nil
}

// ProvePayment has a party find its own line of a settled period and prove it. The proof needs nothing but the chain's
// genesis to be verified, and shows that one line.
func (n *Network) ProvePayment(ctx context.Context, period uint64, party string) (*PaymentProof, error) {
	c, err := n.Client(party)
	if err != nil {
		return nil, err
	}
	return c.ProvePayment(ctx, period)
}

// ProvePayment finds and proves the client's own line of a settled period.
func (c *Client) ProvePayment(ctx context.Context, period uint64) (*PaymentProof, error) {
	p := &PaymentProof{Party: c.party.ID(), Period: period}
	v, err := c.Read(ctx, Certified, SettlementKey(period))
	if err != nil {
		return nil, err
	}
	if !v.Present {
		return nil, fmt.Errorf("ledger: period %d is not settled", period)
	}
	if err := decode("settlement", v.Value, &p.Record); err != nil {
		return nil, err
	}
	p.State = v.Proof
	if p.Header, err = c.engine.Certified(ctx, v.Height); err != nil {
		return nil, err
	}
	var m SettlePeriod
	if err := c.message(ctx, p.Record.At, &m); err != nil {
		return nil, err
	}
	chain := c.engine.Chain()
	for _, s := range m.Envelopes {
		b, err := c.party.now().open.Open(settlementInfo(chain, period), []byte(p.Party), s)
		if err != nil {
			continue
		}
		var o opening
		if err := decode("opening", b, &o); err != nil {
			return nil, err
		}
		mine := Pseudonym(chain, period, p.Party, o.salt)
		i := slices.IndexFunc(m.Lines, func(l SettlementLine) bool { return l.Pseudonym == mine })
		if i < 0 {
			return nil, fmt.Errorf("ledger: the grid sent %q an opening that fits no line of period %d", p.Party, period)
		}
		p.Line, p.Salt, p.Path = m.Lines[i], o.salt, newMerkleTree(encodeAll(m.Lines)).path(i)
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q has no line in the settlement of period %d", ErrNotForMe, p.Party, period)
}
