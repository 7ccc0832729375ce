package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

// tables writes aligned tables. Columns of one table are separated by tabs; a
// title starts a new table.
type tables struct{ *tabwriter.Writer }

// title starts a table with a heading above it.
func (t tables) title(format string, args ...any) { fmt.Fprintf(t, "\n"+format+"\n", args...) }

// row writes one line with any printable cells.
func (t tables) row(cells ...any) {
	for i, c := range cells {
		if i > 0 {
			fmt.Fprint(t, "\t")
		}
		fmt.Fprint(t, c)
	}
	fmt.Fprintln(t)
}

// print writes the study as tables, then the claims and the time taken.
//
// An error is one of writing.
func (x *study) print(w io.Writer) error {
	t := tables{tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)}
	x.printInputs(t)
	x.printCases(t)
	x.printMethods(t)
	x.printSweeps(t)
	x.printHours(t)
	x.printChains(t)
	x.printExchanges(t)
	x.printWeeks(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nClaims\n")
	if err := claim.Print(w, x.Claims); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%.0f s\n", x.took.Seconds())
	return err
}

// printInputs writes the origin of every input, then the notes.
func (x *study) printInputs(t tables) {
	t.title("Inputs")
	for _, i := range x.Inputs {
		t.row("  "+i.What, i.Source)
	}
	for _, n := range x.Notes {
		t.row("  note: " + n)
	}
}

// printCases writes the trading cases with their residuals, then the conducts.
//
// Small residuals show that each case is an equilibrium.
func (x *study) printCases(t tables) {
	t.title("Trading cases, price takers, a day (CNY; t CO2; t per 10 000 CNY; %%)")
	t.row("case", "VPP", "cost", "power", "carbon", "certificates", "emission", "intensity", "renewable use")
	for _, c := range x.Cases {
		for _, o := range slices.Concat(c.VPPs, []outcome{c.Total}) {
			t.row(c.Name, o.VPP, whole(o.Cost), whole(o.Power), whole(o.Carbon), whole(o.Certificates),
				cents(o.Emission), cents(o.Intensity), cents(100*o.Renewable))
		}
	}

	t.title("Market residuals: price found less price at the quantities, CNY per unit")
	for _, c := range x.Cases {
		t.row("  "+c.Name, residuals(c.Residuals))
	}

	t.title("Conduct, both markets (CNY; t CO2; %%; residual CNY per unit)")
	t.row("conduct", "cost", "emission", "renewable use", "residual", "rounds", "converged")
	for _, c := range x.Conduct {
		t.row(c.Name, whole(c.Total.Cost), cents(c.Total.Emission), cents(100*c.Total.Renewable),
			fmt.Sprintf("%.4f", c.Residual), c.Rounds, c.Converged)
	}
}

// printMethods writes planned figures beside those on fresh days. Planned costs
// of different scenarios are not comparable with each other; fresh costs are.
func (x *study) printMethods(t tables) {
	t.title("Uncertainty, VPP1 at fixed prices: as planned, "+
		"and with the same day-ahead schedule on %d fresh days (CNY; t CO2; %%)", fresh)
	t.row("method", "planned cost", "emission", "renewable use", "fresh cost", "±", "emission", "renewable use")
	for _, m := range x.Methods {
		t.row(m.Name, whole(m.Planned.Cost), cents(m.Planned.Emission), cents(100*m.Planned.Renewable),
			whole(m.Fresh.Cost), whole(m.Interval), cents(m.Fresh.Emission), cents(100*m.Fresh.Renewable))
	}
}

// printSweeps writes one table per quota. The residual shows how far the prices
// of the point are from an exact equilibrium.
func (x *study) printSweeps(t tables) {
	for _, s := range []struct {
		name, unit string
		points     []point
	}{
		{"carbon", "t per MWh", x.Sweeps.Carbon},
		{"certificate", "share of generation", x.Sweeps.Certificates},
	} {
		t.title("Sweep of the %s quota, %s, all VPPs (t CO2; %%; CNY; residual CNY per unit)", s.name, s.unit)
		t.row("quota", "emission", "renewable use", "cost", "emission, fixed prices",
			"renewable use, fixed", "residual", "converged")
		for _, p := range s.points {
			t.row(cents(p.Quota), fmt.Sprintf("%.3f", p.Moving.Emission),
				fmt.Sprintf("%.3f", 100*p.Moving.Renewable), whole(p.Moving.Cost),
				fmt.Sprintf("%.3f", p.Fixed.Emission), fmt.Sprintf("%.3f", 100*p.Fixed.Renewable),
				fmt.Sprintf("%.4f", p.Residual), p.Converged)
		}
	}
}

// printHours writes prices and net purchases of the full model, one row per
// hour. A negative purchase is a sale.
func (x *study) printHours(t tables) {
	t.title("Interaction by hour, both markets: " +
		"prices per MWh, t and certificate in CNY, net purchases of VPP1, 2, 3")
	t.row("hour", "load MW", "power", "carbon", "certificate", "power MWh", "allowances t", "certificates")
	for _, h := range x.Hours {
		t.row(h.Hour, cents(h.Load), whole(h.PowerPrice), cents(h.CarbonPrice), cents(h.CertificatePrice),
			numbers(h.Power), numbers(h.Allowances), numbers(h.Certificate))
	}
}

// printChains writes the deals, the balance of every asset and the settlement.
// The sum of the settlement is printed to show that it is 0 fen.
func (x *study) printChains(t tables) {
	t.title("A day on the chains: %d trades approved and executed, %d refused, %d carried over the relays",
		x.Chains.Executed, x.Chains.Refused, x.Chains.Committed)
	t.row("seller", "buyer", "good", "amount, MWh, t or certificates", "CNY")
	for _, d := range x.Chains.Deals {
		t.row(d.Seller, d.Buyer, d.Good, fmt.Sprintf("%.3f", d.Amount), cents(d.Payment))
	}
	for _, good := range slices.Sorted(maps.Keys(x.Chains.Balance)) {
		b := x.Chains.Balance[good]
		t.row(good, fmt.Sprintf("issued %.3f", b.Issued), fmt.Sprintf("retired %.3f", b.Retired),
			fmt.Sprintf("held %.3f", b.Held))
	}
	var sum int64
	// The ledger counts money in fen, hundredths of a CNY.
	for _, s := range x.Chains.Settlement {
		t.row(s.Party, fmt.Sprintf("receives %+.2f CNY", float64(s.Fen)/100))
		sum += s.Fen
	}
	t.row("sum", fmt.Sprintf("%d fen", sum))
}

// printWeeks writes one row per week and price level, if the study has weeks.
func (x *study) printWeeks(t tables) {
	if len(x.Weeks) == 0 {
		return
	}
	t.title("Measured weeks at observed price levels (CNY; t CO2; %%)")
	t.row("week", "carbon", "certificate", "negative hours", "cost", "emission", "renewable use",
		"residuals", "converged")
	for _, k := range x.Weeks {
		t.row(k.Name, k.Carbon, k.Certificate, k.Negative, whole(k.Total.Cost), cents(k.Total.Emission),
			cents(100*k.Total.Renewable), residuals(k.Residuals), k.Converged)
	}
}

// whole formats without decimals, cents with two.
func whole(v float64) string { return fmt.Sprintf("%.0f", v) }
func cents(v float64) string { return fmt.Sprintf("%.2f", v) }

// residuals formats a map by good, in order of name: "carbon 0.0012,
// electricity 0.0137".
func residuals(of map[string]float64) string {
	var parts []string
	for _, good := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %.4f", good, of[good]))
	}
	return strings.Join(parts, ", ")
}

// numbers formats values with signs: "+1.50 -0.25".
func numbers(values []float64) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprintf("%+.2f", v))
	}
	return strings.Join(parts, " ")
}
