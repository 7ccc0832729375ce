package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Comparison is several strategies on the same days.
type Comparison struct {
	Season     string     `json:"season"`
	Notes      []string   `json:"notes"`
	Days       int        `json:"days"` // that all strategies settled
	Strategies []Compared `json:"strategies"`

	// Values are the values of foresight and of scenarios, see
	// [Comparison.Difference]:
	//
	//	foresight   cost of each strategy less that of perfect foresight
	//	scenarios   cost of the point forecast less that of scenarios, of two planned strategies that
	//	            re-plan equally often
	Values []Difference `json:"values"`

	Cut bool `json:"cut"` // the context ended some season early
}

// Compared is one strategy of a comparison. Totals are over the common days.
type Compared struct {
	Strategy Strategy `json:"strategy"`
	Totals

	// Worst is the mean daily cost of the worst 5 % of days, the CVaR at 0.95
	// of equally probable days. Of 30 days it is the worst day and half of the
	// second worst.
	Worst float64 `json:"worst_5_percent_cost"`

	Missed int `json:"missed_days"` // days with [Day.Misses]

	Bound    *float64       `json:"bound,omitempty"` // sum of [Day.Bound]; nil if one is not known
	Moves    []DayMove      `json:"moves"`           // who left whom, by day
	Payments []trigrid.Line `json:"payments"`

	// Reason is the reason if the strategy does not operate this season, such
	// as a kind of DER without a rule. All numbers are then 0.
	Reason string `json:"reason,omitempty"`

	Result *Result `json:"-"`
}

// DayMove is a move with the number of its day.
type DayMove struct {
	Day int `json:"day"`
	Move
}

// Difference is the mean difference of the daily costs of two strategies with
// its confidence interval at 0.95, currency per day.
type Difference struct {
	Value   string  `json:"value"` // "foresight", "scenarios" or ""
	Of      string  `json:"of"`
	Against string  `json:"against"`
	Mean    float64 `json:"mean"`  // cost of Of less cost of Against
	Half    float64 `json:"half"`  // Mean ± Half
	Ahead   int     `json:"ahead"` // days on which Of costs more
	Days    int     `json:"days"`
}

// memorySize is the size of the solutions that the strategies of a comparison
// share, bytes. One of a day of 24 hours, ten DERs and ten scenarios has about
// 200 kB.
const memorySize = 64 << 20

// Compare operates the same season with several strategies, the six of
// [Strategies] by default, and compares them over their common days. Strategies
// run at the same time; Observe receives the progress of all of them.
// Options.Strategy and Options.Export are not used; bounds are computed.
//
// It returns an error if no strategy operates the season.
func Compare(ctx context.Context, season Season, o Options, strategies ...Strategy) (*Comparison, error) {
	if len(strategies) == 0 {
		strategies = Strategies()
	}
	bad := faults.List{Prefix: "operate: compare: "}
	names := map[string]bool{}
	for _, s := range strategies {
		bad.Require(s.Name != "" && !names[s.Name], "two strategies are named %q, or one has no name; names must differ", s.Name)
		names[s.Name] = true
		bad.Add(s.Validate())
	}
	bad.Add(season.Validate())
	if err := bad.Err(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	var (
		results = make([]*Result, len(strategies))
		errs    = make([]error, len(strategies))
		// All seasons share the slots, so that ten strategies use no more cores
		// than one.
		shared = &workers{slots: make(chan struct{}, o.Workers), memory: store.NewMemory(memorySize)}
		group  sync.WaitGroup
		mu     sync.Mutex
	)
	for i, s := range strategies {
		own := o
		own.Strategy, own.Export, own.Bounds, own.shared = s, nil, true, shared
		if o.Observe != nil {
			own.Observe = func(p Progress) {
				mu.Lock()
				defer mu.Unlock()
				o.Observe(p)
			}
		}
		// All seasons run at the same time and share the slots, so that none is
		// left for the end.
		group.Go(func() {
			results[i], errs[i] = Run(ctx, season, own)
		})
	}
	group.Wait()
	return compared(season, strategies, results, errs)
}

// compared makes the comparison of results; those with an error are nil.
func compared(season Season, strategies []Strategy, results []*Result, errs []error) (*Comparison, error) {
	out := &Comparison{Season: season.Name, Days: season.Days, Values: []Difference{}}
	some := false
	for i, r := range results {
		if errs[i] == nil {
			some = true
			out.Days, out.Cut, out.Notes = min(out.Days, len(r.Days)), out.Cut || r.Cut, r.Notes
		}
	}
	// A strategy that fails is part of the answer as long as another one
	// operates the season.
	if !some {
		return nil, errors.Join(errs...)
	}
	for i, s := range strategies {
		x := Compared{Strategy: s, Result: results[i], Moves: []DayMove{}}
		if errs[i] != nil {
			x.Reason = errs[i].Error()
		} else if err := x.sum(out.Days); err != nil {
			return nil, err
		}
		out.Strategies = append(out.Strategies, x)
	}
	if out.Days < 2 {
		return out, nil // one day has no interval
	}
	// Each pair is looked at once in each order; only those of a value are
	// kept.
	for _, of := range out.Strategies {
		for _, against := range out.Strategies {
			value := ""
			switch a, b := of.Strategy, against.Strategy; {
			case of.Reason != "" || against.Reason != "" || a.Name == b.Name:
				continue
			case b.Method == PerfectForesight:
				value = "foresight"
			case a.Method == Planned && b.Method == Planned && a.Every == b.Every && a.scenarios() == 1 && b.scenarios() > 1:
				value = "scenarios"
			default:
				continue
			}
			d, err := out.Difference(of.Strategy.Name, against.Strategy.Name)
			if err != nil {
				return nil, err
			}
			d.Value = value
			out.Values = append(out.Values, d)
		}
	}
	// Values of foresight stand before those of scenarios, each in the order of
	// the strategies.
	slices.SortStableFunc(out.Values, func(a, b Difference) int { return strings.Compare(a.Value, b.Value) })
	return out, nil
}

// sum sets the sums over the first days, which all strategies have settled. A
// season that was cut can have more or fewer days than another: 5 days of one
// and 4 of another give sums over 4.
func (x *Compared) sum(days int) error {
	if days == 0 {
		return nil
	}
	// A sum of bounds is a bound only if each day has one.
	bound, known := 0.0, true
	costs := make([]float64, days)
	minor := make(map[string]int64)
	for i := range days {
		d := &x.Result.Days[i]
		x.add(d.Totals)
		costs[i] = d.Cost
		if d.Bound != nil {
			bound += *d.Bound
		}
		known = known && d.Bound != nil
		if d.Misses != nil {
			x.Missed++
		}
		for _, m := range d.Moves {
			x.Moves = append(x.Moves, DayMove{d.Number, m})
		}
		for _, line := range d.Payments {
			minor[line.Party] += line.Minor
		}
	}
	if known {
		x.Bound = &bound
	}
	for _, p := range x.Result.Parties {
		x.Payments = append(x.Payments, trigrid.Line{Party: p.Name, Minor: minor[p.Name]})
	}
	// Costs are losses, so that the tail is that of the dearest days.
	worst, err := cvar.Measure{Confidence: 0.95}.OfLosses(costs, scenario.Equal(days))
	x.Worst = worst.CVaR
	return err
}

// Difference returns the mean difference of the daily costs of two strategies
// over the common days. For example, costs of 10 and 14 against 8 and 10 differ
// by 2 and 4: Mean 3, and Half 12.7 of two days.
//
// The days are the same for both, so that the differences are paired; the
// interval is that of [vpp.Interval] and treats days as independent. It returns
// an error for names without a result, and for fewer than two days.
func (c *Comparison) Difference(of, against string) (Difference, error) {
	// A season that was cut has the common days only.
	var costs [2][]Day
	for k, name := range []string{of, against} {
		i := slices.IndexFunc(c.Strategies, func(x Compared) bool { return x.Strategy.Name == name && x.Result != nil })
		if i < 0 {
			return Difference{}, fmt.Errorf("operate: compare: no result of a strategy %q", name)
		}
		costs[k] = c.Strategies[i].Result.Days[:c.Days]
	}
	out := Difference{Of: of, Against: against, Days: c.Days}
	differences := make([]float64, c.Days)
	for i := range differences {
		differences[i] = costs[0][i].Cost - costs[1][i].Cost
		if differences[i] > 1e-6 {
			out.Ahead++
		}
	}
	var err error
	out.Mean, out.Half, err = vpp.Interval(differences, 0.95)
	return out, err
}

// WriteTable writes the comparison as text: one line per strategy, the moves,
// the payments in units of the currency, and the values.
func (c *Comparison) WriteTable(w io.Writer) error {
	// A strategy that does not operate the season has a sentence below, and no
	// row.
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "strategy\tcost\tover bound\tworst 5 %\timbalance MWh\tits cost\tCO2 t\tcertificates\tcurtailed MWh\tmoves\t")
	reserve := slices.ContainsFunc(c.Strategies, func(x Compared) bool { return x.Totals.Reserve != 0 })
	if reserve { // a season without a reserve market has no column of it
		fmt.Fprint(table, "reserve income\t")
	}
	fmt.Fprintln(table)
	for _, x := range c.Strategies {
		if x.Reason != "" {
			continue
		}
		// The distance to the bound is money that better forecasts could save
		// at most.
		over := "-"
		if x.Bound != nil {
			over = fmt.Sprintf("%.0f", x.Cost-*x.Bound)
		}
		fmt.Fprintf(table, "%s\t%.0f\t%s\t%.0f\t%.1f\t%.0f\t%.1f\t%.1f\t%.1f\t%d\t", x.Strategy.Name, x.Cost, over, x.Worst,
			x.ImbalanceMWh, x.Imbalance, x.EmissionT, x.Certificates, x.CurtailedMWh, len(x.Moves))
		if reserve {
			fmt.Fprintf(table, "%.0f\t", x.Totals.Reserve)
		}
		fmt.Fprintln(table)
	}
	fmt.Fprint(table, "\t\npayments\t")
	names := false
	for _, x := range c.Strategies {
		if x.Reason != "" {
			continue
		}
		if !names {
			for _, line := range x.Payments {
				fmt.Fprintf(table, "%s\t", line.Party)
			}
			names = true
			fmt.Fprintln(table)
		}
		fmt.Fprintf(table, "%s\t", x.Strategy.Name)
		for _, line := range x.Payments {
			fmt.Fprintf(table, "%.2f\t", float64(line.Minor)/100) // exact to the unit below 2^53
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, x := range c.Strategies {
		if x.UnheldMWh > 0 {
			fmt.Fprintf(w, "%s did not hold %.3g MW h of sold reserve on %s, which is not paid\n", x.Strategy.Name, x.UnheldMWh, days.Count(x.Missed))
		}
		if x.Missed > 0 && (x.UnservedMWh > 0 || x.UnheldMWh == 0) {
			fmt.Fprintf(w, "%s did not serve %.3g MWh on %s: its cost leaves them out\n", x.Strategy.Name, x.UnservedMWh, days.Count(x.Missed))
		}
		if x.Reason != "" {
			fmt.Fprintf(w, "%s does not operate this season: %s\n", x.Strategy.Name, x.Reason)
		}
		for _, m := range x.Moves {
			fmt.Fprintf(w, "%s, day %d: %s left %s for %s\n", x.Strategy.Name, m.Day, m.DER, m.From, m.To)
		}
	}
	for _, d := range c.Values {
		if _, err := fmt.Fprintf(w, "value of %s per day: %.0f ± %.0f (%s less %s, %s, 95 %%)\n",
			d.Value, d.Mean, d.Half, d.Of, d.Against, days.Count(d.Days)); err != nil {
			return err
		}
	}
	return nil
}
