package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// classNotes are the private notes of an aggregator. The salts of its DERs
// follow from one secret, so that the notes have 32 bytes per DER.
type classNotes struct {
	secret  [contracts.SaltSize]byte
	members []ledger.Hash                      // commitments by number
	paid    map[uint64]map[string]ledger.Money // per period and VPP
}

// MemberName is the name of DER number i of a class, for example "battery#17".
func MemberName(class string, i uint64) string { return fmt.Sprintf("%s#%d", class, i) }

// leaves returns the commitments of all DERs as leaves of a tree.
func (x *classNotes) leaves() [][]byte {
	out := make([][]byte, len(x.members))
	for i := range out {
		out[i] = x.members[i][:]
	}
	return out
}

// memberSalt returns the salt of DER number i: a hash of the secret and the
// number, which reveals no other salt.
func (n *Network) memberSalt(class string, i uint64) [contracts.SaltSize]byte {
	return ledger.HashOf("trigrid/member salt/v1", n.classes[class].secret[:], codec.Encode(func(c *codec.Coder) { c.Uint64(&i) }))
}

// RegisterClass registers count equal DERs, which the DER of the given name
// represents. The DERs are called [MemberName]. A class is registered once per
// chain, before the rounds in which it splits.
//
// Refusals: "class.twice" for a registered class, "class.size" for a count
// beyond [contracts.MaxClass].
func (n *Network) RegisterClass(ctx context.Context, class string, count uint64) error {
	c, err := n.member(class, ledger.RoleDER)
	if err != nil {
		return err
	}
	// A class with notes is registered. New notes would lose the salts of its
	// DERs. The contract refuses it and states the reason.
	if old := n.classes[class]; old != nil || count > contracts.MaxClass {
		_, err := c.Send(ctx, &contracts.RegisterClass{Count: count})
		return err
	}
	notes := &classNotes{members: make([]ledger.Hash, count), paid: map[uint64]map[string]ledger.Money{}}
	if err := entropy.Fill(n.random, notes.secret[:]); err != nil {
		return err
	}
	n.classes[class] = notes
	for i := range notes.members {
		notes.members[i] = contracts.MemberCommitment(n.engine.Chain(), class, MemberName(class, uint64(i)), n.memberSalt(class, uint64(i)))
	}
	if _, err := c.Send(ctx, &contracts.RegisterClass{Count: count, Root: ledger.MerkleRoot(notes.leaves())}); err != nil {
		delete(n.classes, class)
		return err
	}
	return nil
}

// Class returns the certified registration of a class, and whether it has one.
func (n *Network) Class(ctx context.Context, class string) (contracts.Class, bool, error) {
	var x contracts.Class
	has, err := n.grid.Load(ctx, contracts.ClassKey(class), &x)
	return x, has, err
}

// Split runs a whole choice round with classes. splits has the numbers of DERs
// per VPP, by class; choices has the VPP of other DERs, as in [Network.Choose].
// Classes and DERs without an entry stay outside. Split returns the number of
// the round.
//
// For example, {"battery": {"north": 10000, "south": 14000}} leaves the rest of
// the class outside.
func (n *Network) Split(ctx context.Context, period uint64, splits map[string]map[string]uint64, choices map[string]string) (uint64, error) {
	for _, class := range slices.Sorted(maps.Keys(splits)) {
		if n.classes[class] == nil {
			return 0, fmt.Errorf("ledger: class %q is not registered; call RegisterClass before the round", class)
		}
	}
	for _, der := range slices.Sorted(maps.Keys(choices)) {
		if _, err := n.member(der, ledger.RoleDER); err != nil {
			return 0, err
		}
	}
	round, err := n.OpenRound(ctx, period)
	if err != nil {
		return 0, err
	}
	// DERs and classes act in the order of the members, so that equal calls
	// give equal chains.
	var commitments, reveals, choicesOf []outgoing // the last ones of DERs without a class
	for _, m := range n.members {
		if m.Role != ledger.RoleDER {
			continue
		}
		if n.classes[m.ID] == nil {
			p, commitment, err := n.commitment(period, round, m.ID, choices[m.ID])
			if err != nil {
				return 0, err
			}
			reveal, err := n.reveal(p)
			if err != nil {
				return 0, err
			}
			commitments, choicesOf = append(commitments, commitment), append(choicesOf, reveal)
			continue
		}
		c := n.clients[m.ID]
		// Sorted names give the order of VPPs that the contract requires.
		reveal := &contracts.RevealSplit{Period: period, Round: round}
		for _, vpp := range slices.Sorted(maps.Keys(splits[m.ID])) {
			if count := splits[m.ID][vpp]; count > 0 {
				reveal.Parts = append(reveal.Parts, contracts.SplitPart{VPP: vpp, Count: count})
			}
		}
		if err := entropy.Fill(n.random, reveal.Salt[:]); err != nil {
			return 0, err
		}
		commitment := contracts.SplitCommitment(n.engine.Chain(), m.ID, reveal)
		commitments = append(commitments, outgoing{c, &contracts.CommitChoice{Period: period, Round: round, Commitment: commitment}})
		reveals = append(reveals, outgoing{c, reveal})
	}
	if err := sendAll(ctx, n.engine, commitments); err != nil {
		return 0, err
	}
	// Reveals start after the last commitment, when no salt can depend on
	// another one.
	return round, sendAll(ctx, n.engine, append(reveals, choicesOf...))
}

// SettleClass divides the amount of a class in a settled period among its DERs.
// amounts has the amount per VPP, shared in equal parts by [contracts.ShareOf];
// their sum is the line of the class.
//
// Refusals: "class.total" for another sum, "class.settled" for a second call,
// "class.small" if fewer than [contracts.MinClass] DERs have a VPP.
func (n *Network) SettleClass(ctx context.Context, period uint64, class string, amounts map[string]ledger.Money) error {
	c, err := n.member(class, ledger.RoleDER)
	if err != nil {
		return err
	}
	notes := n.classes[class]
	if notes == nil {
		return fmt.Errorf("ledger: class %q is not registered; call RegisterClass before the round", class)
	}
	// The proof of the line of the class has its salt, its part and its path.
	line, err := c.ProvePayment(ctx, period)
	if err != nil {
		return err
	}
	x, err := c.drawnClass(ctx, period)
	if err != nil {
		return err
	}
	m := &contracts.SettleClass{Period: period, Line: line.Line, Salt: line.Salt, Part: line.Part, Path: line.Path}
	for _, list := range n.payments(x, amounts, -1) {
		t, err := contracts.NewSumTree(list)
		if err != nil {
			return err
		}
		m.Roots = append(m.Roots, t.Root())
	}
	if _, err := c.Send(ctx, m); err != nil {
		return err
	}
	notes.paid[period] = maps.Clone(amounts)
	return nil
}

// drawnClass returns the certified records of the client's class after the last
// round of a period, without amounts: its registration, its split and the seed.
// Each of its DERs can read the same.
func (c *Client) drawnClass(ctx context.Context, period uint64) (*contracts.ClassSettlement, error) {
	var (
		x      = &contracts.ClassSettlement{Period: period}
		rounds ledger.Counter
		class  = c.party.ID()
	)
	if _, err := c.Load(ctx, contracts.RoundsKey(period), &rounds); err != nil {
		return nil, err
	}
	x.Round = rounds.N
	registered, err := c.Load(ctx, contracts.ClassKey(class), &x.Class)
	if err != nil {
		return nil, err
	}
	split, err := c.Load(ctx, contracts.SplitKey(period, x.Round, class), &x.Split)
	if err != nil {
		return nil, err
	}
	if !registered || !split {
		return nil, fmt.Errorf("ledger: class %q has no split in round %d of period %d", class, x.Round, period)
	}
	seed, err := c.Read(ctx, Certified, contracts.SeedKey(period, x.Round))
	if err != nil {
		return nil, err
	}
	copy(x.Seed[:], seed.Value)
	x.Groups = x.Split.Groups()
	return x, nil
}

// Draw returns the draw of a class in the last round of a period, and its
// split. Each DER computes its VPP from them, see [contracts.VPPAt].
func (n *Network) Draw(ctx context.Context, period uint64, class string) (*contracts.Draw, contracts.Split, error) {
	c, err := n.member(class, ledger.RoleDER)
	if err != nil {
		return nil, contracts.Split{}, err
	}
	x, err := c.drawnClass(ctx, period)
	if err != nil {
		return nil, contracts.Split{}, err
	}
	return x.Draw(n.engine.Chain()), x.Split, nil
}

// payments returns the payments of each group in the order of VPPs and places,
// only those of one group if its number is not negative.
func (n *Network) payments(x *contracts.ClassSettlement, amounts map[string]ledger.Money, only int) [][]contracts.MemberPayment {
	var (
		notes = n.classes[x.Class.Name]
		draw  = x.Draw(n.engine.Chain())
		at    = make([]uint64, x.Class.Count) // number by place
		out   = make([][]contracts.MemberPayment, len(x.Groups))
		first = map[string]uint64{} // place of a VPP
		count = map[string]uint64{}
		place uint64
	)
	// The inverse of the draw: VPPs have ranges of places.
	for i := range x.Class.Count {
		at[draw.Place(i)] = i
	}
	for _, p := range x.Split.Parts {
		first[p.VPP], count[p.VPP] = place, p.Count
		place += p.Count
	}
	for g, group := range x.Groups {
		if only >= 0 && g != only {
			continue
		}
		for _, vpp := range group.VPPs {
			for j, amount := range contracts.ShareOf(amounts[vpp], count[vpp]) {
				number := at[first[vpp]+uint64(j)]
				out[g] = append(out[g], contracts.MemberPayment{Number: number, Commitment: notes.members[number], Amount: amount})
			}
		}
	}
	return out
}

// errOutside is wrapped by errors about a DER that the draw placed outside of
// all VPPs.
var errOutside = errors.New("ledger: the draw placed it outside of all VPPs, without payment")

// ProveMember proves the payment of DER number i of a class in a period, and
// returns the path of its commitment to the registration for
// [contracts.MemberProof.VerifyMember].
func (n *Network) ProveMember(ctx context.Context, period uint64, class string, i uint64) (*contracts.MemberProof, ledger.Path, error) {
	fail := func(err error) (*contracts.MemberProof, ledger.Path, error) { return nil, ledger.Path{}, err }
	c, err := n.member(class, ledger.RoleDER)
	if err != nil {
		return fail(err)
	}
	notes := n.classes[class]
	if notes == nil || i >= uint64(len(notes.members)) {
		return fail(fmt.Errorf("ledger: class %q has no DER with the number %d", class, i))
	}
	p := &contracts.MemberProof{Class: class, Period: period, Member: MemberName(class, i), Salt: n.memberSalt(class, i)}
	v, err := c.Read(ctx, Certified, contracts.ClassSettlementKey(period, class))
	if err != nil {
		return fail(err)
	}
	if !v.Present {
		return fail(fmt.Errorf("ledger: class %q has not settled period %d; see SettleClass", class, period))
	}
	if err := ledger.Decode("class settlement", v.Value, &p.Record); err != nil {
		return fail(err)
	}
	// The header is that of the proof's height, so that the two fit together.
	p.State = v.Proof
	if p.Header, err = n.engine.Certified(ctx, v.Height); err != nil {
		return fail(err)
	}
	vpp, _ := contracts.VPPAt(p.Record.Split.Parts, p.Record.Draw(n.engine.Chain()).Place(i))
	group := slices.IndexFunc(p.Record.Groups, func(g contracts.ClassGroup) bool { return slices.Contains(g.VPPs, vpp) })
	if group < 0 {
		return fail(fmt.Errorf("%w: %s in period %d", errOutside, p.Member, period))
	}
	list := n.payments(&p.Record, notes.paid[period], group)[group]
	j := slices.IndexFunc(list, func(x contracts.MemberPayment) bool { return x.Number == i })
	t, err := contracts.NewSumTree(list)
	if err != nil {
		return fail(err)
	}
	p.Payment, p.Path = list[j], t.Path(j)
	return p, ledger.MerklePath(notes.leaves(), int(i)), nil
}
