package contracts

import (
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// A settlement is a list of amounts that sums to zero. Parties appear under
// pseudonyms,
//
//	pseudonym = H(chain, period, party, salt),
//
// and the grid seals each salt to its party. Every reader can check that the
// sum is zero. A party finds its own line and can show it to an auditor, who
// then learns that line only.

// SettlementLine is one party's amount in a period. Receiving is positive.
type SettlementLine struct {
	Pseudonym ledger.Hash
	Amount    ledger.Money
}

// Layout implements [ledger.Coded].
func (l *SettlementLine) Layout(c *codec.Coder) {
	c.Fixed(l.Pseudonym[:])
	codec.Int64(c, &l.Amount)
}

// Pseudonym hides a party behind 32 secret random bytes. A party with the salt
// can prove that the pseudonym is its own. No salt proves that it belongs to
// another party.
func Pseudonym(chain ledger.Hash, period uint64, party string, salt [SaltSize]byte) ledger.Hash {
	return ledger.HashOf(domainPseudonym, chain[:], ledger.Encode(&ledger.Counter{N: period}), []byte(party), salt[:])
}

// A settlement of more lines than fit into one transaction has several parts.
// [SettlePart] sends each but the last one, and [SettlePeriod] the last one.
// The parts of each sender are a settlement of their own. The amounts of all
// its parts together sum to zero, and the period is settled with the last part
// only. For example, 100,000 parties need 16 parts of 900 KiB, at about 150
// bytes for a line and its sealed salt.

// SettlePart sends one part of a settlement. The grid sends the parts in order,
// from 0. Part 0 begins again, so that a grid that has lost its place does not
// leave a period open.
type SettlePart struct {
	Period, Part uint64
	Lines        []SettlementLine // in ascending order of pseudonym, over all parts
	Envelopes    []ledger.Sealed  // sealed salts of any lines of the settlement
}

// Kind implements [ledger.Message].
func (*SettlePart) Kind() string { return "settlement.part" }

// Layout implements [ledger.Coded].
func (m *SettlePart) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Part)
	codec.List(c, &m.Lines, 1<<20, func(c *codec.Coder, l *SettlementLine) { l.Layout(c) })
	codec.List(c, &m.Envelopes, 1<<20, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
}

// SettlePeriod settles a period. The grid sends it once per period, after the
// last choice round.
type SettlePeriod struct {
	Period    uint64
	Parts     uint64           // number of SettlePart messages before; 0 if all lines are here
	Lines     []SettlementLine // in ascending order of pseudonym; amounts of all parts sum to zero
	Envelopes []ledger.Sealed  // one sealed salt per party, without names; see SealOpening
	Escrow    []ledger.Sealed  // the period key, sealed to each regulator
}

// Kind implements [ledger.Message].
func (*SettlePeriod) Kind() string { return "settlement.settle" }

// Layout implements [ledger.Coded].
func (m *SettlePeriod) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Parts)
	codec.List(c, &m.Lines, 1<<20, func(c *codec.Coder, l *SettlementLine) { l.Layout(c) })
	codec.List(c, &m.Envelopes, 1<<20, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
	codec.List(c, &m.Escrow, 1<<10, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
}

// SettlementRecord is the ledger's record of a settled period.
type SettlementRecord struct {
	Period uint64
	Lines  uint64           // number of lines of all parts
	Parts  []SettlementPart // in ascending order of pseudonym; at least one
	Turn   ledger.Money     // sum of the positive amounts
}

// SettlementPart is one part of a [SettlementRecord].
type SettlementPart struct {
	Lines uint64          // number of lines of this part
	Root  ledger.Hash     // RFC 6962 root over them
	At    ledger.Location // place of the transaction with them
}

// maxParts is the largest number of parts of a settlement, enough for 6 million
// parties.
const maxParts = 1 << 10

// Layout implements [ledger.Coded].
func (p *SettlementPart) Layout(c *codec.Coder) {
	c.Uint64(&p.Lines)
	c.Fixed(p.Root[:])
	p.At.Layout(c)
}

// settlementDraft has the parts of a settlement so far.
type settlementDraft struct {
	record         SettlementRecord
	received, paid uint64 // sums of both sides
	last           ledger.Hash
}

// Layout implements [ledger.Coded].
func (d *settlementDraft) Layout(c *codec.Coder) {
	d.record.Layout(c)
	c.Uint64(&d.received)
	c.Uint64(&d.paid)
	c.Fixed(d.last[:])
}

// Layout implements [ledger.Coded].
func (r *SettlementRecord) Layout(c *codec.Coder) {
	c.Uint64(&r.Period)
	c.Uint64(&r.Lines)
	codec.List(c, &r.Parts, maxParts, func(c *codec.Coder, p *SettlementPart) { p.Layout(c) })
	codec.Int64(c, &r.Turn)
}

// SettlementKey is the state key of a [SettlementRecord].
func SettlementKey(period uint64) string { return ledger.Key("settlement", period) }

// draftKey is the state key of the [settlementDraft] of one sender. Parts of
// two senders would otherwise mix, and a settlement could pay one party twice
// and another one not at all.
func draftKey(period uint64, grid string) string {
	return ledger.Key("settlement", period, "draft", grid)
}

// SettlementContract returns the contract "settlement", which accepts
// [SettlePart] and [SettlePeriod].
func SettlementContract() *ledger.TypedContract {
	return ledger.NewContract("settlement",
		ledger.Handle(settlePart, ledger.RoleGrid),
		ledger.Handle(settlePeriod, ledger.RoleGrid),
	)
}

// settlePart adds a part to the draft of a period. It leaves the period open.
func settlePart(c *ledger.Context, m *SettlePart) error {
	var w Weights
	if !c.Load(WeightsKey(m.Period), &w) {
		return ledger.Refuse("settlement.period", "no weights are published for period %d", m.Period)
	}
	if _, twice := c.Get(SettlementKey(m.Period)); twice {
		return ledger.Refuse("settlement.twice", "period %d is settled", m.Period)
	}
	d := &settlementDraft{record: SettlementRecord{Period: m.Period}}
	if m.Part > 0 { // part 0 begins a new draft
		c.Load(draftKey(m.Period, c.Sender.ID), d)
	}
	switch have := uint64(len(d.record.Parts)); {
	case m.Part != have:
		return ledger.Refuse("settlement.part", "part %d of period %d, want %d", m.Part, m.Period, have)
	case have >= maxParts-1:
		return ledger.Refuse("settlement.parts", "%d parts are the most", maxParts)
	case len(m.Lines) == 0:
		return ledger.Refuse("settlement.empty", "part %d has no lines", m.Part)
	}
	if err := d.add(c, m.Lines); err != nil {
		return err
	}
	c.Store(draftKey(m.Period, c.Sender.ID), d)
	return nil
}

// settlePeriod rejects a second settlement and one during a choice round, whose
// penalties are not known yet.
func settlePeriod(c *ledger.Context, m *SettlePeriod) error {
	var w Weights
	var rounds ledger.Counter
	var last Round
	switch {
	case !c.Load(WeightsKey(m.Period), &w):
		return ledger.Refuse("settlement.period", "no weights are published for period %d", m.Period)
	case len(m.Lines) == 0:
		return ledger.Refuse("settlement.empty", "no lines; the last part has at least one")
	case c.Load(RoundsKey(m.Period), &rounds) && c.Load(RoundKey(m.Period, rounds.N), &last) && !last.Closed:
		return ledger.Refuse("settlement.round", "choice round %d is still open", rounds.N)
	}
	if _, twice := c.Get(SettlementKey(m.Period)); twice {
		return ledger.Refuse("settlement.twice", "period %d is settled", m.Period)
	}
	d := &settlementDraft{record: SettlementRecord{Period: m.Period}}
	if m.Parts > 0 {
		c.Load(draftKey(m.Period, c.Sender.ID), d)
	}
	if have := uint64(len(d.record.Parts)); have != m.Parts {
		return ledger.Refuse("settlement.part", "the settlement of period %d has %d parts before, the ledger has %d", m.Period, m.Parts, have)
	}
	if err := d.add(c, m.Lines); err != nil {
		return err
	}
	if d.received != d.paid {
		return ledger.Refuse("settlement.sum", "%s is received and %s is paid", ledger.Money(d.received), ledger.Money(d.paid))
	}
	d.record.Turn = ledger.Money(d.received)
	c.Delete(draftKey(m.Period, c.Sender.ID))
	c.Store(SettlementKey(m.Period), &d.record)
	return nil
}

// add checks the order of the lines of a part, over all parts, and adds their
// amounts. Both sides are added as unsigned numbers, so that no intermediate
// sum overflows.
func (d *settlementDraft) add(c *ledger.Context, lines []SettlementLine) error {
	for i := range lines {
		if (i > 0 || d.record.Lines > 0) && string(d.last[:]) >= string(lines[i].Pseudonym[:]) {
			return ledger.Refuse("settlement.order", "line %d of this part does not follow the line before it in ascending order of pseudonym", i)
		}
		d.last = lines[i].Pseudonym
		side, amount := &d.received, uint64(lines[i].Amount)
		if lines[i].Amount < 0 {
			side, amount = &d.paid, -amount
		}
		if *side += amount; *side > math.MaxInt64 {
			return ledger.Refuse("settlement.range", "amounts exceed the range of money")
		}
	}
	d.record.Lines += uint64(len(lines))
	d.record.Parts = append(d.record.Parts, SettlementPart{
		Lines: uint64(len(lines)), Root: ledger.MerkleRoot(ledger.EncodeAll(lines)), At: ledger.Location{Height: c.Height, Index: c.Index},
	})
	return nil
}
