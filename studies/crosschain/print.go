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

// print writes the study as tables.
func (x *study) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	title := func(format string, args ...any) { fmt.Fprintf(t, "\n"+format+"\n", args...) }
	row := func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, c)
		}
		fmt.Fprintln(t)
	}
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	outcomeRow := func(name string, o outcome) {
		row(name, o.Plant, whole(o.Cost), whole(o.Power), whole(o.Carbon), whole(o.Certificates), fmt.Sprintf("%.2f", o.Emission), fmt.Sprintf("%.2f", o.Intensity), fmt.Sprintf("%.2f", 100*o.Renewable))
	}

	title("Inputs")
	for _, i := range x.Inputs {
		row("  "+i.What, i.Source)
	}

	for _, n := range x.Notes {
		row("  note: " + n)
	}

	title("Trading cases, price takers, a day (CNY; t CO2; t per 10 000 CNY; %%)")
	row("case", "plant", "cost", "power", "carbon", "certificates", "emission", "intensity", "renewable use")
	for _, c := range x.Cases {
		for _, o := range c.Plants {
			outcomeRow(c.Name, o)
		}
		outcomeRow(c.Name, c.Total)
	}

	title("Market residuals: price found less price at the quantities, CNY per unit")
	for _, c := range x.Cases {
		row("  "+c.Name, residuals(c.Residuals))
	}

	title("Conduct, both markets (CNY; t CO2; %%; residual CNY per unit)")
	row("conduct", "cost", "emission", "renewable use", "residual", "rounds", "converged")
	for _, c := range x.Conduct {
		row(c.Name, whole(c.Total.Cost), fmt.Sprintf("%.2f", c.Total.Emission), fmt.Sprintf("%.2f", 100*c.Total.Renewable), fmt.Sprintf("%.4f", c.Residual), c.Rounds, c.Converged)
	}

	title("Uncertainty, VPP1 at fixed prices: as planned, and with the same position on %d fresh days (CNY; t CO2; %%)", fresh)
	row("method", "planned cost", "emission", "renewable use", "fresh cost", "±", "emission", "renewable use")
	for _, m := range x.Methods {
		row(m.Name, whole(m.Planned.Cost), fmt.Sprintf("%.2f", m.Planned.Emission), fmt.Sprintf("%.2f", 100*m.Planned.Renewable),
			whole(m.Fresh.Cost), whole(m.Interval), fmt.Sprintf("%.2f", m.Fresh.Emission), fmt.Sprintf("%.2f", 100*m.Fresh.Renewable))
	}

	for _, s := range []struct {
		name, unit string
		points     []point
	}{{"carbon", "t per MWh", x.Sweeps.Carbon}, {"certificate", "share of generation", x.Sweeps.Certificates}} {
		title("Sweep of the %s quota, %s, all plants (t CO2; %%; CNY; residual CNY per unit)", s.name, s.unit)
		row("quota", "emission", "renewable use", "cost", "emission, fixed prices", "renewable use, fixed", "residual", "converged")
		for _, p := range s.points {
			row(fmt.Sprintf("%.2f", p.Quota), fmt.Sprintf("%.3f", p.Moving.Emission), fmt.Sprintf("%.3f", 100*p.Moving.Renewable), whole(p.Moving.Cost),
				fmt.Sprintf("%.3f", p.Fixed.Emission), fmt.Sprintf("%.3f", 100*p.Fixed.Renewable), fmt.Sprintf("%.4f", p.Residual), p.Converged)
		}
	}

	title("Interaction by hour, both markets: prices per MWh, t and certificate in CNY, net purchases of VPP1, 2, 3")
	row("hour", "load MW", "power", "carbon", "certificate", "power MWh", "allowances t", "certificates")
	for _, h := range x.Hours {
		row(h.Hour, fmt.Sprintf("%.2f", h.Load), fmt.Sprintf("%.0f", h.PowerPrice), fmt.Sprintf("%.2f", h.CarbonPrice), fmt.Sprintf("%.2f", h.CertificatePrice), numbers(h.Power), numbers(h.Allowances), numbers(h.Certificate))
	}

	title("A day on the chains: %d trades approved and executed, %d refused, %d carried over the relays", x.Chains.Executed, x.Chains.Refused, x.Chains.Committed)
	row("seller", "buyer", "good", "amount, MWh, t or certificates", "CNY")
	for _, d := range x.Chains.Deals {
		row(d.Seller, d.Buyer, d.Good, fmt.Sprintf("%.3f", d.Amount), fmt.Sprintf("%.2f", d.Payment))
	}
	for _, good := range slices.Sorted(maps.Keys(x.Chains.Balance)) {
		b := x.Chains.Balance[good]
		row(good, fmt.Sprintf("issued %.3f", b.Issued), fmt.Sprintf("retired %.3f", b.Retired), fmt.Sprintf("held %.3f", b.Held))
	}
	var sum int64
	for _, s := range x.Chains.Settlement {
		row(s.Party, fmt.Sprintf("receives %+.2f CNY", float64(s.Fen)/100))
		sum += s.Fen
	}
	row("sum", fmt.Sprintf("%d fen", sum))

	if len(x.Weeks) > 0 {
		title("Measured weeks at observed price levels (CNY; t CO2; %%)")
		row("week", "carbon", "certificate", "negative hours", "cost", "emission", "renewable use", "residuals", "converged")
		for _, k := range x.Weeks {
			row(k.Name, k.Carbon, k.Certificate, k.Negative, whole(k.Total.Cost), fmt.Sprintf("%.2f", k.Total.Emission), fmt.Sprintf("%.2f", 100*k.Total.Renewable), residuals(k.Residuals), k.Converged)
		}
	}
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

func residuals(of map[string]float64) string {
	var parts []string
	for _, good := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %.4f", good, of[good]))
	}
	return strings.Join(parts, ", ")
}

func numbers(values []float64) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprintf("%+.2f", v))
	}
	return strings.Join(parts, " ")
}
