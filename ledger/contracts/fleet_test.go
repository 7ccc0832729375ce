package contracts

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// A draw is a permutation for every size, and the same without the table of its
// rounds.
func TestFleetDrawIsAPermutation(t *testing.T) {
	for n := uint64(1); n <= 300; n++ {
		d := NewDraw(ledger.Hash{1}, 2, 3, "class", n, ledger.Hash{4})
		seen := make([]bool, n)
		for i := range n {
			p := d.Place(i)
			require.Less(t, p, n)
			require.False(t, seen[p], "two DERs of %d at place %d", n, p)
			seen[p] = true
			fresh := NewDraw(ledger.Hash{1}, 2, 3, "class", n, ledger.Hash{4})
			require.Equal(t, p, fresh.Place(i))
		}
	}
	require.Panics(t, func() { NewDraw(ledger.Hash{}, 1, 1, "class", 5, ledger.Hash{}).Place(5) })
}

// Over 2000 seeds each of 20 DERs is at each of 20 places about 100 times. The
// statistic of the 400 counts has 19² degrees of freedom: mean 361, standard
// deviation √722 = 26.9.
func TestFleetDrawPrefersNoPlace(t *testing.T) {
	const n, seeds = 20, 2000
	var counts [n][n]float64
	for seed := range uint64(seeds) {
		d := NewDraw(ledger.Hash{}, seed, 1, "class", n, ledger.Hash{})
		for i := range uint64(n) {
			counts[i][d.Place(i)]++
		}
	}
	statistic := 0.0
	for _, row := range counts {
		for _, x := range row {
			statistic += (x - seeds/n) * (x - seeds/n) / (seeds / n)
		}
	}
	require.InDelta(t, 361, statistic, 5*math.Sqrt(722))
}

// sumTwin computes a root by the recursion of RFC 6962: a list of n is split at
// the largest power of two below n.
func sumTwin(list []MemberPayment) SumNode {
	if len(list) == 1 {
		return SumNode{ledger.HashOf("vpp/class/payment/v1", ledger.Encode(&list[0])), list[0].Amount}
	}
	k := 1
	for 2*k < len(list) {
		k *= 2
	}
	left, right := sumTwin(list[:k]), sumTwin(list[k:])
	return SumNode{ledger.HashOf("vpp/class/sum/v1", ledger.Encode(&left), ledger.Encode(&right)), left.Sum + right.Sum}
}

// Roots are those of the recursion, and each path leads to the root from its
// own payment only.
func TestFleetSumTreeAddsUp(t *testing.T) {
	for n := 1; n <= 40; n++ {
		list := make([]MemberPayment, n)
		total := ledger.Money(0)
		for i := range list {
			list[i] = MemberPayment{Number: uint64(i), Commitment: ledger.Hash{byte(i)}, Amount: ledger.Money(i*i - 30)}
			total += list[i].Amount
		}
		tree, err := NewSumTree(list)
		require.NoError(t, err)
		root := tree.Root()
		require.Equal(t, sumTwin(list), root)
		require.Equal(t, total, root.Sum)
		for i := range list {
			p := tree.Path(i)
			require.NoError(t, p.Verify(root, &list[i]))
			if n > 1 {
				require.Error(t, p.Verify(root, &list[(i+1)%n]), "n = %d", n)
			}
			if n > 1 { // a root does not fix the size; MemberProof compares it with the record
				p.Siblings = p.Siblings[1:]
				require.Error(t, p.Verify(root, &list[i]))
			}
		}
	}
	_, err := NewSumTree([]MemberPayment{{Amount: math.MaxInt64}, {Amount: 1}})
	require.ErrorIs(t, err, ledger.ErrRange)
}

// A class of the largest size has paths of 20 hashes.
func TestFleetPathHasTwentyHashes(t *testing.T) {
	if testing.Short() {
		t.Skip("2^20 payments")
	}
	list := make([]MemberPayment, MaxClass)
	for i := range list {
		list[i] = MemberPayment{Number: uint64(i), Amount: 3}
	}
	tree, err := NewSumTree(list)
	require.NoError(t, err)
	require.Equal(t, ledger.Money(3*MaxClass), tree.Root().Sum)
	for _, i := range []int{0, 123_456, MaxClass - 1} {
		p := tree.Path(i)
		require.Len(t, p.Siblings, 20)
		require.NoError(t, p.Verify(tree.Root(), &list[i]))
	}
}

// Groups of fewer than three DERs join others.
func TestFleetGroupsHaveThreeDERs(t *testing.T) {
	for _, c := range []struct {
		split Split
		want  []ClassGroup
	}{
		{Split{Parts: []SplitPart{{"a", 900}, {"b", 2}, {"c", 70}}}, []ClassGroup{{VPPs: []string{"a"}, Count: 900}, {VPPs: []string{"b", "c"}, Count: 72}}},
		{Split{Parts: []SplitPart{{"a", 1}, {"b", 2}, {"c", 70}}}, []ClassGroup{{VPPs: []string{"c"}, Count: 70}, {VPPs: []string{"a", "b"}, Count: 3}}},
		{Split{Parts: []SplitPart{{"a", 3}}}, []ClassGroup{{VPPs: []string{"a"}, Count: 3}}},
		{Split{Parts: []SplitPart{{"a", 2}}}, []ClassGroup{{VPPs: []string{"a"}, Count: 2}}},
		{Split{Parts: []SplitPart{{"a", 50}, {"b", 9}}, Void: []string{"b"}}, []ClassGroup{{VPPs: []string{"a"}, Count: 50}}},
		{Split{}, nil},
	} {
		require.Equal(t, c.want, c.split.Groups())
	}
}

// Equal DERs receive equal parts up to one hundredth.
func TestFleetSharesAddUp(t *testing.T) {
	require.Equal(t, []ledger.Money{4, 3, 3}, ShareOf(10, 3))
	require.Equal(t, []ledger.Money{-3, -3, -4}, ShareOf(-10, 3))
	require.Equal(t, []ledger.Money{1, 0, 0, 0}, ShareOf(1, 4))
	require.Nil(t, ShareOf(0, 0))
}

// An aggregator pays 7, 1, 2 and −1 to four equal DERs. Root and paths are
// those of its tree, and the parts of 9 are 3, 2, 2 and 2: only the third DER
// has its part. The amounts of two VPPs with one group are not public.
func TestFleetPaymentOfAnotherPartIsRefused(t *testing.T) {
	var list []MemberPayment
	for i, amount := range []ledger.Money{7, 1, 2, -1} {
		list = append(list, MemberPayment{Number: uint64(i), Amount: amount})
	}
	tree, err := NewSumTree(list)
	require.NoError(t, err)
	group := ClassGroup{VPPs: []string{"a"}, Count: 4, Root: tree.Root()}
	both := ClassGroup{VPPs: []string{"a", "b"}, Count: 4, Root: tree.Root()}
	for i := range list {
		p := &MemberProof{Payment: list[i], Path: tree.Path(i)}
		require.NoError(t, p.pays(&both, uint64(i)))
		if err := p.pays(&group, uint64(i)); i == 2 {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "an equal part of 0.09 among the 4 DERs")
		}
		require.ErrorIs(t, p.pays(&group, uint64(i+1)%4), ledger.ErrPath)
	}
}
