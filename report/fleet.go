package report

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/faults"
)

//go:embed fleet.html
var fleetTemplate string

// fleetReport is the report of a region of fleets: figures and tables by class,
// never by DER.
//
// The page is not interactive: a class has no schedule of its own in the
// result, and its figures have no scenarios to choose from.
type fleetReport struct {
	region  trigrid.Region
	result  *trigrid.Result
	summary *fleet.Summary
	formats []Format
	inks    map[string]ink // of VPPs and the outside option
	hours   timeline
}

// newFleet validates that the result of a region of fleets belongs to the
// region. A run that ended without an allocation has its reason as
// recommendation and nothing to show.
func newFleet(r trigrid.Region, res *trigrid.Result) (*fleetReport, error) {
	if rec := res.Recommendation; rec != nil {
		return nil, fmt.Errorf("report: the result has no allocation to show: %s", rec.Explanation)
	}
	bad := faults.List{Prefix: "report: "}
	s := res.Fleet
	if len(r.VPPs) != len(s.VPPs) || len(r.DERs) != len(s.Classes) || len(res.VPPs) != len(s.VPPs) {
		bad.Addf("the result has %d VPPs and %d classes, the region %d VPPs and %d DERs; pass the region of the run",
			len(s.VPPs), len(s.Classes), len(r.VPPs), len(r.DERs))
		return nil, bad.Err()
	}
	// Names are compared by position, because lists of the result have the
	// order of the region.
	for i, v := range r.VPPs {
		bad.Require(v.Name == s.VPPs[i], "VPP %d is %q in the region and %q in the result", i, v.Name, s.VPPs[i])
	}
	for i, d := range r.DERs {
		bad.Require(d.Name() == s.Classes[i].Name, "DER %d is %q in the region, and class %q in the result", i, d.Name(), s.Classes[i].Name)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	x := &fleetReport{region: r, result: res, summary: s, inks: map[string]ink{trigrid.Outside: outside}, hours: timelineOf(r.Setting.Set.Grid())}
	// Regions of fleets have more VPPs than the colours of VPPs of other
	// reports.
	all := []ink{blue, vermilion, green, purple, sky, orange, teal, wine, sand, indigo, olive, forest}
	for v, name := range s.VPPs {
		x.inks[name] = all[v%len(all)]
	}
	return x, nil
}

// fleetFiles returns the files of a report on a region of fleets: index.html,
// result.json, and
//
//	classes       one row per class: DERs, payoff, regret, payments
//	splits        one row per class and VPP, and per class outside
//	vpps          value of each VPP
//	prices        expected price inside each VPP per step
//	settlement    payment of each party
//	proofs        payments of single DERs that were proven on the ledger
//
// and, if the run compares dynamics,
//
//	dynamics      ends of evolutionary dynamics beside the joint program
//	large         equilibria of one and of two large DERs per class
func fleetFiles(r trigrid.Region, res *trigrid.Result, o Options) ([]File, error) {
	x, err := newFleet(r, res)
	if err != nil {
		return nil, err
	}
	if o.Other != nil {
		return nil, errors.New("report: regions of fleets are not compared with other runs; leave Other nil")
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	x.formats = o.formats()
	return assemble(x, x.result, x.formats)
}

// figures returns the figures in the order of the page.
func (x *fleetReport) figures() []*Figure {
	out := []*Figure{forScreens(x.splits), forScreens(x.payoffs), forScreens(x.regrets), x.prices()}
	return slices.DeleteFunc(out, func(f *Figure) bool { return f == nil })
}

// tables returns the tables in the order of the page's list.
func (x *fleetReport) tables() []*Table {
	out := []*Table{x.classTable(), x.splitTable(), x.vppTable(), x.priceTable(), x.settlementTable(), x.proofTable()}
	if x.summary.Dynamics != nil {
		out = append(out, x.dynamicsTable(), x.largeTable())
	}
	return out
}

// classTable has a row per class: its number of DERs, those outside, and the
// payoff and the largest regret of one DER, currency.
func (x *fleetReport) classTable() *Table {
	t := &Table{Name: "classes", Title: "Each class: DERs, payoff of one DER, and its largest gain by moving"}
	t.Columns = []Column{
		{Name: "class", Title: "class"},
		{Name: "ders", Title: "DERs"},
		{Name: "outside", Title: "outside"},
		{Name: "vpps", Title: "VPPs with members"},
		{Name: "payoff_currency", Title: "payoff of one DER, currency", Decimals: 4},
		{Name: "regret_currency", Title: "gain by moving at most, currency", Decimals: 6},
		{Name: "paid_currency", Title: "paid to the class, currency", Decimals: 2},
	}
	for _, c := range x.summary.Classes {
		used, paid := 0, int64(0)
		for v, n := range c.Members {
			if n > 0 {
				used++
			}
			paid += c.Paid[v]
		}
		t.add(c.Name, c.Count, c.Outside, used, c.Payoff, x.certified(c.Regret), float64(paid)/100)
	}
	return t
}

// certified returns a number of the certificate as a cell, nil without one.
func (x *fleetReport) certified(v float64) any {
	if !x.summary.Certified {
		return nil
	}
	return v
}

// splitTable has a row per class and VPP, also without members: the payoff
// there shows the loss by moving. The row of the outside option has no payment.
func (x *fleetReport) splitTable() *Table {
	t := &Table{Name: "splits", Title: "DERs of each class in each VPP, with the payoff that one of them can reach there"}
	t.Columns = []Column{{Name: "class"}, {Name: "vpp"}, {Name: "ders"}, {Name: "reach_currency"}, {Name: "paid_minor_units"}}
	for _, c := range x.summary.Classes {
		for v, n := range c.Members {
			var reach any
			if c.Reach != nil && c.Reach[v] > -math.MaxFloat64 { // otherwise the VPP cannot run with one more
				reach = c.Reach[v]
			}
			t.add(c.Name, x.summary.VPPs[v], n, reach, c.Paid[v])
		}
		t.add(c.Name, trigrid.Outside, c.Outside, nil, int64(0))
	}
	return t
}

// vppTable has the value of each VPP with its DERs, as the table of other
// regions, with a number of DERs in place of their names.
func (x *fleetReport) vppTable() *Table {
	t := &Table{Name: "vpps", Title: "Each VPP with its DERs, in expectation over the horizon"}
	t.Columns = []Column{
		{Name: "vpp", Title: "VPP"},
		{Name: "ders", Title: "DERs"},
		{Name: "risk_aversion", Title: "risk aversion", Decimals: 2},
		{Name: "economic_currency", Title: "economic E, currency"},
		{Name: "cvar_currency", Title: "CVaR, currency"},
		{Name: "environment_currency", Title: "environment N, currency"},
		{Name: "integrated_currency", Title: "integrated value V, currency"},
		{Name: "alone_currency", Title: "V without members, currency"},
		{Name: "renewable_utilisation", Title: "renewable utilisation", Decimals: 3},
		{Name: "emission_t", Title: "expected emission, t CO₂", Decimals: 1},
	}
	for v, p := range x.result.VPPs {
		ders := 0
		for _, c := range x.summary.Classes {
			ders += c.Members[v]
		}
		var utilisation any // empty if no renewable energy was available
		if p.AvailableMWh > 0 {
			utilisation = p.RenewableUtilisation
		}
		t.add(p.Name, ders, p.RiskAversion, p.Economic, p.CVaR, p.Environment, p.Integrated, p.Alone, utilisation, p.EmissionT)
	}
	return t
}

// priceTable has the expected price inside each VPP per step, currency per MWh:
// the mean of the duals of its power balance over the scenarios.
func (x *fleetReport) priceTable() *Table {
	t := &Table{Name: "prices", Title: "Expected value of one more MWh inside each VPP"}
	t.Columns = []Column{{Name: "vpp"}, {Name: "step"}, {Name: "time"}, {Name: "expected_currency_per_mwh"}}
	for v, prices := range x.summary.Prices {
		for step, price := range prices {
			t.add(x.summary.VPPs[v], step, stamp(x.region.Setting.Set.Grid(), step), price)
		}
	}
	return t
}

// settlementTable has the payment of every party. The line of a class is that
// of all its DERs.
func (x *fleetReport) settlementTable() *Table {
	t := &Table{Name: "settlement", Title: "Payment to every party in the settlement, classes as one party; the lines add up to zero"}
	t.Columns = []Column{{Name: "party", Title: "party"}, {Name: "minor_units"}, {Name: "amount_currency", Title: "currency", Decimals: 2}}
	for _, line := range x.result.Settlement {
		t.add(line.Party, line.Minor, float64(line.Minor)/100)
	}
	return t
}

// proofTable has the payments of single DERs that were proven.
func (x *fleetReport) proofTable() *Table {
	t := &Table{Name: "proofs", Title: "One DER of each class whose payment was proven on the ledger"}
	t.Columns = []Column{
		{Name: "der", Title: "DER"},
		{Name: "vpp", Title: "VPP"},
		{Name: "amount_currency", Title: "payment, currency", Decimals: 2},
		{Name: "hashes", Title: "hashes of its path"},
	}
	for _, c := range x.summary.Classes {
		if p := c.Proven; p != nil {
			t.add(p.Member, p.VPP, float64(p.Minor)/100, p.Hashes)
		}
	}
	return t
}

// names returns the names of the classes for a figure.
func (x *fleetReport) names(letters int) []string {
	var out []string
	for _, c := range x.summary.Classes {
		out = append(out, short(c.Name, letters))
	}
	return out
}

// tall is the height of a figure with a row per class.
func (x *fleetReport) tall() vg.Length { return 75 + 18*vg.Length(len(x.summary.Classes)) }

// splits draws the fraction of each class in each VPP and outside, as one bar
// of 100 % per class.
//
// A class of 1000 DERs with 600 in the first VPP and 300 in the second has bars
// from 0 to 60, from 60 to 90, and to 100 in the colour of the outside option.
func (x *fleetReport) splits(width vg.Length) *Figure {
	p := newRows("Fraction of the class, %", x.names(18))
	var legend []key
	for v, name := range append(slices.Clone(x.summary.VPPs), trigrid.Outside) {
		k := x.inks[name]
		var bars []box
		for i, c := range x.summary.Classes {
			// The DERs of the VPPs before, and those of this one.
			before, own := 0, c.Outside
			for w, n := range c.Members {
				if w < v {
					before += n
				}
				if w == v {
					own = n
				}
			}
			b := box{100 * float64(before) / float64(c.Count), 100 * float64(before+own) / float64(c.Count), float64(i) - 0.36, float64(i) + 0.36}
			bars = append(bars, b)
			if own > 0 {
				p.annotate(b, "%s: %d of %d DERs, %s", c.Name, own, c.Count, name)
			}
		}
		p.Add(filled(k, 1, bars...))
		legend = append(legend, keyBox(name, k, 1))
	}
	p.X.Min, p.X.Max = 0, 100
	p.scaleX(marksOf(width))
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: "splits", Title: "Classes by VPP", Table: "splits", section: choice, width: width, height: x.tall(), draw: s.draw,
		Alt:     fmt.Sprintf("Split of %s over %s; the table has the numbers.", classes(len(x.summary.Classes)), count(len(x.summary.VPPs), "VPP")),
		Caption: "Fractions of each class that join a VPP or stay outside. If VPPs are nearly as good as each other, other splits have nearly the same welfare.",
	}
}

// bars draws one value per class, with its number at the end of the bar. f has
// the texts of the figure.
func (x *fleetReport) bars(width vg.Length, f Figure, title string, k ink, decimals int, of func(fleet.ClassSummary) float64) *Figure {
	p := newRows(title, x.names(18))
	for i, c := range x.summary.Classes {
		value := of(c)
		b := box{min(0, value), max(0, value), float64(i) - 0.32, float64(i) + 0.32}
		p.Add(filled(k, 1, b), note(text, xy{X: value, Y: float64(i)}, number(value, decimals), 5))
		p.annotate(b, "%s: %s", c.Name, number(value, decimals))
	}
	p.scaleX(marksOf(width))
	s := &sheet{panels: [][]*panel{{p}}}
	f.width, f.height, f.draw, f.section = width, x.tall(), s.draw, choice
	return &f
}

// payoffs draws the payoff of one DER of each class.
func (x *fleetReport) payoffs(width vg.Length) *Figure {
	same := "The same in each VPP that has members of the class."
	if x.summary.OwnRevenue != "" {
		same = "Own revenues come on top of shares, so that it is the mean over the VPPs; the table of splits has that of each."
	}
	return x.bars(width, Figure{
		Name: "payoffs", Title: "Payoff of one DER", Table: "classes",
		Alt:     fmt.Sprintf("Payoffs by class; the mean over all DERs is %s currency.", number(x.summary.MeanPayoff, 2)),
		Caption: "Payoff of one DER of each class after its own costs, currency over the horizon. " + same,
	}, "Currency per DER", green, 2, func(c fleet.ClassSummary) float64 { return c.Payoff })
}

// regrets draws the largest gain by moving, in per mille of the mean payoff. It
// returns nil without a certificate.
func (x *fleetReport) regrets(width vg.Length) *Figure {
	if !x.summary.Certified || x.summary.MeanPayoff <= 0 {
		return nil
	}
	return x.bars(width, Figure{
		Name: "regrets", Title: "Regret of one DER", Table: "classes",
		Alt:     fmt.Sprintf("Regrets by class; the largest is %.2g currency.", x.summary.Regret),
		Caption: "Largest gain of a DER of the class by moving alone, at the prices of the equilibrium, in per mille of the mean payoff of all DERs.",
	}, "Per mille of the mean payoff", vermilion, 4, func(c fleet.ClassSummary) float64 { return 1000 * c.Regret / x.summary.MeanPayoff })
}

// prices draws the expected price inside each VPP over time.
func (x *fleetReport) prices() *Figure {
	p := newPanel("Currency per MWh")
	var legend []key
	for v, prices := range x.summary.Prices {
		k := x.inks[x.summary.VPPs[v]]
		p.Add(lines(pen(k, 1.5), stairs(prices, x.hours)))
		legend = append(legend, keyLine(x.summary.VPPs[v], pen(k, 1.5)))
	}
	grid := x.region.Setting.Set.Grid()
	p.X.Min, p.X.Max = 0, x.hours(float64(grid.Steps))
	p.X.Tick.Marker, p.X.Label.Text = clock(grid)
	p.fromZero()
	p.scaleY(5)
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: "prices", Title: "Prices inside the VPPs", Table: "prices", section: vpps, width: full, height: 320, draw: s.draw,
		Alt:     fmt.Sprintf("Expected prices inside %s over %d steps.", count(len(x.summary.VPPs), "VPP"), grid.Steps),
		Caption: "Expected marginal value of electricity inside each VPP: the prices at which each DER has its payoff.",
	}
}

// fleetPage is the data of the template fleet.html, which shares the parts of
// page.html.
type fleetPage struct {
	Name, Extent         string
	Policy               string
	Style                template.CSS
	Verdict, Certificate string
	Cut                  string
	Warnings, Notes      []string
	Classes, Prices      []shownFigure
	Table, VPPs          *shownTable
	Payments, Proofs     *shownTable
	Comparison           string // of dynamics with the joint program; "": none
	Dynamics, Large      *shownTable
	Facts                []fact
	Tables               []*Table
}

// html returns the page.
func (x *fleetReport) html(figures []*Figure, tables []*Table) ([]byte, error) {
	return render(fleetTemplate, x.page(figures, tables))
}

// page assembles the template's data. Short tables appear on the page; the
// others are linked as files.
func (x *fleetReport) page(figures []*Figure, tables []*Table) *fleetPage {
	res, s := x.result, x.summary
	p := &fleetPage{
		Name: res.Region, Policy: policy(), Style: style(), Verdict: res.Game.Verdict, Certificate: strings.ToUpper(res.Game.Reason[:1]) + res.Game.Reason[1:] + ".",
		Warnings: res.Warnings, Notes: res.Notes, Tables: tables,
		Extent: fmt.Sprintf("%s in %s, %s, %s, %s", count(s.DERs, "DER"), classes(len(s.Classes)), count(len(s.VPPs), "VPP"),
			count(res.Scenarios, "scenario"), count(x.region.Setting.Set.Steps(), "step")),
	}
	p.Comparison = comparison(s.Dynamics)
	if p.Name == "" {
		p.Name = "region"
	}
	if res.Cut {
		p.Cut = "The run was ended by its budget or its caller."
	}
	for _, f := range figures {
		shown := shownFigure{Figure: f, Heading: f.Title, Wide: true, SVG: template.HTML(f.inline()), Formats: x.formats}
		if f.narrow != nil {
			shown.Narrow = template.HTML(f.narrow.inline())
		}
		if f.section == vpps {
			p.Prices = append(p.Prices, shown)
		} else {
			p.Classes = append(p.Classes, shown)
		}
	}
	for _, t := range tables {
		switch t.Name {
		case "classes":
			p.Table = show(t, maxPerDER, x.inks)
		case "vpps":
			p.VPPs = show(t, maxPerDER, x.inks)
		case "settlement":
			p.Payments = show(t, maxPerDER, x.inks)
		case "dynamics":
			if len(t.Rows) > 0 {
				p.Dynamics = show(t, maxPerDER, x.inks)
			}
		case "large":
			if len(t.Rows) > 0 {
				p.Large = show(t, maxPerDER, x.inks)
			}
		case "proofs":
			if len(t.Rows) > 0 {
				p.Proofs = show(t, maxPerDER, x.inks)
			}
		}
	}
	// The deciles are the distribution over all DERs, of which the page has no
	// rows.
	p.Facts = []fact{
		{"Sharing", fmt.Sprintf("%s; %s %% of the gain is paid to DERs", s.Rule, number(100*s.PaidShare, 1))},
		{"Own revenues", ownRevenues(s)},
		{"Solvers", s.Solver + " for the joint program, " + res.Solver + " for the plans"},
		{"Payoffs", "deciles of all DERs, currency: " + joined(s.Deciles)},
	}
	if res.Ledger != nil {
		p.Facts = append(p.Facts, fact{"Ledger", fmt.Sprintf("%s, %s, head %s", count(int(res.Ledger.Blocks), "block"), count(res.Ledger.Transactions, "transaction"), res.Ledger.Head)})
	}
	return p
}

// ownRevenues describes the part of own revenues in payoffs.
func ownRevenues(s *fleet.Summary) string {
	if s.OwnRevenue == "" {
		return "an advance on the share"
	}
	return fmt.Sprintf("%s, which has no potential; a DER gains up to %s by moving, in the mean %s currency", s.OwnRevenue, number(s.Regret, 4), number(s.MeanRegret, 4))
}

// classes returns a number of classes in words, such as "40 classes".
func classes(n int) string {
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

// joined formats numbers as a list.
func joined(values []float64) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = number(v, 2)
	}
	return strings.Join(out, " · ")
}
