package ledger

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/codec"
)

// A settlement is a list of amounts that sums to zero. The parties appear under pseudonyms,
//
//	pseudonym = H(chain, period, party, salt),
//
// whose salts the grid seals to each party: everybody can check that no money appears or vanishes, a party finds its
// own line, and can open it to an auditor, who then learns that line and no other.

// SettlementLine is one party's result for a period; receiving is positive.
type SettlementLine struct {
	Pseudonym Hash
	Amount    Money
}

func (l *SettlementLine) code(c *codec.Coder) {
	c.Fixed(l.Pseudonym[:])
	codec.Int64(c, &l.Amount)
}

// Pseudonym hides a party behind 32 secret random bytes. Whoever knows them can show that the pseudonym is the party's;
// nobody can show that it is another one's.
func Pseudonym(chain Hash, period uint64, party string, salt [saltSize]byte) Hash {
	return hashOf(domainPseudonym, chain[:], encode(&counter{period}), []byte(party), salt[:])
}

// SettlePeriod is sent by the grid to close a period.
type SettlePeriod struct {
	Period    uint64
	Lines     []SettlementLine // in ascending order of pseudonym, each once; amounts sum to zero
	Envelopes []Sealed         // a pseudonym's opening for each party, recipients unnamed
	Escrow    []Sealed         // the period key, for the regulators
}

// Kind implements [Message].
func (*SettlePeriod) Kind() string { return "settlement.settle" }

func (m *SettlePeriod) code(c *codec.Coder) {
	c.Uint64(&m.Period)
	codec.List(c, &m.Lines, 1<<20, func(c *codec.Coder, l *SettlementLine) { l.code(c) })
	codec.List(c, &m.Envelopes, 1<<20, func(c *codec.Coder, s *Sealed) { s.code(c) })
	codec.List(c, &m.Escrow, 1<<10, func(c *codec.Coder, s *Sealed) { s.code(c) })
}

// SettlementRecord is what the state keeps of a settled period.
type SettlementRecord struct {
	Period uint64
	Lines  uint64 // number of lines
	Root   Hash   // RFC 6962 root over the lines
	Turn   Money  // sum of the positive amounts
	At     Location
}

func (r *SettlementRecord) code(c *codec.Coder) {
	c.Uint64(&r.Period)
	c.Uint64(&r.Lines)
	c.Fixed(r.Root[:])
	codec.Int64(c, &r.Turn)
	r.At.code(c)
}

// SettlementKey is the state key of a [SettlementRecord].
func SettlementKey(period uint64) string { return key("settlement", period) }

type settlementContract struct{}

func (settlementContract) Name() string { return "settlement" }

func (settlementContract) Execute(c *Context, verb string, body []byte) ([]byte, error) {
	if verb != "settle" {
		return nil, c.unknown(verb)
	}
	var m SettlePeriod
	if err := c.decode(body, &m, RoleGrid); err != nil {
		return nil, err
	}
	var w Weights
	var rounds counter
	var last Round
	switch {
	case !c.load(WeightsKey(m.Period), &w):
		return nil, refuse("settlement.period", "no weights are published for period %d", m.Period)
	case len(m.Lines) == 0:
		return nil, refuse("settlement.empty", "no lines")
	case c.load(RoundsKey(m.Period), &rounds) && c.load(RoundKey(m.Period, rounds.n), &last) && !last.Closed:
		return nil, refuse("settlement.round", "choice round %d is still open", rounds.n)
	}
	if _, twice := c.Get(SettlementKey(m.Period)); twice {
		return nil, refuse("settlement.twice", "period %d is settled", m.Period)
	}
	turn, err := checkLines(m.Lines)
	if err != nil {
		return nil, err
	}
	c.put(SettlementKey(m.Period), &SettlementRecord{
		Period: m.Period, Lines: uint64(len(m.Lines)), Root: merkleRoot(encodeAll(m.Lines)), Turn: turn,
		At: Location{c.Height, c.Index},
	})
	return nil, nil
}

// checkLines checks the order and that what is received equals what is paid, without overflow, and returns it.
func checkLines(lines []SettlementLine) (Money, error) {
	var received, paid uint64
	for i := range lines {
		if i > 0 && string(lines[i-1].Pseudonym[:]) >= string(lines[i].Pseudonym[:]) {
			return 0, refuse("settlement.order", "lines %d and %d are not in ascending order of pseudonym", i-1, i)
		}
		side, amount := &received, uint64(lines[i].Amount)
		if lines[i].Amount < 0 {
			side, amount = &paid, -amount
		}
		if *side += amount; *side > math.MaxInt64 {
			return 0, refuse("settlement.range", "amounts exceed the range of money")
		}
	}
	if received != paid {
		return 0, refuse("settlement.sum", "%s is received and %s is paid", Money(received), Money(paid))
	}
	return Money(received), nil
}

// opening is what a settlement's envelope tells a party.
type opening struct {
	period uint64
	salt   [saltSize]byte
}

func (o *opening) code(c *codec.Coder) {
	c.Uint64(&o.period)
	c.Fixed(o.salt[:])
}

// PaymentProof shows, to anybody who knows only the chain's genesis, that a party was settled an amount in a period.
type PaymentProof struct {
	Party  string
	Period uint64
	Line   SettlementLine
	Salt   [saltSize]byte // opens the line's pseudonym
	Path   Path           // of the line under the record's root
	Record SettlementRecord
	State  StateProof // of the record under the certified header's state
	Header CertifiedHeader
}

func (p *PaymentProof) code(c *codec.Coder) {
	c.String(&p.Party, maxName)
	c.Uint64(&p.Period)
	p.Line.code(c)
	c.Fixed(p.Salt[:])
	p.Path.code(c)
	p.Record.code(c)
	p.State.code(c)
	p.Header.code(c)
}

// MarshalBinary encodes the proof.
func (p *PaymentProof) MarshalBinary() ([]byte, error) { return encode(p), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else. It verifies nothing.
func (p *PaymentProof) UnmarshalBinary(b []byte) error { return decode("payment proof", b, p) }

// Verify checks the whole way from the line to the certificate of the validators in trust.
func (p *PaymentProof) Verify(v FinalityVerifier, trust TrustState) error {
	if _, err := v.Verify(trust, p.Header); err != nil {
		return err
	}
	h := &p.Header.Header
	if err := VerifyState(h.StateRoot, SettlementKey(p.Period), encode(&p.Record), true, p.State); err != nil {
		return err
	}
	if p.Record.Period != p.Period || p.Path.Size != p.Record.Lines {
		return fmt.Errorf("%w: path of %d lines, the record has %d", ErrPath, p.Path.Size, p.Record.Lines)
	}
	if err := p.Path.Verify(p.Record.Root, encode(&p.Line)); err != nil {
		return err
	}
	if Pseudonym(h.Chain, p.Period, p.Party, p.Salt) != p.Line.Pseudonym {
		return fmt.Errorf("ledger: the line's pseudonym is not that of %q", p.Party)
	}
	return nil
}
