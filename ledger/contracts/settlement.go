package contracts

import (
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// A settlement is a list of amounts that sums to zero. Parties appear under pseudonyms,
//
//	pseudonym = H(chain, period, party, salt),
//
// and the grid seals each salt to its party. Every reader can check that the sum is zero. A party
// finds its own line and can show it to an auditor, who then learns that line only.

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

// Pseudonym hides a party behind 32 secret random bytes. A party with the salt can prove that the
// pseudonym is its own. No salt proves that it belongs to another party.
func Pseudonym(chain ledger.Hash, period uint64, party string, salt [SaltSize]byte) ledger.Hash {
	return ledger.HashOf(domainPseudonym, chain[:], ledger.Encode(&ledger.Counter{N: period}), []byte(party), salt[:])
}

// SettlePeriod settles a period. The grid sends it once per period, after the last choice round.
type SettlePeriod struct {
	Period    uint64
	Lines     []SettlementLine // in ascending order of pseudonym; amounts sum to zero
	Envelopes []ledger.Sealed  // one sealed salt per party, without names; see SealOpening
	Escrow    []ledger.Sealed  // the period key, sealed to each regulator
}

// Kind implements [ledger.Message].
func (*SettlePeriod) Kind() string { return "settlement.settle" }

// Layout implements [ledger.Coded].
func (m *SettlePeriod) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	codec.List(c, &m.Lines, 1<<20, func(c *codec.Coder, l *SettlementLine) { l.Layout(c) })
	codec.List(c, &m.Envelopes, 1<<20, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
	codec.List(c, &m.Escrow, 1<<10, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
}

// SettlementRecord is the ledger's record of a settled period.
type SettlementRecord struct {
	Period uint64
	Lines  uint64          // number of lines
	Root   ledger.Hash     // RFC 6962 root over the lines
	Turn   ledger.Money    // sum of the positive amounts
	At     ledger.Location // place of the transaction with the lines
}

// Layout implements [ledger.Coded].
func (r *SettlementRecord) Layout(c *codec.Coder) {
	c.Uint64(&r.Period)
	c.Uint64(&r.Lines)
	c.Fixed(r.Root[:])
	codec.Int64(c, &r.Turn)
	r.At.Layout(c)
}

// SettlementKey is the state key of a [SettlementRecord].
func SettlementKey(period uint64) string { return ledger.Key("settlement", period) }

// SettlementContract returns the contract "settlement", which accepts [SettlePeriod].
func SettlementContract() *ledger.TypedContract {
	return ledger.NewContract("settlement",
		ledger.Handle(settlePeriod, ledger.RoleGrid),
	)
}

// settlePeriod rejects a second settlement and one during a choice round, whose penalties are not
// known yet.
func settlePeriod(c *ledger.Context, m *SettlePeriod) error {
	var w Weights
	var rounds ledger.Counter
	var last Round
	switch {
	case !c.Load(WeightsKey(m.Period), &w):
		return ledger.Refuse("settlement.period", "no weights are published for period %d", m.Period)
	case len(m.Lines) == 0:
		return ledger.Refuse("settlement.empty", "no lines")
	case c.Load(RoundsKey(m.Period), &rounds) && c.Load(RoundKey(m.Period, rounds.N), &last) && !last.Closed:
		return ledger.Refuse("settlement.round", "choice round %d is still open", rounds.N)
	}
	if _, twice := c.Get(SettlementKey(m.Period)); twice {
		return ledger.Refuse("settlement.twice", "period %d is settled", m.Period)
	}
	turn, err := checkLines(m.Lines)
	if err != nil {
		return err
	}
	c.Store(SettlementKey(m.Period), &SettlementRecord{
		Period: m.Period, Lines: uint64(len(m.Lines)), Root: ledger.MerkleRoot(ledger.EncodeAll(m.Lines)), Turn: turn,
		At: ledger.Location{Height: c.Height, Index: c.Index},
	})
	return nil
}

// checkLines checks the order of the lines and that receipts equal payments. It returns the sum of
// the receipts. Both sides are added as unsigned numbers, so that no intermediate sum overflows.
func checkLines(lines []SettlementLine) (ledger.Money, error) {
	var received, paid uint64
	for i := range lines {
		if i > 0 && string(lines[i-1].Pseudonym[:]) >= string(lines[i].Pseudonym[:]) {
			return 0, ledger.Refuse("settlement.order", "lines %d and %d are not in ascending order of pseudonym", i-1, i)
		}
		side, amount := &received, uint64(lines[i].Amount)
		if lines[i].Amount < 0 {
			side, amount = &paid, -amount
		}
		if *side += amount; *side > math.MaxInt64 {
			return 0, ledger.Refuse("settlement.range", "amounts exceed the range of money")
		}
	}
	if received != paid {
		return 0, ledger.Refuse("settlement.sum", "%s is received and %s is paid", ledger.Money(received), ledger.Money(paid))
	}
	return ledger.Money(received), nil
}
