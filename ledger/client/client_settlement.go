package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// AuditSettlement resolves the lines of a settled period with the period key
// that was escrowed to the client's party, a regulator. parties are the names
// to look for, and the payments are in their order. A line of none of these
// names is an error, because its money has no known recipient.
func (c *Client) AuditSettlement(ctx context.Context, period uint64, parties []string) ([]Payment, error) {
	var record contracts.SettlementRecord
	has, err := c.Load(ctx, contracts.SettlementKey(period), &record)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, fmt.Errorf("ledger: period %d is not settled", period)
	}
	parts, err := c.settlement(ctx, &record)
	if err != nil {
		return nil, err
	}
	// The last part has the period key, sealed once for each regulator. Only
	// the own seal opens.
	var secret *contracts.PeriodKey
	for _, s := range parts[len(parts)-1].Escrow {
		if secret, err = contracts.OpenEscrow(c.party.now().open, c.engine.Chain(), period, s); err == nil {
			break
		}
	}
	if secret == nil {
		return nil, fmt.Errorf("%w: the key of period %d is not escrowed to %q", contracts.ErrNotForMe, period, c.party.ID())
	}
	// Pseudonyms cannot be inverted; the key computes the pseudonym of each
	// name instead.
	amounts := make(map[ledger.Hash]ledger.Money, record.Lines)
	for _, m := range parts {
		for _, l := range m.Lines {
			amounts[l.Pseudonym] = l.Amount
		}
	}
	var out []Payment
	for _, name := range parties {
		line := secret.Settlement(name)
		if amount, has := amounts[line]; has {
			out = append(out, Payment{name, amount})
			// A repeated name must not count for the line of another party.
			delete(amounts, line)
		}
	}
	// All lines together are the money of the period, so that a regulator
	// accounts for each.
	if open := record.Lines - uint64(len(out)); open > 0 {
		return nil, fmt.Errorf("ledger: %d of the %d lines of period %d belong to none of the given parties", open, record.Lines, period)
	}
	return out, nil
}

// ProvePayment proves the client's own line of a settled period. The proof
// reveals no other line.
func (c *Client) ProvePayment(ctx context.Context, period uint64) (*contracts.PaymentProof, error) {
	p := &contracts.PaymentProof{Party: c.party.ID(), Period: period}
	// A proof holds at a block that Q replicas certified, for readers without a
	// connection.
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
	parts, err := c.settlement(ctx, &p.Record)
	if err != nil {
		return nil, err
	}
	// An envelope can lie in another part than its line, so that parts do not
	// reveal the parties.
	known := false
	for i := 0; i < len(parts) && !known; i++ {
		p.Salt, err = contracts.OpenSalt(c.party.now().open, c.engine.Chain(), period, p.Party, parts[i].Envelopes)
		if known = err == nil; !known && !errors.Is(err, contracts.ErrNotForMe) {
			return nil, err
		}
	}
	if !known {
		return nil, err
	}
	// The salt is random, so that a reader of the chain cannot try names.
	mine := contracts.Pseudonym(c.engine.Chain(), period, p.Party, p.Salt)
	for k, m := range parts {
		if i := slices.IndexFunc(m.Lines, func(l contracts.SettlementLine) bool { return l.Pseudonym == mine }); i >= 0 {
			p.Part, p.Line, p.Path = uint64(k), m.Lines[i], ledger.MerklePath(ledger.EncodeAll(m.Lines), i)
			return p, nil
		}
	}
	return nil, fmt.Errorf("ledger: the grid sent %q an opening that fits no line of period %d", p.Party, period)
}

// settlement returns the parts of a settlement; the last one has the escrow.
func (c *Client) settlement(ctx context.Context, r *contracts.SettlementRecord) ([]contracts.SettlePeriod, error) {
	out := make([]contracts.SettlePeriod, len(r.Parts))
	for i, at := range r.Parts {
		if i == len(r.Parts)-1 {
			if err := c.message(ctx, at.At, &out[i]); err != nil {
				return nil, err
			}
		} else {
			// Earlier parts have lines and envelopes only; they are read in the
			// form of the last one.
			var m contracts.SettlePart
			if err := c.message(ctx, at.At, &m); err != nil {
				return nil, err
			}
			out[i].Lines, out[i].Envelopes = m.Lines, m.Envelopes
		}
		// The present validators certify the record, and the record the lines.
		if ledger.MerkleRoot(ledger.EncodeAll(out[i].Lines)) != at.Root {
			return nil, fmt.Errorf("ledger: the lines of block %d do not have the root in the record of period %d", at.At.Height, r.Period)
		}
	}
	return out, nil
}
