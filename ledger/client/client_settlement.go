package client

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// AuditSettlement resolves the lines of a settled period with the period key that was escrowed to
// the client's party, a regulator. parties are the names to look for, and the payments are in their
// order. A line of none of these names is an error, because its money has no known recipient.
func (c *Client) AuditSettlement(ctx context.Context, period uint64, parties []string) ([]Payment, error) {
	var record contracts.SettlementRecord
	has, err := c.Load(ctx, contracts.SettlementKey(period), &record)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, fmt.Errorf("ledger: period %d is not settled", period)
	}
	var m contracts.SettlePeriod
	if err := c.message(ctx, record.At, &m); err != nil {
		return nil, err
	}
	var secret *contracts.PeriodKey
	for _, s := range m.Escrow {
		if secret, err = contracts.OpenEscrow(c.party.now().open, c.engine.Chain(), period, s); err == nil {
			break
		}
	}
	if secret == nil {
		return nil, fmt.Errorf("%w: the key of period %d is not escrowed to %q", contracts.ErrNotForMe, period, c.party.ID())
	}
	// Pseudonyms cannot be inverted; the key computes the pseudonym of each name instead.
	amounts := make(map[ledger.Hash]ledger.Money, len(m.Lines))
	for _, l := range m.Lines {
		amounts[l.Pseudonym] = l.Amount
	}
	var out []Payment
	for _, name := range parties {
		line := secret.Settlement(name)
		if amount, has := amounts[line]; has {
			out = append(out, Payment{name, amount})
			delete(amounts, line) // a repeated name must not count for the line of another party
		}
	}
	if len(out) != len(m.Lines) {
		return nil, fmt.Errorf("ledger: %d of the %d lines of period %d belong to none of the given parties", len(m.Lines)-len(out), len(m.Lines), period)
	}
	return out, nil
}

// ProvePayment proves the client's own line of a settled period. The proof reveals no other line.
func (c *Client) ProvePayment(ctx context.Context, period uint64) (*contracts.PaymentProof, error) {
	p := &contracts.PaymentProof{Party: c.party.ID(), Period: period}
	v, err := c.Read(ctx, Certified, contracts.SettlementKey(period))
	if err != nil {
		return nil, err
	}
	if !v.Present {
		return nil, fmt.Errorf("ledger: period %d is not settled", period)
	}
	if err := ledger.Decode("settlement", v.Value, &p.Record); err != nil {
		return nil, err
	}
	// The header is that of the proof's height, so that the two fit together.
	p.State = v.Proof
	if p.Header, err = c.engine.Certified(ctx, v.Height); err != nil {
		return nil, err
	}
	var m contracts.SettlePeriod
	if err := c.message(ctx, p.Record.At, &m); err != nil {
		return nil, err
	}
	i, salt, err := m.FindLine(c.party.now().open, c.engine.Chain(), p.Party)
	if err != nil {
		return nil, err
	}
	p.Line, p.Salt, p.Path = m.Lines[i], salt, ledger.MerklePath(ledger.EncodeAll(m.Lines), i)
	return p, nil
}
