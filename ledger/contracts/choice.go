package contracts

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// DERs choose their VPP by commit and reveal, so that no DER can wait for the
// choices of others. In a round that the grid opens, every DER first commits to
// H(chain, period, round, DER, salt, choice) and reveals the choice after the
// commit phase. A phase ends when all expected DERs have acted, or after its
// last height and its last block time. Both must have passed, because each
// sender can add heights. The grid opens a round after the last height and
// block time for schemes, or earlier if every active VPP has an accepted
// scheme: a VPP must not lose its time to submit. The reveal phase begins with
// the first reveal or [CloseRound] after the commit phase, so that it has its
// whole length if the chain was idle.
//
// A DER that commits and does not reveal in time forfeits: its choice counts as
// none, and the penalty of the round is due. The round records forfeits and
// penalty. The grid charges the penalty in the settlement, and a regulator can
// check that it did.
//
// A choice counts as none without penalty if its VPP has no accepted scheme or
// refuses the DER. The same holds for a DER that cannot reveal because its
// rights have ended. A verdict or a revocation of the grid, or a refusal of a
// VPP, must not cost a DER money.
//
// For example, with CommitBlocks 4, RevealBlocks 4 and one second for each
// phase, a round opened at height 10 and 12:00:00 accepts commitments up to
// height 14, and longer until 12:00:01. If the last expected DER commits at
// height 12, reveals are accepted at once, up to height 16 and for one second.
//
// Each commitment and choice has a state key of its own. The cost of a message
// therefore does not grow with the number of DERs.

// Round is the state of one choice round.
type Round struct {
	Period, Round uint64
	Opened        uint64 // height
	CommitUntil   uint64 // last height for commitments
	RevealBlocks  uint64 // heights of the reveal phase
	RevealMillis  int64  // block time of the reveal phase, ms
	Penalty       ledger.Money
	Members       uint64 // number of DERs that were registered when the round was opened
	Expected      uint64 // number of them that were active then
	Committed     uint64
	Revealed      uint64
	Forfeited     uint64 // DERs that owe Penalty; 0 before the round is closed
	CommitEnd     uint64 // last height of the commit phase: CommitUntil or earlier
	CommitEndTime int64  // last block time of the commit phase, Unix ms
	Revealing     bool   // the reveal phase has begun, and RevealEnd and RevealEndTime are set
	RevealEnd     uint64 // last height of the reveal phase
	RevealEndTime int64  // last block time of the reveal phase, Unix ms
	Closed        bool
}

// Outcome is the result of one DER in a round.
type Outcome byte

// The outcomes of a DER that committed.
const (
	// OutcomeRevealed is a choice that counts.
	OutcomeRevealed Outcome = iota
	// OutcomeVoid is a choice of a VPP without an accepted scheme, or of one
	// that refuses the DER. It counts as none, without penalty.
	OutcomeVoid
	// OutcomeForfeited is a choice that was not revealed. It counts as none.
	// The penalty is due.
	OutcomeForfeited
	// OutcomeExcused is a choice that was not revealed because the rights of
	// the DER had ended. It counts as none, without penalty.
	OutcomeExcused
)

// String returns the outcome in lower case, for example "forfeited".
func (o Outcome) String() string {
	switch o {
	case OutcomeRevealed:
		return "revealed"
	case OutcomeVoid:
		return "void"
	case OutcomeForfeited:
		return "forfeited"
	case OutcomeExcused:
		return "excused"
	}
	return fmt.Sprintf("Outcome(%d)", byte(o))
}

// Choice is a DER's choice of VPP. VPP is empty for the outside option, and for
// a choice that counts as none.
type Choice struct {
	DER, VPP string
	Outcome  Outcome
}

// Layout implements [ledger.Coded].
func (x *Choice) Layout(c *codec.Coder) {
	c.String(&x.DER, ledger.MaxName)
	c.String(&x.VPP, ledger.MaxName)
	c.Byte((*byte)(&x.Outcome))
}

// Layout implements [ledger.Coded].
func (r *Round) Layout(c *codec.Coder) {
	for _, v := range []*uint64{&r.Period, &r.Round, &r.Opened, &r.CommitUntil, &r.RevealBlocks} {
		c.Uint64(v)
	}
	codec.Int64(c, &r.RevealMillis)
	codec.Int64(c, &r.Penalty)
	for _, v := range []*uint64{&r.Members, &r.Expected, &r.Committed, &r.Revealed, &r.Forfeited, &r.CommitEnd} {
		c.Uint64(v)
	}
	codec.Int64(c, &r.CommitEndTime)
	c.Bool(&r.Revealing)
	c.Uint64(&r.RevealEnd)
	codec.Int64(c, &r.RevealEndTime)
	c.Bool(&r.Closed)
}

// committing reports whether the round accepts commitments at the place of c.
func (r *Round) committing(c *ledger.Context) bool {
	return !r.Revealing && (c.Height <= r.CommitEnd || c.Time <= r.CommitEndTime)
}

// over reports whether the reveal phase has ended.
func (r *Round) over(c *ledger.Context) bool {
	return r.Revealing && c.Height > r.RevealEnd && c.Time > r.RevealEndTime
}

// reveal begins the reveal phase at the place of c, unless it has begun.
func (r *Round) reveal(c *ledger.Context) {
	if r.Revealing {
		return
	}
	r.Revealing = true
	r.RevealEnd, r.RevealEndTime = c.Height+r.RevealBlocks, c.Time+r.RevealMillis
}

// OpenRound opens the next round of a period. The grid sends it.
type OpenRound struct {
	Period, Round              uint64       // Round counts from 1 in each period
	CommitBlocks, RevealBlocks uint64       // lengths of the phases in heights, at least 1
	CommitMillis, RevealMillis int64        // shortest lengths in block time, ms, at least 0
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
	codec.Int64(c, &m.CommitMillis)
	codec.Int64(c, &m.RevealMillis)
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

// CloseRound records the result of a round after its reveal phase. After the
// commit phase without a reveal it begins the reveal phase instead, so that a
// second CloseRound closes the round. Every identity may send it. A round in
// which all expected DERs have revealed closes by itself.
type CloseRound struct{ Period, Round uint64 }

// Kind implements [ledger.Message].
func (*CloseRound) Kind() string { return "choice.close" }

// Layout implements [ledger.Coded].
func (m *CloseRound) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
}

// ChoiceCommitment hides and fixes a choice. The salt must be 32 new random
// bytes, because the few possible choices could otherwise be tried. Chain,
// period, round and DER are part of the hash, so that a commitment cannot be
// copied or replayed.
func ChoiceCommitment(chain ledger.Hash, period, round uint64, der, vpp string, salt [SaltSize]byte) ledger.Hash {
	return ledger.HashOf(domainChoice, chain[:], ledger.Encode(&CloseRound{period, round}), []byte(der), salt[:], []byte(vpp))
}

// RoundKey is the state key of a [Round].
func RoundKey(period, round uint64) string { return ledger.Key("choice", period, round) }

// RoundsKey is the state key of the number of a period's rounds, a
// [ledger.Counter].
func RoundsKey(period uint64) string { return ledger.Key("choice", period) }

// CommitterKey is the state key of the name of the DER that committed as number
// i of a round, from 0 to [Round.Committed].
func CommitterKey(period, round, i uint64) string {
	return ledger.Key("choice", period, round, "committer", i)
}

// ChoiceKey is the state key of a DER's [Choice]. It has no value before the
// DER reveals or the round is closed.
func ChoiceKey(period, round uint64, der string) string {
	return ledger.Key("choice", period, round, "choice", der)
}

// commitmentKey is the state key of a DER's commitment.
func commitmentKey(period, round uint64, der string) string {
	return ledger.Key("choice", period, round, "commitment", der)
}

// ChoiceContract returns the contract "choice", which accepts [RefuseDERs],
// [OpenRound], [CommitChoice], [RevealChoice], [RevealSplit] and [CloseRound].
func ChoiceContract() *ledger.TypedContract {
	return ledger.NewContract("choice",
		ledger.Handle(refuseDERs, ledger.RoleVPP),
		ledger.Handle(openRound, ledger.RoleGrid),
		ledger.Handle(commitChoice, ledger.RoleDER),
		ledger.Handle(revealChoice, ledger.RoleDER),
		ledger.Handle(revealSplit, ledger.RoleDER),
		ledger.Handle(closeRound),
	)
}

// longest is the longest phase in heights or ms, 35 years. It keeps sums far
// from overflow.
const longest = 1 << 40

// openRound fixes the DERs that may take part: those that are active at the
// current height.
func openRound(c *ledger.Context, m *OpenRound) error {
	var w Weights
	var last ledger.Counter
	c.Load(RoundsKey(m.Period), &last)
	var before Round
	_, settled := c.Get(SettlementKey(m.Period))
	switch {
	case !c.Load(WeightsKey(m.Period), &w):
		return ledger.Refuse("choice.period", "no weights are published for period %d", m.Period)
	case m.Round != last.N+1:
		return ledger.Refuse("choice.round", "round %d of period %d, want %d", m.Round, m.Period, last.N+1)
	case last.N > 0 && c.Load(RoundKey(m.Period, last.N), &before) && !before.Closed:
		return ledger.Refuse("choice.open", "round %d is still open", last.N)
	case settled: // no later settlement could charge the penalties
		return ledger.Refuse("choice.settled", "period %d is settled", m.Period)
	case w.open(c) && !allAccepted(c, m.Period):
		return ledger.Refuse("choice.schemes", "a VPP may submit its scheme until height %d and block time %d", w.Deadline, w.Until)
	case m.CommitBlocks == 0 || m.RevealBlocks == 0 || m.CommitBlocks > longest || m.RevealBlocks > longest:
		return ledger.Refuse("choice.blocks", "phases of %d and %d heights, want 1 to %d", m.CommitBlocks, m.RevealBlocks, uint64(longest))
	case m.CommitMillis < 0 || m.RevealMillis < 0 || m.CommitMillis > longest || m.RevealMillis > longest:
		return ledger.Refuse("choice.times", "phases of %d and %d ms, want 0 to %d", m.CommitMillis, m.RevealMillis, int64(longest))
	case m.Penalty < 0:
		return ledger.Refuse("choice.penalty", "penalty %s is negative", m.Penalty)
	}
	ders := c.Active(ledger.RoleDER)
	if len(ders) == 0 {
		return ledger.Refuse("choice.nobody", "no DER is registered")
	}
	c.Store(RoundsKey(m.Period), &ledger.Counter{N: m.Round})
	c.Store(RoundKey(m.Period, m.Round), &Round{
		Period: m.Period, Round: m.Round, Opened: c.Height, RevealBlocks: m.RevealBlocks, RevealMillis: m.RevealMillis,
		CommitUntil: c.Height + m.CommitBlocks, CommitEnd: c.Height + m.CommitBlocks, CommitEndTime: c.Time + m.CommitMillis,
		Penalty: m.Penalty, Members: c.Members(ledger.RoleDER), Expected: uint64(len(ders)),
	})
	return nil
}

// allAccepted reports whether every active VPP has an accepted scheme in a
// period.
func allAccepted(c *ledger.Context, period uint64) bool {
	return !slices.ContainsFunc(c.Active(ledger.RoleVPP), func(vpp string) bool {
		var s SchemeRecord
		return !c.Load(SchemeKey(period, vpp), &s) || s.Status != SchemeAccepted
	})
}

// expects reports whether an identity could act when the round was opened.
//
// A commitment of a DER that registered later would count instead of one that
// the round waits for.
func (r *Round) expects(c *ledger.Context, id *ledger.Identity) bool {
	place, ok := c.Member(id.ID)
	return ok && place < r.Members && id.Active(r.Opened)
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

// commitChoice stores a commitment. If it is the last expected one, the reveal
// phase starts at once.
func commitChoice(c *ledger.Context, m *CommitChoice) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	if !r.expects(c, &c.Sender) {
		return ledger.Refuse("choice.party", "%q could not act when round %d was opened", c.Sender.ID, m.Round)
	}
	k := commitmentKey(m.Period, m.Round, c.Sender.ID)
	if _, twice := c.Get(k); twice {
		return ledger.Refuse("choice.twice", "%q has committed already", c.Sender.ID)
	}
	if !r.committing(c) {
		return ledger.Refuse("choice.late", "the commit phase ended with height %d and block time %d", r.CommitEnd, r.CommitEndTime)
	}
	c.Put(k, m.Commitment[:])
	c.Put(CommitterKey(m.Period, m.Round, r.Committed), []byte(c.Sender.ID))
	r.Committed++
	if r.Committed == r.Expected {
		r.CommitEnd, r.CommitEndTime = c.Height, c.Time
		r.reveal(c)
	}
	c.Store(RoundKey(m.Period, m.Round), r)
	return nil
}

// revealChoice checks a reveal against the commitment. A VPP without an
// accepted scheme counts as none, and so does one that has refused the DER: a
// rejected reveal would cost the DER the penalty. The last expected reveal
// closes the round.
func revealChoice(c *ledger.Context, m *RevealChoice) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	der := c.Sender.ID
	commits := ChoiceCommitment(c.Chain, m.Period, m.Round, der, m.VPP, m.Salt)
	if err := r.checkReveal(c, m.Period, m.Round, der, commits); err != nil {
		return err
	}
	x := Choice{der, m.VPP, OutcomeRevealed}
	if m.VPP != "" && !takes(c, m.Period, m.VPP, der) {
		x.VPP, x.Outcome = "", OutcomeVoid
	}
	c.Store(ChoiceKey(m.Period, m.Round, der), &x)
	r.revealed(c, m.Period, m.Round)
	return nil
}

// checkReveal returns an error if a sender may not reveal now, or reveals
// something else than the commitment that the reveal belongs to.
func (r *Round) checkReveal(c *ledger.Context, period, round uint64, sender string, commits ledger.Hash) error {
	commitment, has := c.Get(commitmentKey(period, round, sender))
	_, revealed := c.Get(ChoiceKey(period, round, sender))
	switch {
	case !has:
		return ledger.Refuse("choice.uncommitted", "%q has not committed", sender)
	case revealed:
		return ledger.Refuse("choice.twice", "%q has revealed already", sender)
	case r.committing(c):
		return ledger.Refuse("choice.early", "commitments are taken until height %d and block time %d", r.CommitEnd, r.CommitEndTime)
	case r.over(c):
		return ledger.Refuse("choice.late", "the reveal phase ended with height %d and block time %d", r.RevealEnd, r.RevealEndTime)
	case commits != ledger.Hash(commitment):
		return ledger.Refuse("choice.commitment", "%q reveals something else than it committed to", sender)
	}
	return nil
}

// revealed counts a reveal. The last expected one closes the round.
func (r *Round) revealed(c *ledger.Context, period, round uint64) {
	r.reveal(c)
	r.Revealed++
	if r.Revealed == r.Expected {
		finishRound(c, r)
	}
	c.Store(RoundKey(period, round), r)
}

// takes reports whether a VPP has an accepted scheme and has not refused a
// sender.
func takes(c *ledger.Context, period uint64, vpp, sender string) bool {
	var s SchemeRecord
	_, refused := c.Get(refusedKey(period, vpp, sender))
	return !refused && c.Load(SchemeKey(period, vpp), &s) && s.Status == SchemeAccepted
}

// closeRound closes a round after the reveal phase, or as soon as all
// commitments are revealed. It begins the reveal phase if the commit phase is
// over.
func closeRound(c *ledger.Context, m *CloseRound) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	switch {
	case r.committing(c):
		return ledger.Refuse("choice.early", "the commit phase lasts until height %d and block time %d", r.CommitEnd, r.CommitEndTime)
	case !r.Revealing && r.Committed > 0:
		r.reveal(c)
	case r.Revealed < r.Committed && !r.over(c):
		return ledger.Refuse("choice.early", "the reveal phase lasts until height %d and block time %d", r.RevealEnd, r.RevealEndTime)
	default:
		finishRound(c, r)
	}
	c.Store(RoundKey(m.Period, m.Round), r)
	return nil
}

// finishRound closes the round and records the DERs that committed and did not
// reveal.
func finishRound(c *ledger.Context, r *Round) {
	r.Closed = true
	if r.Revealed == r.Committed {
		return
	}
	for i := range r.Committed {
		name, _ := c.Get(CommitterKey(r.Period, r.Round, i))
		x := Choice{DER: string(name), Outcome: OutcomeForfeited}
		k := ChoiceKey(r.Period, r.Round, x.DER)
		if _, revealed := c.Get(k); revealed {
			continue
		}
		if id, _ := c.Identity(x.DER); !id.Active(c.Height) {
			x.Outcome = OutcomeExcused
		} else {
			r.Forfeited++
		}
		c.Store(k, &x)
	}
}
