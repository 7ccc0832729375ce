package contracts

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
)

// Policy decides which totals of a scheme may be published. A total over few
// members, a total dominated by one member, or a total that differs from an
// earlier one by few members reveals those members; such a total is suppressed.
// The zero value is the default policy.
//
// For example, with the default policy the total of capacities 5, 5 and 5 MW is
// published, and that of 90, 5 and 5 MW is suppressed, because one member has
// more than 80 %.
//
// A policy limits the information in the total itself. Capacities and profiles
// may still identify a resource, and a party that has all other members' values
// computes the last one from the total. Two of three members learn the third
// unless Colluders is 2.
type Policy struct {
	MinGroup  int          // least number of members with a value other than zero (default 3)
	Dominance ledger.Micro // largest share of one member in the sum of magnitudes (default 0.8)
	Colluders int          // members that may combine their values against another one (default 1)
	// Protection is the least error, as a share of the member's value, of the
	// estimate that Colluders obtain for the largest other member by
	// subtracting their own values from the total (default 0.1).
	Protection ledger.Micro
	Bucket     ledger.Micro // published totals are multiples of this (default 0.1)
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

// Validate returns all violations of the policy after defaults are set.
func (p Policy) Validate() error {
	p = p.withDefaults()
	var bad faults.List
	if p.MinGroup < 3 {
		bad.Addf("ledger: policy: MinGroup is %d; use at least 3, because each of two members can compute the other's value", p.MinGroup)
	}
	if p.Dominance < 0 || p.Dominance > ledger.One {
		bad.Addf("ledger: policy: Dominance is %s, want 0 to 1", p.Dominance)
	}
	if p.Colluders < 0 || p.Protection < 0 || p.Protection > ledger.One || p.Bucket < 0 {
		bad.Addf("ledger: policy: Colluders and Bucket must not be negative, and Protection must be in [0, 1]")
	}
	if p.Colluders+2 > p.MinGroup {
		bad.Addf("ledger: policy: MinGroup is %d, want at least 2 more than the %d colluders", p.MinGroup, p.Colluders)
	}
	return bad.Err()
}

// Allows returns nil if the total of one column over members may be published,
// and otherwise the reason. The error is that of [Policy.Validate] if the
// policy is invalid.
func (p Policy) Allows(values []ledger.Micro) error {
	if err := p.Validate(); err != nil {
		return err
	}
	p = p.withDefaults()
	// Sums of magnitudes may exceed 64 bits, so the comparison uses big
	// integers.
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
		return fmt.Errorf("ledger: policy: one member has more than %s of the total", p.Dominance)
	}
	// The colluders with the largest values leave the target's value plus this
	// rest unexplained.
	rest := new(big.Int).Sub(sum, sizes[0])
	for _, s := range sizes[1 : 1+p.Colluders] {
		rest.Sub(rest, s)
	}
	if scaled(rest, ledger.One).Cmp(scaled(sizes[0], p.Protection)) < 0 {
		return fmt.Errorf("ledger: policy: %d members together can estimate the largest one within %s", p.Colluders, p.Protection)
	}
	return nil
}

// ReleasedGroup is the set of members of one published total of a column.
type ReleasedGroup struct {
	Column  string
	Members []string // ascending
}

// differs reports whether the total of group and an earlier total differ by
// fewer than MinGroup members, but not by zero. The difference of the two
// totals would then reveal those members. The VPP of the earlier scheme does
// not matter: a member has the same capacity in the schemes of all VPPs.
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

// outside returns the names in a that are not in b.
func outside(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { _, has := slices.BinarySearch(b, x); return has })
}

// Release applies the policy to every column of a scheme. past lists the groups
// of earlier totals; the result lists those of this scheme as well.
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

// bucket rounds to the nearest multiple of size, halves away from zero. If that
// multiple is out of range it rounds towards zero.
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
