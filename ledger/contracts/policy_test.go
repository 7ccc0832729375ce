package contracts

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// attack estimates the target's value the way colluding members do: the
// published total less their own values.
func attack(total ledger.Micro, values []ledger.Micro, colluders []int) ledger.Micro {
	for _, c := range colluders {
		total -= values[c]
	}
	return total
}

// TestPrivacySubtractionAttack tries every target and every set of colluders on
// every total that the policy lets through, and demands the promised error each
// time. The attack is exact where the policy would have suppressed.
func TestPrivacySubtractionAttack(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for _, p := range []Policy{{}, {Colluders: 2, MinGroup: 4, Protection: 200_000}} {
		d := p.withDefaults()
		require.NoError(t, p.Validate())
		published, suppressed := 0, 0
		for range 1000 {
			values := make([]ledger.Micro, 1+random.IntN(7))
			total := ledger.Micro(0)
			for i := range values {
				values[i] = ledger.Micro(random.ExpFloat64()*10) * ledger.One
				total += values[i]
			}
			if p.Allows(values) != nil {
				suppressed++
				continue
			}
			published++
			for target, v := range values {
				for set := range 1 << len(values) {
					var colluders []int
					for i := range values {
						if set>>i&1 == 1 && i != target {
							colluders = append(colluders, i)
						}
					}
					if v == 0 || len(colluders) > d.Colluders || set>>target&1 == 1 {
						continue
					}
					missed := attack(total, values, colluders) - v
					require.GreaterOrEqual(t, missed.Float(), d.Protection.Float()*v.Float()-1e-9, "%v: %v find %d", values, colluders, target)
				}
			}
		}
		require.Greater(t, published, 50)
		require.Greater(t, suppressed, 50)
	}
}

// Two of three members know the third exactly, whatever is done to the total
// but suppressing it. The default policy guards against one; whoever fears two
// says so and loses totals over three. This is the limit the policy states.
func TestPrivacyTwoColludersOfThreeKnowTheThird(t *testing.T) {
	values := []ledger.Micro{10 * ledger.One, 20 * ledger.One, 15 * ledger.One}
	require.NoError(t, Policy{}.Allows(values))
	require.Equal(t, values[2], attack(45*ledger.One, values, []int{0, 1}))
	require.Error(t, Policy{Colluders: 2, MinGroup: 4}.Allows(values))
	require.Error(t, Policy{Colluders: 2, MinGroup: 3}.Validate(), "a policy that cannot keep its word")
}

func TestPrivacySmallAndDominatedTotalsAreSuppressed(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []ledger.Micro
		ok     bool
	}{
		{"two members", []ledger.Micro{5 * ledger.One, 5 * ledger.One}, false},
		{"two members and a zero", []ledger.Micro{5 * ledger.One, 5 * ledger.One, 0}, false},
		{"three alike", []ledger.Micro{5 * ledger.One, 5 * ledger.One, 5 * ledger.One}, true},
		{"one holds 90 %", []ledger.Micro{90 * ledger.One, 5 * ledger.One, 5 * ledger.One}, false},
		{"one holds 80 %", []ledger.Micro{80 * ledger.One, 10 * ledger.One, 10 * ledger.One}, true},
		// 50 and 49 know each other within 1: the rest protects neither.
		{"two giants and a dwarf", []ledger.Micro{50 * ledger.One, 49 * ledger.One, 1 * ledger.One}, false},
		{"signs do not hide dominance", []ledger.Micro{-90 * ledger.One, 5 * ledger.One, 5 * ledger.One}, false},
		{"nobody", nil, false},
	} {
		require.Equal(t, c.ok, Policy{}.Allows(c.values) == nil, c.name)
	}
}

// Two periods that differ by one member give that member away by subtraction:
// the second total is suppressed.
func TestPrivacyDifferencingOverPeriodsIsSuppressed(t *testing.T) {
	s := newStage(t, 5).scheme
	p := Policy{}
	first, past := p.Release(&s, nil)
	require.False(t, first[0].Suppressed)
	require.Equal(t, 15*ledger.One, first[0].Total) // 1+2+3+4+5

	without := s
	without.Rows = s.Rows[:4]
	second, past2 := p.Release(&without, past)
	require.True(t, second[0].Suppressed, "15 − 10 would be der-04's capacity")
	require.Zero(t, second[0].Total)
	require.Len(t, past2, len(past))

	same, _ := p.Release(&s, past)
	require.False(t, same[0].Suppressed, "the same members reveal nobody")
	large := newStage(t, 9).scheme
	wide, _ := p.Release(&large, past)
	require.False(t, wide[0].Suppressed, "four new members hide each other")
}

func TestPrivacyTotalsAreRounded(t *testing.T) {
	for _, c := range []struct{ v, size, want ledger.Micro }{
		{1_234_567, 100_000, 1_200_000},
		{1_250_000, 100_000, 1_300_000},
		{-1_250_000, 100_000, -1_300_000},
		{49_999, 100_000, 0},
		{0, 100_000, 0},
		{-49_999, 100_000, 0},
	} {
		require.Equal(t, c.want, bucket(c.v, c.size), "%d", c.v)
	}
}

// The same members in the schemes of two VPPs have the same capacities, so
// totals of two VPPs that differ by one member give it away just as two periods
// do.
func TestPrivacyDifferencingOverVPPsIsSuppressed(t *testing.T) {
	s := newStage(t, 5).scheme
	without := s
	without.Rows = s.Rows[:4]
	ofA, past := Policy{}.Release(&s, nil)
	require.False(t, ofA[0].Suppressed)
	ofB, _ := Policy{}.Release(&without, past)
	require.True(t, ofB[0].Suppressed, "15 − 10 would be der-04's capacity")
	alone, _ := Policy{}.Release(&without, nil)
	require.False(t, alone[0].Suppressed)
}

func TestAPolicyThatCannotKeepItsWordPublishesNothing(t *testing.T) {
	values := []ledger.Micro{ledger.One, ledger.One, ledger.One, ledger.One}
	for _, p := range []Policy{{Colluders: 9}, {Colluders: -5}, {MinGroup: 1}, {Bucket: -1}, {Dominance: 2 * ledger.One}} {
		require.Error(t, p.Allows(values), "%+v", p)
	}
	require.NoError(t, Policy{}.Allows(values))
}

func TestRoundingATotalDoesNotWrapAround(t *testing.T) {
	require.Equal(t, ledger.Micro(math.MaxInt64)/1_000_000*1_000_000, bucket(math.MaxInt64, 1_000_000)) // …775807 rounds up, and cannot
	require.Equal(t, ledger.Micro(math.MinInt64)/1_000_000*1_000_000, bucket(math.MinInt64, 1_000_000))
	require.Equal(t, ledger.Micro(0), bucket(math.MaxInt64/2-1, math.MaxInt64))
	require.Equal(t, ledger.Micro(math.MaxInt64), bucket(math.MaxInt64/2+1, math.MaxInt64))
}
