package market

import (
	"fmt"
	"slices"
	"strings"
)

// WarningKind is the class of a warning, for programs that react to warnings.
type WarningKind int

const (
	// Arbitrage: the next unit sold earns more than the next unit bought costs.
	Arbitrage WarningKind = iota
	// NotConvex: a marginal price decreases at a point other than zero.
	NotConvex
	// FixedCost: a period without trade has a cost.
	FixedCost
	// RewardedDeviation: a deviation from the schedule earns a reward.
	RewardedDeviation
	// GenerousQuota: free allowances exceed emissions.
	GenerousQuota
)

// String returns the name of the kind.
func (k WarningKind) String() string {
	switch k {
	case Arbitrage:
		return "arbitrage"
	case NotConvex:
		return "not convex"
	case FixedCost:
		return "fixed cost"
	case RewardedDeviation:
		return "rewarded deviation"
	case GenerousQuota:
		return "generous quota"
	}
	return fmt.Sprintf("WarningKind(%d)", int(k))
}

// A Warning is a property of valid data that is probably unintended.
type Warning struct {
	Kind    WarningKind
	Subject string // market or source
	Periods []int  // affected settlement periods, ascending; nil if not about periods
	Text    string // explanation in one sentence
}

// String returns the warning in one line.
func (w Warning) String() string {
	if len(w.Periods) == 0 {
		return fmt.Sprintf("%s: %s: %s", w.Subject, w.Kind, w.Text)
	}
	return fmt.Sprintf("%s: %s in periods %s: %s", w.Subject, w.Kind, ranges(w.Periods), w.Text)
}

// Warnings returns warnings about the curves of a valid market: prices that a
// program can exploit or cannot represent without binaries. Periods with the
// same property share one warning. The order is that of the kinds.
func Warnings(m Market) []Warning {
	texts := [...]string{
		Arbitrage: "selling earns more than buying costs; a program with separate variables " +
			"for the two is unbounded unless it forbids both at once",
		NotConvex: "the marginal price falls as more is bought; " +
			"a program needs binaries for this curve",
		FixedCost: "the curve has a cost at zero; it changes the total and no decision",
		RewardedDeviation: "a spread is negative, so a deviation can earn more than " +
			"the schedule; intended only for a single imbalance price",
	}
	var found [len(texts)][]int
	note := func(kind WarningKind, period int, is bool) {
		if is {
			found[kind] = append(found[kind], period)
		}
	}
	imbalance, _ := m.(*Imbalance)
	for p := range m.Periods() {
		c := m.Curve(p)
		lower, upper := c.Limits()
		sell, buy := c.Marginal(0)
		kink := lower < 0 && upper > 0 && sell > buy
		note(Arbitrage, p, kink)
		note(NotConvex, p, fallsAwayFromZero(c))
		note(FixedCost, p, c.Fixed != 0)
		note(RewardedDeviation, p, imbalance != nil && (imbalance.Short.At(p) < 0 || imbalance.Long.At(p) < 0))
	}
	var warnings []Warning
	for kind, periods := range found {
		if len(periods) > 0 {
			warnings = append(warnings, Warning{
				Kind: WarningKind(kind), Subject: m.Trades().String() + " market",
				Periods: periods, Text: texts[kind],
			})
		}
	}
	return warnings
}

// fallsAwayFromZero reports whether the marginal price decreases at a break
// other than zero.
func fallsAwayFromZero(c Curve) bool {
	zero := slices.Index(c.Breaks, 0)
	for k := 1; k < len(c.Slopes); k++ {
		if k != zero && c.Slopes[k] < c.Slopes[k-1] {
			return true
		}
	}
	return false
}

// ranges formats ascending numbers as "0-6, 22, 23".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		} else {
			parts = append(parts, fmt.Sprint(numbers[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
