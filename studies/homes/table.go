package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/studies/homes/home"
)

// Tolerances of the comparison.
const (
	sameMoney = 1e-6 // currency
	rounded   = 4e-3 // Wh, of recorded schedules
)

// row is one line of the table. Money is in the currency of the request.
//
// For example, case 009 has 47 steps and 2 batteries, and earns 3.48 in both
// answers.
type row struct {
	recordedCase
	answer *home.Answer  // of this library
	theirs *home.Account // nil without a recorded answer
	broken error         // rules that the recorded answer breaks
	cbc    time.Duration // 0 without CBC
	bound  float64       // money minus penalties by CBC
}

// measure plans one request and solves its program with CBC.
//
// The recorded schedules are rounded to 8 digits, so that the audit allows
// errors of that size.
func measure(ctx context.Context, c recordedCase, s cbc) (row, error) {
	r := row{recordedCase: c}
	var err error
	if r.answer, err = home.Plan(ctx, c.Request, home.Options{}); err != nil {
		return r, err
	}
	if c.Answer != nil {
		r.theirs, r.broken = home.Audit(c.Request, c.Answer, rounded)
	}
	if s == "" {
		return r, nil
	}
	m, unit, err := home.Program(c.Request)
	if err != nil {
		return r, err
	}
	best, elapsed, err := s.solve(ctx, m)
	r.cbc, r.bound = elapsed, best*unit
	return r, err
}

// difference returns our money minus the recorded money, and whether penalties
// and money are as good. Penalties come first: with lower penalties, money does
// not count.
//
// For example, a plan that avoids a miss of 10 Wh and pays 0.2 more is good.
func (r row) difference() (money float64, good bool) {
	money = r.answer.Money - r.theirs.Money
	// Both sides count listed misses only, because rounding leaves small ones
	// in every step. Rounding of recorded schedules hides differences of their
	// tolerance in each miss.
	ours, theirs, slack := 0.0, 0.0, 0.0
	for _, m := range r.answer.Misses {
		ours += m.Energy * m.Weight
	}
	for _, m := range r.theirs.Misses {
		theirs += m.Energy * m.Weight
		slack += rounded * m.Weight
	}
	// A lower penalty can cost money. More money at equal penalties would be a
	// broken rule, because the recorded answers are optimal.
	switch {
	case ours < theirs-slack:
		return money, true
	case ours > theirs+slack:
		return money, false
	}
	return money, math.Abs(money) <= sameMoney
}

// printTable writes the table, the misses and the source. It returns an error
// for every plan that is worse than the recorded one, unproven, or not the
// optimum of CBC.
//
//	money      of our plan, by its own account
//	recorded   of the recorded schedule, by the same audit
//	missed     sum of the energies of all misses, Wh
//	money ms   until money and penalties are proven; all ms has preferences and audit, too
func printTable(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\tsteps x batteries\tmoney\trecorded\tdifference\trelative\tmissed Wh\trecorded Wh\tmoney ms\tall ms\tCBC ms\t")
	var bad []error
	var notes []string
	var money, all, second []time.Duration
	for _, r := range rows {
		a := r.answer
		name := strings.TrimSuffix(r.name, ".json")
		fmt.Fprintf(t, "%s\t%d x %d\t%.6f\t", name[:min(3, len(name))], r.Request.Steps(), len(r.Request.Batteries), a.Money)
		money, all = append(money, a.Time.Money), append(all, a.Time.Total)
		if r.theirs == nil {
			fmt.Fprintf(t, "%s\t\t\t%.2f\t\t", recordedStatus(r.Status), missed(a.Misses))
		} else {
			difference, good := r.difference()
			fmt.Fprintf(t, "%.6f\t%.1e\t%.1e\t%.2f\t%.2f\t", r.theirs.Money, difference, difference/math.Abs(r.theirs.Money),
				missed(a.Misses), missed(r.theirs.Misses))
			if !good {
				bad = append(bad, fmt.Errorf("%s: money or penalties differ from the recorded answer", name))
			}
		}
		fmt.Fprintf(t, "%d\t%d\t", a.Time.Money.Milliseconds(), a.Time.Total.Milliseconds())
		if r.cbc > 0 {
			second = append(second, r.cbc)
			fmt.Fprintf(t, "%d", r.cbc.Milliseconds())
			// CBC accepts misses of 1e-6 of its scaled rows, which penalties
			// multiply.
			if d := r.bound - (a.Money - a.Penalty); math.Abs(d) > sameMoney+1e-8*math.Abs(r.bound) {
				bad = append(bad, fmt.Errorf("%s: CBC finds an optimum that differs by %.1e", name, d))
			}
		}
		fmt.Fprintln(t, "\t")
		if !a.Proven || !a.Preferred {
			bad = append(bad, fmt.Errorf("%s: the plan is not proven, or a preference is open", name))
		}
		notes = append(notes, r.notes(name)...)
	}
	fmt.Fprintf(t, "median\t\t\t\t\t\t\t\t%d\t%d\t%s\t\n", median(money), median(all), text(second, median))
	fmt.Fprintf(t, "slowest\t\t\t\t\t\t\t\t%d\t%d\t%s\t\n", slowest(money), slowest(all), text(second, slowest))
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range notes {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w, "money ms: until money and penalties are proven; all ms: with preferences and the audit")
	fmt.Fprintln(w, "source of the recorded requests:", source)
	return errors.Join(bad...)
}

// notes names the misses of a plan by limit and battery, the largest of each,
// and doubts about the recorded case.
func (r row) notes(name string) []string {
	var out []string
	// A battery below its minimum for ten steps is one note.
	type kind struct {
		limit   home.Limit
		battery int
	}
	largest, count := map[kind]home.Miss{}, map[kind]int{}
	var order []kind
	for _, m := range r.answer.Misses {
		k := kind{m.Limit, m.Battery}
		if count[k]++; count[k] == 1 {
			order = append(order, k)
		}
		if m.Energy > largest[k].Energy {
			largest[k] = m
		}
	}
	for _, k := range order {
		line := fmt.Sprintf("%s missed: %v", name[:min(3, len(name))], largest[k])
		if n := count[k]; n > 1 {
			line += fmt.Sprintf(", the largest of %d steps", n)
		}
		out = append(out, line)
	}
	if r.Ignored != "" {
		out = append(out, name+" has keys without a rule here: "+r.Ignored)
	}
	if r.broken != nil {
		out = append(out, fmt.Sprintf("%s: the recorded answer breaks rules: %v", name, r.broken))
	}
	return out
}

// recordedStatus returns the word in place of the recorded money.
func recordedStatus(status string) string {
	if status == "" {
		return "none"
	}
	return status
}

// missed returns the energy of all misses, Wh.
func missed(misses []home.Miss) float64 {
	sum := 0.0
	for _, m := range misses {
		sum += m.Energy
	}
	return sum
}

// median returns the median of at least one time, ms.
//
// Of an even number of times it is the mean of the two in the middle.
func median(times []time.Duration) int64 {
	times = slices.Sorted(slices.Values(times))
	n := len(times)
	return ((times[(n-1)/2] + times[n/2]) / 2).Milliseconds()
}

// slowest returns the largest of at least one time, ms.
func slowest(times []time.Duration) int64 { return slices.Max(times).Milliseconds() }

// text formats a statistic of times, or "" if there are none.
func text(times []time.Duration, of func([]time.Duration) int64) string {
	if len(times) == 0 {
		return ""
	}
	return fmt.Sprint(of(times))
}
