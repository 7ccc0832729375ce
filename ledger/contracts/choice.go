package contracts

import (
	"slices"
	"strings"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// DERs choose their VPP by commit and reveal, so that no DER can wait for the choices of others. In
// a round that the grid opens, every DER first commits to H(chain, period, round, DER, salt,
// choice) and reveals the choice after the commit phase. A phase ends when all expected DERs have
// acted, or after its last height. A DER that commits and does not reveal in time forfeits: its
// choice counts as none, and the penalty of the round is due. The round records forfeits and
// penalty; the grid charges the penalty in the settlement, and a regulator can check that it did.
//
// For example, with CommitBlocks 4 and RevealBlocks 4, a round opened at height 10 accepts
// commitments up to height 14 and reveals from 15 to 18. If the last expected DER commits at height
// 12, reveals are accepted at once, up to height 16.

// Round is the state of one choice round.
type Round struct {
	Period, Round uint64
	CommitUntil   uint64       // last height for commitments
	RevealBlocks  uint64       // heights of the reveal phase after the commit phase
	Penalty       ledger.Money // due from a DER that commits and does not reveal
	Expected      uint64       // number of DERs that were active when the round was opened
	Committed     uint64
	Revealed      uint64
	CommitEnd     uint64 // last height of the commit phase: CommitUntil or earlier
	RevealEnd     uint64 // last height of the reveal phase
	Closed        bool
	Choices       []Choice // revealed choices in order of DER
	Forfeits      []string // DERs that committed and did not reveal, in order of name
}

// Choice is a DER's choice of VPP. VPP is empty for the outside option.
type Choice struct{ DER, VPP string }

// Layout implements [ledger.Coded].
func (x *Choice) Layout(c *codec.Coder) {
	c.String(&x.DER, ledger.MaxName)
	c.String(&x.VPP, ledger.MaxName)
}

// Layout implements [ledger.Coded].
func (r *Round) Layout(c *codec.Coder) {
	for _, v := range []*uint64{&r.Period, &r.Round, &r.CommitUntil, &r.RevealBlocks} {
		c.Uint64(v)
	}
	codec.Int64(c, &r.Penalty)
	for _, v := range []*uint64{&r.Expected, &r.Committed, &r.Revealed, &r.CommitEnd, &r.RevealEnd} {
		c.Uint64(v)
	}
	c.Bool(&r.Closed)
	codec.List(c, &r.Choices, 1<<20, func(c *codec.Coder, x *Choice) { x.Layout(c) })
	codec.Strings(c, &r.Forfeits, 1<<20, ledger.MaxName)
}

// OpenRound opens the next round of a period. The grid sends it.
type OpenRound struct {
	Period, Round              uint64       // Round counts from 1 in each period
	CommitBlocks, RevealBlocks uint64       // lengths of the phases in heights, at least 1
	Penalty                    ledger.Money // not negative
}

// Kind implements [ledger.Message].
func (*OpenRound) Kind() string { return "choice.open" }

// Layout implements [ledger.Coded].
func (m *OpenRound) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
	c.Uint64(&m.CommitBlocks)
	c.Uint64(&m.RevealBlocks)
	codec.Int64(c, &m.Penalty)
}

// CommitChoice commits to a choice. Each DER sends it once per round.
type CommitChoice struct {
	Period, Round uint64
	Commitment    ledger.Hash // see ChoiceCommitment
}

// Kind implements [ledger.Message].
func (*CommitChoice) Kind() string { return "choice.commit" }

// Layout implements [ledger.Coded].
func (m *CommitChoice) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
	c.Fixed(m.Commitment[:])
}

// RevealChoice reveals the choice. The DER sends it after the commit phase.
type RevealChoice struct {
	Period, Round uint64
	VPP           string // empty for the outside option
	Salt          [SaltSize]byte
}

// Kind implements [ledger.Message].
func (*RevealChoice) Kind() string { return "choice.reveal" }

// Layout implements [ledger.Coded].
func (m *RevealChoice) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
	c.String(&m.VPP, ledger.MaxName)
	c.Fixed(m.Salt[:])
}

// CloseRound records the result of a round after its reveal phase. Every identity may send it. A
// round in which all expected DERs have revealed closes by itself.
type CloseRound struct{ Period, Round uint64 }

// Kind implements [ledger.Message].
func (*CloseRound) Kind() string { return "choice.close" }

// Layout implements [ledger.Coded].
func (m *CloseRound) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
}

// ChoiceCommitment hides and fixes a choice. The salt must be 32 new random bytes, because the few
// possible choices could otherwise be tried. Chain, period, round and DER are part of the hash, so
// that a commitment cannot be copied or replayed.
func ChoiceCommitment(chain ledger.Hash, period, round uint64, der, vpp string, salt [SaltSize]byte) ledger.Hash {
	return ledger.HashOf(domainChoice, chain[:], ledger.Encode(&CloseRound{period, round}), []byte(der), salt[:], []byte(vpp))
}

// RoundKey is the state key of a [Round].
func RoundKey(period, round uint64) string { return ledger.Key("choice", period, round) }

// RoundsKey is the state key of the number of a period's rounds, a [ledger.Counter].
func RoundsKey(period uint64) string { return ledger.Key("choice", period) }

// expectedKey is the state key of the DERs that may take part in a round.
func expectedKey(period, round uint64) string { return ledger.Key("choice", period, round, "expected") }

// commitmentKey is the state key of a DER's commitment.
func commitmentKey(period, round uint64, der string) string {
	return ledger.Key("choice", period, round, "commitment", der)
}

// ChoiceContract returns the contract "choice", which accepts [RefuseDERs], [OpenRound],
// [CommitChoice], [RevealChoice] and [CloseRound].
func ChoiceContract() *ledger.TypedContract {
	return ledger.NewContract("choice",
		ledger.Handle(refuseDERs, ledger.RoleVPP),
		ledger.Handle(openRound, ledger.RoleGrid),
		ledger.Handle(commitChoice, ledger.RoleDER),
		ledger.Handle(revealChoice, ledger.RoleDER),
		ledger.Handle(closeRound),
	)
}

// openRound fixes the DERs that may take part: those that are active at the current height.
func openRound(c *ledger.Context, m *OpenRound) error {
	var w Weights
	var last ledger.Counter
	c.Load(RoundsKey(m.Period), &last)
	var before Round
	// The bound keeps sums of heights far from overflow.
	const longest = 1 << 40
	switch {
	case !c.Load(WeightsKey(m.Period), &w):
		return ledger.Refuse("choice.period", "no weights are published for period %d", m.Period)
	case m.Round != last.N+1:
		return ledger.Refuse("choice.round", "round %d of period %d, want %d", m.Round, m.Period, last.N+1)
	case last.N > 0 && c.Load(RoundKey(m.Period, last.N), &before) && !before.Closed:
		return ledger.Refuse("choice.open", "round %d is still open", last.N)
	case m.CommitBlocks == 0 || m.RevealBlocks == 0 || m.CommitBlocks > longest || m.RevealBlocks > longest:
		return ledger.Refuse("choice.blocks", "phases of %d and %d heights, want 1 to %d", m.CommitBlocks, m.RevealBlocks, uint64(longest))
	case m.Penalty < 0:
		return ledger.Refuse("choice.penalty", "penalty %s is negative", m.Penalty)
	}
	ders := c.Active(ledger.RoleDER)
	if len(ders) == 0 {
		return ledger.Refuse("choice.nobody", "no DER is registered")
	}
	c.Store(RoundsKey(m.Period), &ledger.Counter{N: m.Round})
	c.Store(expectedKey(m.Period, m.Round), &ledger.Names{List: ders})
	c.Store(RoundKey(m.Period, m.Round), &Round{
		Period: m.Period, Round: m.Round, CommitUntil: c.Height + m.CommitBlocks, RevealBlocks: m.RevealBlocks,
		Penalty: m.Penalty, Expected: uint64(len(ders)),
		CommitEnd: c.Height + m.CommitBlocks, RevealEnd: c.Height + m.CommitBlocks + m.RevealBlocks,
	})
	return nil
}

// loadRound returns an open round, or the refusal of a message about it.
func loadRound(c *ledger.Context, period, round uint64) (*Round, error) {
	var r Round
	if !c.Load(RoundKey(period, round), &r) {
		return nil, ledger.Refuse("choice.round", "round %d of period %d was never opened", round, period)
	}
	if r.Closed {
		return nil, ledger.Refuse("choice.closed", "round %d of period %d is closed", round, period)
	}
	return &r, nil
}

// commitChoice stores a commitment. If it is the last expected one, the reveal phase starts at
// once.
func commitChoice(c *ledger.Context, m *CommitChoice) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	// A commitment of a DER that registered later would count instead of one that the round waits
	// for.
	var expected ledger.Names
	c.Load(expectedKey(m.Period, m.Round), &expected)
	if !expected.Contains(c.Sender.ID) {
		return ledger.Refuse("choice.party", "%q could not act when round %d was opened", c.Sender.ID, m.Round)
	}
	k := commitmentKey(m.Period, m.Round, c.Sender.ID)
	if _, twice := c.Get(k); twice {
		return ledger.Refuse("choice.twice", "%q has committed already", c.Sender.ID)
	}
	if c.Height > r.CommitEnd {
		return ledger.Refuse("choice.late", "the commit phase ended with height %d", r.CommitEnd)
	}
	c.Put(k, m.Commitment[:])
	r.Committed++
	if r.Committed == r.Expected {
		r.CommitEnd = c.Height
		r.RevealEnd = c.Height + r.RevealBlocks
	}
	c.Store(RoundKey(m.Period, m.Round), r)
	return nil
}

// revealChoice checks a reveal against the commitment. The chosen VPP must have an accepted scheme
// and must not have refused the DER.
// The last expected reveal closes the round.
func revealChoice(c *ledger.Context, m *RevealChoice) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	der := c.Sender.ID
	commitment, has := c.Get(commitmentKey(m.Period, m.Round, der))
	i, revealed := slices.BinarySearchFunc(r.Choices, der, func(x Choice, der string) int { return strings.Compare(x.DER, der) })
	switch {
	case !has:
		return ledger.Refuse("choice.uncommitted", "%q has not committed", der)
	case revealed:
		return ledger.Refuse("choice.twice", "%q has revealed already", der)
	case c.Height <= r.CommitEnd && r.Committed < r.Expected:
		return ledger.Refuse("choice.early", "commitments are taken until height %d", r.CommitEnd)
	case c.Height > r.RevealEnd:
		return ledger.Refuse("choice.late", "the reveal phase ended with height %d", r.RevealEnd)
	case ChoiceCommitment(c.Chain, m.Period, m.Round, der, m.VPP, m.Salt) != ledger.Hash(commitment):
		return ledger.Refuse("choice.commitment", "%q reveals something else than it committed to", der)
	}
	if m.VPP != "" {
		var s SchemeRecord
		if !c.Load(SchemeKey(m.Period, m.VPP), &s) || s.Status != SchemeAccepted {
			return ledger.Refuse("choice.vpp", "%q has no accepted scheme in period %d", m.VPP, m.Period)
		}
		var refusals Refusals
		if c.Load(RefusalsKey(m.Period, m.VPP), &refusals) && refusals.has(der) {
			return ledger.Refuse("choice.refused", "%q does not admit %q in period %d", m.VPP, der, m.Period)
		}
	}
	r.Choices = slices.Insert(r.Choices, i, Choice{der, m.VPP})
	r.Revealed++
	if r.Revealed == r.Expected {
		finishRound(c, r)
	}
	c.Store(RoundKey(m.Period, m.Round), r)
	return nil
}

// closeRound closes a round after the reveal phase, or after the commit phase if all commitments
// are revealed.
func closeRound(c *ledger.Context, m *CloseRound) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	if c.Height <= r.RevealEnd && (c.Height <= r.CommitEnd || r.Revealed < r.Committed) {
		return ledger.Refuse("choice.early", "the reveal phase lasts until height %d", r.RevealEnd)
	}
	finishRound(c, r)
	c.Store(RoundKey(m.Period, m.Round), r)
	return nil
}

// finishRound closes the round and lists the DERs that committed and did not reveal.
func finishRound(c *ledger.Context, r *Round) {
	r.Closed = true
	var expected ledger.Names
	c.Load(expectedKey(r.Period, r.Round), &expected)
	for _, der := range expected.List {
		_, committed := c.Get(commitmentKey(r.Period, r.Round, der))
		_, revealed := slices.BinarySearchFunc(r.Choices, der, func(x Choice, der string) int { return strings.Compare(x.DER, der) })
		if committed && !revealed {
			r.Forfeits = append(r.Forfeits, der)
		}
	}
}
