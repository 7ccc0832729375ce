package contracts

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// A sum tree is a Merkle tree whose nodes have the sum of the amounts below
// them:
//
//	leaf  = H(leaf ‖ member)                        sum = amount of the member
//	node  = H(node ‖ left, sum of left, right, sum of right),   sum = both sums
//
// It has the shape of RFC 6962. A root with its sum therefore fixes all
// amounts, and each path proves that its amount is a part of the sum. A tree of
// 2^20 payments has paths of 20 hashes.
//
// Source: Chalkias, Chatzigiannis, Ji, "Broken proofs of solvency in blockchain
// custodial wallets", IACR ePrint 2022/043, for sums of both children in the
// hash.

// MemberPayment is the payment of one DER of a class.
type MemberPayment struct {
	Number     uint64 // of the DER in its class, from 0
	Commitment ledger.Hash
	Amount     ledger.Money
}

// Layout implements [ledger.Coded].
func (x *MemberPayment) Layout(c *codec.Coder) {
	c.Uint64(&x.Number)
	c.Fixed(x.Commitment[:])
	codec.Int64(c, &x.Amount)
}

// SumNode is a node of a sum tree.
type SumNode struct {
	Hash ledger.Hash
	Sum  ledger.Money
}

// Layout implements [ledger.Coded].
func (x *SumNode) Layout(c *codec.Coder) {
	c.Fixed(x.Hash[:])
	codec.Int64(c, &x.Sum)
}

// SumPath leads from one payment to the root of a sum tree.
type SumPath struct {
	Index, Size uint64
	Siblings    []SumNode // from the leaf upwards
}

// Layout implements [ledger.Coded].
func (p *SumPath) Layout(c *codec.Coder) {
	c.Uint64(&p.Index)
	c.Uint64(&p.Size)
	codec.List(c, &p.Siblings, 40, func(c *codec.Coder, n *SumNode) { n.Layout(c) })
}

func sumLeaf(x *MemberPayment) SumNode {
	return SumNode{ledger.HashOf(domainPaid, ledger.Encode(x)), x.Amount}
}

// nodeBytes is the length of the encoding of a [SumNode].
const nodeBytes = 40

// beforeNodes is the beginning of the input of [ledger.HashOf] for the domain
// of nodes, and beforeNode that of each part.
var (
	beforeNodes = codec.Encode(func(c *codec.Coder) { domain := domainSum; c.String(&domain, 0) })
	beforeNode  = codec.Encode(func(c *codec.Coder) { part := make([]byte, nodeBytes); c.Bytes(&part, 0) })[:4]
)

// sumHash returns HashOf(domainSum, left, right) without allocation: a class of
// a million DERs has a million nodes.
func sumHash(left, right *SumNode) ledger.Hash {
	var buffer [160]byte
	b := append(buffer[:0], beforeNodes...)
	for _, n := range []*SumNode{left, right} {
		b = append(append(b, beforeNode...), n.Hash[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(n.Sum))
	}
	return sha256.Sum256(b)
}

// above returns the node above two others. The sum must be in the range of
// money.
func above(left, right SumNode) (SumNode, error) {
	a, b := left.Sum, right.Sum
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return SumNode{}, fmt.Errorf("%w: sum of payments", ledger.ErrRange)
	}
	return SumNode{sumHash(&left, &right), a + b}, nil
}

// SumTree has all nodes of the tree over a list of payments: level 0 has the
// leaves, and a node without a sibling stands in the next level as it is, which
// is the shape of RFC 6962.
type SumTree struct{ levels [][]SumNode }

// NewSumTree returns the tree over at least one payment.
func NewSumTree(list []MemberPayment) (*SumTree, error) {
	level := make([]SumNode, len(list))
	for i := range list {
		level[i] = sumLeaf(&list[i])
	}
	t := &SumTree{levels: [][]SumNode{level}}
	for len(level) > 1 {
		next := make([]SumNode, 0, (len(level)+1)/2)
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				next = append(next, level[i])
				continue
			}
			node, err := above(level[i], level[i+1])
			if err != nil {
				return nil, err
			}
			next = append(next, node)
		}
		t.levels, level = append(t.levels, next), next
	}
	return t, nil
}

// Root returns the root with the sum of all payments.
func (t *SumTree) Root() SumNode { return t.levels[len(t.levels)-1][0] }

// Path returns the path of payment i.
func (t *SumTree) Path(i int) SumPath {
	p := SumPath{Index: uint64(i), Size: uint64(len(t.levels[0]))}
	for _, level := range t.levels[:len(t.levels)-1] {
		if sibling := i ^ 1; sibling < len(level) {
			p.Siblings = append(p.Siblings, level[sibling])
		}
		i /= 2
	}
	return p
}

// Verify checks that x is payment number p.Index of p.Size payments under a
// root with a sum.
func (p *SumPath) Verify(root SumNode, x *MemberPayment) error {
	if p.Size == 0 || p.Index >= p.Size || p.Size > MaxClass {
		return fmt.Errorf("%w: payment %d of %d", ledger.ErrPath, p.Index, p.Size)
	}
	node, rest := sumLeaf(x), slices.Clone(p.Siblings)
	i, last := p.Index, p.Size-1
	for last > 0 {
		if i^1 <= last { // it has a sibling
			if len(rest) == 0 {
				return fmt.Errorf("%w: payment %d of %d needs more than %d hashes", ledger.ErrPath, p.Index, p.Size, len(p.Siblings))
			}
			left, right := node, rest[0]
			if i%2 == 1 {
				left, right = right, left
			}
			var err error
			if node, err = above(left, right); err != nil {
				return err
			}
			rest = rest[1:]
		}
		i, last = i/2, last/2
	}
	if len(rest) > 0 || node != root {
		return fmt.Errorf("%w: payment %d of %d does not lead to the root %s with the sum %s", ledger.ErrPath, p.Index, p.Size, root.Hash, root.Sum)
	}
	return nil
}
