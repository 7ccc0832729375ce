package contracts

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// ClassGroup is a part of a class whose payments have one root: the DERs in one
// VPP, or, of VPPs with fewer than [MinClass] DERs of the class, those in
// several.
type ClassGroup struct {
	VPPs  []string // ascending
	Count uint64
	Root  SumNode // over the payments in the order of VPPs and places, see [Draw]
}

// Layout implements [ledger.Coded].
func (x *ClassGroup) Layout(c *codec.Coder) {
	codec.Strings(c, &x.VPPs, maxSplit, ledger.MaxName)
	c.Uint64(&x.Count)
	x.Root.Layout(c)
}

// Groups returns the groups of a split, without roots: one per VPP with at
// least [MinClass] DERs, in order, and a last one of all others. If these are
// fewer than MinClass, the smallest group joins them. An amount of fewer DERs
// would show the payment of one.
//
// For example, {{"a", 900}, {"b", 2}, {"c", 70}} has the groups a and b + c.
func (x *Split) Groups() []ClassGroup {
	var out []ClassGroup
	var rest ClassGroup
	pool := func(g ClassGroup) {
		rest.VPPs, rest.Count = append(rest.VPPs, g.VPPs...), rest.Count+g.Count
	}
	for _, p := range x.Parts {
		if slices.Contains(x.Void, p.VPP) {
			continue
		}
		if g := (ClassGroup{VPPs: []string{p.VPP}, Count: p.Count}); p.Count < MinClass {
			pool(g)
		} else {
			out = append(out, g)
		}
	}
	if rest.Count > 0 && rest.Count < MinClass && len(out) > 0 {
		smallest := 0
		for i := range out {
			if out[i].Count < out[smallest].Count {
				smallest = i
			}
		}
		pool(out[smallest])
		out = slices.Delete(out, smallest, smallest+1)
	}
	if rest.Count > 0 {
		slices.Sort(rest.VPPs)
		out = append(out, rest)
	}
	return out
}

// ClassSettlement is the ledger's record of the payments to a class in a
// period. It has all that a DER needs beside its own salt.
type ClassSettlement struct {
	Period, Round uint64
	Class         Class
	Split         Split
	Seed          ledger.Hash  // value of [SeedKey]
	Amount        ledger.Money // of the line of the class in the settlement of the period
	Groups        []ClassGroup // their sums add up to Amount
}

// Layout implements [ledger.Coded].
func (x *ClassSettlement) Layout(c *codec.Coder) {
	c.Uint64(&x.Period)
	c.Uint64(&x.Round)
	x.Class.Layout(c)
	x.Split.Layout(c)
	c.Fixed(x.Seed[:])
	codec.Int64(c, &x.Amount)
	codec.List(c, &x.Groups, maxSplit, func(c *codec.Coder, g *ClassGroup) { g.Layout(c) })
}

// Draw returns the draw of the record.
func (x *ClassSettlement) Draw(chain ledger.Hash) *Draw {
	return NewDraw(chain, x.Period, x.Round, x.Class.Name, x.Class.Count, x.Seed)
}

// find returns the VPP of a place, the group of its payment and the position in
// it. ok is false for a DER outside.
func (x *ClassSettlement) find(place uint64) (vpp string, group int, index uint64, ok bool) {
	vpp, index = VPPAt(x.Split.Parts, place)
	for group = range x.Groups {
		before := uint64(0)
		for _, name := range x.Groups[group].VPPs {
			if name == vpp {
				return vpp, group, before + index, true
			}
			for _, p := range x.Split.Parts {
				if p.VPP == name {
					before += p.Count
				}
			}
		}
	}
	return "", 0, 0, false
}

// ClassSettlementKey is the state key of a [ClassSettlement].
func ClassSettlementKey(period uint64, class string) string {
	return ledger.Key("class", "settled", period, class)
}

// SettleClass divides the line of a class in a settled period among its DERs.
// The aggregator sends it once per period. It opens its line with the salt from
// the grid, which makes the amount of the class public. A class of which fewer
// than [MinClass] DERs have a VPP sends none.
type SettleClass struct {
	Period uint64
	Line   SettlementLine
	Salt   [SaltSize]byte
	Part   uint64      // of the settlement, with the line
	Path   ledger.Path // of the line under the root of the part
	Roots  []SumNode   // one per group, see [Split.Groups]
}

// Kind implements [ledger.Message].
func (*SettleClass) Kind() string { return "class.settle" }

// Layout implements [ledger.Coded].
func (m *SettleClass) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	m.Line.Layout(c)
	c.Fixed(m.Salt[:])
	c.Uint64(&m.Part)
	m.Path.Layout(c)
	codec.List(c, &m.Roots, maxSplit, func(c *codec.Coder, n *SumNode) { n.Layout(c) })
}

// settleClass checks that the roots add up to the line of the class in the
// settlement of the period.
func settleClass(c *ledger.Context, m *SettleClass) error {
	var (
		name   = c.Sender.ID
		key    = ClassSettlementKey(m.Period, name)
		record SettlementRecord
		rounds ledger.Counter
		x      = ClassSettlement{Period: m.Period, Amount: m.Line.Amount}
	)
	if _, twice := c.Get(key); twice {
		return ledger.Refuse("class.settled", "%q has settled period %d already", name, m.Period)
	}
	switch {
	case !c.Load(ClassKey(name), &x.Class):
		return ledger.Refuse("class.unknown", "%q has registered no class", name)
	case !c.Load(SettlementKey(m.Period), &record):
		return ledger.Refuse("class.period", "period %d is not settled", m.Period)
	}
	c.Load(RoundsKey(m.Period), &rounds)
	x.Round = rounds.N // closed, because the period is settled
	if !c.Load(SplitKey(m.Period, x.Round, name), &x.Split) {
		return ledger.Refuse("class.split", "%q has no split in round %d of period %d", name, x.Round, m.Period)
	}
	seed, _ := c.Get(SeedKey(m.Period, x.Round))
	x.Seed = ledger.Hash(seed)
	if err := record.holds(c.Chain, name, m); err != nil {
		return ledger.Refuse("class.line", "%v", err)
	}
	x.Groups = x.Split.Groups()
	if len(x.Groups) == 0 || x.Groups[len(x.Groups)-1].Count < MinClass {
		return ledger.Refuse("class.small", "fewer than %d DERs of %q have a VPP; their amount stays under the pseudonym", MinClass, name)
	}
	if len(m.Roots) != len(x.Groups) {
		return ledger.Refuse("class.groups", "%d roots, want one for each of %d groups", len(m.Roots), len(x.Groups))
	}
	sum := SumNode{}
	for i := range x.Groups {
		x.Groups[i].Root = m.Roots[i]
		var err error
		if sum, err = above(sum, m.Roots[i]); err != nil {
			return ledger.Refuse("class.range", "%v", err)
		}
	}
	if sum.Sum != m.Line.Amount {
		return ledger.Refuse("class.total", "the roots have %s, the line of the class has %s", sum.Sum, m.Line.Amount)
	}
	c.Store(key, &x)
	return nil
}

// holds returns an error unless the line of m is that of a party in the
// settlement.
func (r *SettlementRecord) holds(chain ledger.Hash, party string, m *SettleClass) error {
	if m.Part >= uint64(len(r.Parts)) {
		return fmt.Errorf("%w: the settlement has %d parts, not part %d", ledger.ErrPath, len(r.Parts), m.Part)
	}
	part := &r.Parts[m.Part]
	if m.Path.Size != part.Lines {
		return fmt.Errorf("%w: the path is for %d lines, the part has %d", ledger.ErrPath, m.Path.Size, part.Lines)
	}
	if Pseudonym(chain, m.Period, party, m.Salt) != m.Line.Pseudonym {
		return fmt.Errorf("ledger: the line's pseudonym is not that of %q", party)
	}
	return m.Path.Verify(part.Root, ledger.Encode(&m.Line))
}

// ShareOf returns the payments of equal DERs: an amount in equal parts, of
// which the first ones have one hundredth more. For example, 0.10 for three
// DERs are 0.04, 0.03 and 0.03.
func ShareOf(amount ledger.Money, count uint64) []ledger.Money {
	if count == 0 {
		return nil
	}
	out := make([]ledger.Money, count)
	for i := range out {
		out[i] = shareAt(amount, count, uint64(i))
	}
	return out
}

// shareAt returns part i of [ShareOf].
func shareAt(amount ledger.Money, count, i uint64) ledger.Money {
	each, more := amount/ledger.Money(count), amount%ledger.Money(count)
	if more < 0 { // the quotient of a negative amount is rounded towards 0
		each, more = each-1, more+ledger.Money(count)
	}
	if ledger.Money(i) < more {
		each++
	}
	return each
}
