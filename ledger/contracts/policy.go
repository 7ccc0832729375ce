package contracts

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
)

// Policy says which totals of a scheme may be published. Totals over few members, or dominated by one, or differing
// from an earlier one by few members, give those members away; such a total is suppressed. The zero value is the
// default policy.
//
// A policy limits what a total says by itself. It does not make anybody anonymous: capacities and profiles identify
// units, members can pool what they know beyond Colluders, and somebody who knows all others' values knows the last
// one from the total whatever the policy is.
type Policy struct {
	MinGroup  int          // fewest members with a value other than zero behind a total (default 3)
	Dominance ledger.Micro // largest share of one member in the sum of magnitudes (default 0.8)
	Colluders int          // how many members may pool their own values against another one (default 1)
	// Protection is the least error, as a share of a member's value, that Colluders must be left with when they subtract
	// their own values from a published total to estimate the largest other one (default 0.1).
	Protection ledger.Micro
	Bucket     ledger.Micro // published totals are rounded to a multiple of this (default 0.1)
}

func (p Policy) withDefaults() Policy {
	if p.MinGroup == 0 {
		p.MinGroup = 3
	}
	if p.Dominance == 0 {
		p.Dominance = 800_000
	}
	if p.Colluders == 0 {
		p.Colluders = 1
	}
	if p.Protection == 0 {
		p.Protection = 100_000
	}
	if p.Bucket == 0 {
		p.Bucket = 100_000
	}
	return p
}

// Check finds everything that is wrong with the policy.
func (p Policy) Validate() error {
	p = p.withDefaults()
	var bad faults.List
	if p.MinGroup < 3 {
		bad.Addf("ledger: policy: MinGroup is %d; below 3 each of two members knows the other's value", p.MinGroup)
	}
	if p.Dominance < 0 || p.Dominance > ledger.One {
		bad.Addf("ledger: policy: Dominance is %s, want 0 to 1", p.Dominance)
	}
	if p.Colluders < 0 || p.Protection < 0 || p.Protection > ledger.One || p.Bucket < 0 {
		bad.Addf("ledger: policy: Colluders, Protection and Bucket cannot be negative, nor Protection above 1")
	}
	if p.Colluders+2 > p.MinGroup {
		bad.Addf("ledger: policy: MinGroup %d leaves fewer than two members unknown to %d colluders", p.MinGroup, p.Colluders)
	}
	return bad.Err()
}

// Allows decides whether the total of one column over members may be published: nil, or the reason why not, which may be
// the policy itself, see [Policy.Validate].
func (p Policy) Allows(values []ledger.Micro) error {
	if err := p.Validate(); err != nil {
		return err
	}
	p = p.withDefaults()
	var sizes []*big.Int // magnitudes, largest first
	for _, v := range values {
		if v != 0 {
			sizes = append(sizes, new(big.Int).Abs(big.NewInt(int64(v))))
		}
	}
	slices.SortFunc(sizes, func(a, b *big.Int) int { return b.Cmp(a) })
	if len(sizes) < p.MinGroup {
		return fmt.Errorf("ledger: policy: %d members have a value, want at least %d", len(sizes), p.MinGroup)
	}
	sum := new(big.Int)
	for _, s := range sizes {
		sum.Add(sum, s)
	}
	scaled := func(x *big.Int, share ledger.Micro) *big.Int { return new(big.Int).Mul(x, big.NewInt(int64(share))) }
	if scaled(sizes[0], ledger.One).Cmp(scaled(sum, p.Dominance)) > 0 {
		return fmt.Errorf("ledger: policy: one member holds more than %s of the total", p.Dominance)
	}
	// What the strongest colluders cannot explain of the total is the target's value plus this rest.
	rest := new(big.Int).Sub(sum, sizes[0])
	for _, s := range sizes[1 : 1+p.Colluders] {
		rest.Sub(rest, s)
	}
	if scaled(rest, ledger.One).Cmp(scaled(sizes[0], p.Protection)) < 0 {
		return fmt.Errorf("ledger: policy: %d members together could estimate the largest one within %s", p.Colluders, p.Protection)
	}
	return nil
}

// ReleasedGroup is a set of members about whom a total of a column was published.
type ReleasedGroup struct {
	Column  string
	Members []string // ascending
}

// differs reports whether publishing group as well would leave the totals' difference to too few members: two sets of
// which one has up to MinGroup−1 members that the other has not, but is not equal to it. Whose schemes they were makes no
// difference: a member's capacity is the same in the schemes of two VPPs.
func (p Policy) differs(group ReleasedGroup, past []ReleasedGroup) bool {
	for _, old := range past {
		if old.Column != group.Column {
			continue
		}
		n := len(outside(group.Members, old.Members)) + len(outside(old.Members, group.Members))
		if n > 0 && n < p.MinGroup {
			return true
		}
	}
	return false
}

// outside lists who is in a and not in b.
func outside(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { _, has := slices.BinarySearch(b, x); return has })
}

// release applies the policy to every column and notes which groups are out.
func (p Policy) Release(s *Scheme, past []ReleasedGroup) ([]Release, []ReleasedGroup) {
	p = p.withDefaults()
	totals, err := s.Totals()
	if err != nil {
		return nil, past
	}
	out := make([]Release, len(s.Columns))
	for i, column := range s.Columns {
		values := make([]ledger.Micro, len(s.Rows))
		group := ReleasedGroup{Column: column}
		for j, r := range s.Rows {
			values[j] = r.Values[i]
			if r.Values[i] != 0 {
				group.Members = append(group.Members, r.DER)
			}
		}
		slices.Sort(group.Members)
		out[i] = Release{Column: column, Suppressed: true}
		if p.Allows(values) == nil && !p.differs(group, past) {
			out[i] = Release{Column: column, Total: bucket(totals[i], p.Bucket)}
			past = append(past, group)
		}
	}
	return out, past
}

// bucket rounds to the nearest multiple, halves away from zero, or towards zero where the number would not fit.
func bucket(v, size ledger.Micro) ledger.Micro {
	rest := v % size
	down := v - rest
	switch {
	case rest > 0 && rest >= size-rest && down <= math.MaxInt64-size:
		return down + size
	case rest < 0 && -rest >= size+rest && down >= math.MinInt64+size:
		return down - size
	}
	return down
}
