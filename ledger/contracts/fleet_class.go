package contracts

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// A class is up to [MaxClass] equal DERs that one identity of role DER, their
// aggregator, represents. The ledger has few records per class and none per
// DER:
//
//	RegisterClass   once: the number of DERs and the root over their commitments
//	CommitChoice    per round: a hash of the split, the numbers of DERs per VPP
//	RevealSplit     per round: the split
//	SettleClass     per period: per VPP an amount and a root over the payments of its DERs
//
// A commitment of a DER is H(chain, class, DER, salt), so that the root shows
// no DER. The split does not name the DERs. A [Draw] places them by a seed that
// follows from the salts of all revealed splits, and the number of a DER in the
// registration. The numbers are fixed before the seed is known, and each salt
// before any other is revealed. An aggregator that reveals last knows the seed
// before it reveals, and can only forfeit. The draw is fair if the classes of a
// round have at least two independent aggregators: one that has all classes has
// all salts, and can try some until the draw places its favourite DERs well.
// The payments of DERs in one VPP are equal anyway.
//
// For example, a class of 25,000 batteries with the split {{"north", 10000},
// {"south", 14000}} leaves 1,000 batteries outside. Each battery computes its
// VPP from the seed and its number.

const (
	// MaxClass is the largest number of DERs of a class. A path to its root has
	// 20 hashes.
	MaxClass = 1 << 20
	// MinClass is the least number of DERs behind an amount of [SettleClass].
	// It is the default of
	// [Policy.MinGroup]: each of two DERs could compute the payment of the other.
	MinClass = 3

	maxSplit = 4096 // VPPs of one split
)

// Class is the ledger's record of a class.
type Class struct {
	Name   string
	Count  uint64
	Root   ledger.Hash // RFC 6962 root over the commitments of the DERs, by number
	Height uint64      // of the registration
}

// Layout implements [ledger.Coded].
func (x *Class) Layout(c *codec.Coder) {
	c.String(&x.Name, ledger.MaxName)
	c.Uint64(&x.Count)
	c.Fixed(x.Root[:])
	c.Uint64(&x.Height)
}

// RegisterClass registers the DERs of the sender. An identity sends it once.
type RegisterClass struct {
	Count uint64 // 1 to MaxClass
	Root  ledger.Hash
}

// Kind implements [ledger.Message].
func (*RegisterClass) Kind() string { return "class.register" }

// Layout implements [ledger.Coded].
func (m *RegisterClass) Layout(c *codec.Coder) {
	c.Uint64(&m.Count)
	c.Fixed(m.Root[:])
}

// MemberCommitment hides and fixes one DER of a class. The salt must be 32
// secret random bytes.
func MemberCommitment(chain ledger.Hash, class, member string, salt [SaltSize]byte) ledger.Hash {
	return ledger.HashOf(domainMember, chain[:], []byte(class), []byte(member), salt[:])
}

// SplitPart is the number of DERs of a class in one VPP.
type SplitPart struct {
	VPP   string
	Count uint64
}

// Layout implements [ledger.Coded].
func (x *SplitPart) Layout(c *codec.Coder) {
	c.String(&x.VPP, ledger.MaxName)
	c.Uint64(&x.Count)
}

// Split has the numbers of DERs of a class, in ascending order of VPP. The DERs
// of a part whose VPP has no accepted scheme, or refuses the class, stay
// outside; the record has them as Void.
type Split struct {
	Parts []SplitPart
	Void  []string // VPPs of Parts without effect, ascending
}

// Layout implements [ledger.Coded].
func (x *Split) Layout(c *codec.Coder) {
	codec.List(c, &x.Parts, maxSplit, func(c *codec.Coder, p *SplitPart) { p.Layout(c) })
	codec.Strings(c, &x.Void, maxSplit, ledger.MaxName)
}

// RevealSplit reveals the choice of a class: its DERs per VPP. The rest stays
// outside. The aggregator sends it in place of a [RevealChoice].
type RevealSplit struct {
	Period, Round uint64
	Parts         []SplitPart // in ascending order of VPP, each with at least one DER
	Salt          [SaltSize]byte
}

// Kind implements [ledger.Message].
func (*RevealSplit) Kind() string { return "choice.split" }

// Layout implements [ledger.Coded].
func (m *RevealSplit) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.Uint64(&m.Round)
	codec.List(c, &m.Parts, maxSplit, func(c *codec.Coder, p *SplitPart) { p.Layout(c) })
	c.Fixed(m.Salt[:])
}

// SplitCommitment hides and fixes the split of a class, for [CommitChoice]. The
// salt must be 32 new random bytes; it is also the part of the class in the
// seed of the draw.
func SplitCommitment(chain ledger.Hash, class string, m *RevealSplit) ledger.Hash {
	return ledger.HashOf(domainSplit, chain[:], []byte(class), ledger.Encode(m))
}

// ClassKey is the state key of a [Class].
func ClassKey(class string) string { return ledger.Key("class", "of", class) }

// SplitKey is the state key of the [Split] of a class in a round.
func SplitKey(period, round uint64, class string) string {
	return ledger.Key("choice", period, round, "split", class)
}

// SeedKey is the state key of the sum of the salts of a round, a [ledger.Hash].
// The draw uses it after the round is closed, see [NewDraw].
func SeedKey(period, round uint64) string { return ledger.Key("choice", period, round, "seed") }

// ClassContract returns the contract "class", which accepts [RegisterClass] and
// [SettleClass].
func ClassContract() *ledger.TypedContract {
	return ledger.NewContract("class",
		ledger.Handle(registerClass, ledger.RoleDER),
		ledger.Handle(settleClass, ledger.RoleDER),
	)
}

// registerClass rejects a second registration, which could exchange DERs after
// a draw.
func registerClass(c *ledger.Context, m *RegisterClass) error {
	key := ClassKey(c.Sender.ID)
	if _, twice := c.Get(key); twice {
		return ledger.Refuse("class.twice", "%q has registered its class already", c.Sender.ID)
	}
	if m.Count == 0 || m.Count > MaxClass {
		return ledger.Refuse("class.size", "%d DERs, want 1 to %d; register further ones as another class", m.Count, uint64(MaxClass))
	}
	c.Store(key, &Class{Name: c.Sender.ID, Count: m.Count, Root: m.Root, Height: c.Height})
	return nil
}

// revealSplit checks a split against the commitment, as revealChoice does, and
// adds its salt to the seed. The sum of all salts does not depend on the order
// of the reveals, which a primary could choose.
func revealSplit(c *ledger.Context, m *RevealSplit) error {
	r, err := loadRound(c, m.Period, m.Round)
	if err != nil {
		return err
	}
	var (
		name  = c.Sender.ID
		class Class
	)
	if !c.Load(ClassKey(name), &class) || class.Height >= r.Opened {
		// A later registration could order its DERs by a seed that it computes
		// in advance.
		return ledger.Refuse("choice.class", "%q had registered no class when round %d was opened", name, m.Round)
	}
	if err := r.checkReveal(c, m.Period, m.Round, name, SplitCommitment(c.Chain, name, m)); err != nil {
		return err
	}
	x := Split{Parts: m.Parts}
	left := class.Count
	for i, p := range m.Parts {
		switch {
		case i > 0 && m.Parts[i-1].VPP >= p.VPP || p.VPP == "":
			return ledger.Refuse("choice.order", "VPP %q does not follow the one before it in ascending order", p.VPP)
		case p.Count == 0 || p.Count > left:
			return ledger.Refuse("choice.count", "%d DERs in VPP %q, want 1 to the %d that are left of %d", p.Count, p.VPP, left, class.Count)
		}
		left -= p.Count
		if !takes(c, m.Period, p.VPP, name) {
			x.Void = append(x.Void, p.VPP)
		}
	}
	c.Store(SplitKey(m.Period, m.Round, name), &x)
	// Readers of choices see a revealed choice without a single VPP.
	c.Store(ChoiceKey(m.Period, m.Round, name), &Choice{DER: name, Outcome: OutcomeRevealed})
	addSeed(c, m.Period, m.Round, ledger.HashOf(domainSeed, []byte(name), m.Salt[:]))
	r.revealed(c, m.Period, m.Round)
	return nil
}

// addSeed adds one salt, bit by bit modulo 2.
func addSeed(c *ledger.Context, period, round uint64, salt ledger.Hash) {
	sum, _ := c.Get(SeedKey(period, round))
	for i := range sum {
		salt[i] ^= sum[i]
	}
	c.Put(SeedKey(period, round), salt[:])
}
