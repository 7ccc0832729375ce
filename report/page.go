package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/scenario"
)

//go:embed page.html
var pageTemplate string

//go:embed parts.html
var partsTemplate string

//go:embed page.css
var styleSheet string

//go:embed page.js
var script string

// marker is the first line of every page. It identifies the folder of a report;
// see replaceable.
const marker = "<!doctype html><!-- trigrid report -->\n"

// page is the data of the template page.html. The template escapes every text.
// Only the style sheet and the figures are inserted as markup; this package
// generates both.
type page struct {
	Region      string          // name of the region
	Extent      string          // size of the region, one line
	Result      *trigrid.Result // for texts that need no formatting
	Policy      string          // of the browser, see policy
	Style       template.CSS    // the whole style sheet
	Script      template.JS     // the whole script
	Data        pageData        // of the script
	Settled     bool            // whether the choice settled
	Verdict     badge           // whether the verdict is proven
	Rule        []badge         // of the recommendation
	Cut         string          // sentences; empty if all verdicts are proven
	Open        *shownTable     // table "open"; nil without open programs
	Profiles    *shownTable     // of table "recommendation"; nil without lottery and transfers
	Welfare     string          // one sentence
	Recommended string          // sentences; empty if unknown

	Groups    []group       // who chose which VPP
	VPPs      *shownTable   // table "vpps", turned
	DERs      *shownTable   // table "ders"
	Values    *shownTable   // table "values"
	Nash      *shownTable   // table "equilibria"
	Scenarios []shownFigure // one figure per series
	PerVPP    []vppPage     // one part per VPP
	Worth     []shownFigure // figures on value
	Choice    []shownFigure // figures on the choice
	Energy    *shownTable   // table "energy"
	Money     *shownTable   // table "money", with one column per item
	Payments  *shownTable   // table "payments"
	Signals   *shownTable   // table "policy", nil without a policy
	Compared  []*shownTable // both runs side by side; none without a second run
	Compare   []shownFigure // figures on both runs
	Settle    []shownFigure // figures on settlement

	Weights []weight // bar of the grid's weights
	Facts   []fact   // data and method
	Tables  []*Table // list of all files
	Timing  string   // empty if the times are unknown
}

// group is one VPP with the DERs that chose it.
type group struct {
	Name    string
	Style   template.CSS
	Members []string
}

// vppPage is the part of the page about one VPP.
type vppPage struct {
	Anchor  string // id of its section
	Name    string
	Main    []shownFigure // wide figures
	Details []shownFigure // half-width figures
}

// weight is one part of the bar of the grid's weights.
type weight struct {
	Name  string
	Value string
	Style template.CSS
}

// fact is one row of the section on data and method.
type fact struct{ What, Value string }

// shownFigure is a figure in the page.
type shownFigure struct {
	*Figure
	Heading string
	Wide    bool
	SVG     template.HTML
	Narrow  template.HTML // for narrow screens; empty if SVG serves them too
	Formats []Format      // of its files
}

// html returns the page.
func (x *run) html(figures []*Figure, tables []*Table) ([]byte, error) {
	return render(pageTemplate, x.page(figures, tables))
}

// render returns a page. The parts "head", "figure" and "table" of parts.html
// serve all kinds of page, so that they look alike. Package html/template
// escapes each text by its context: names in texts, attributes and style
// differ.
func render(page string, data any) ([]byte, error) {
	parsed, err := template.New("parts").Parse(partsTemplate)
	if err == nil {
		parsed, err = parsed.New("page").Parse(page)
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(marker)
	if err := parsed.Execute(&out, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// page assembles the template's data from figures and tables.
func (x *run) page(figures []*Figure, tables []*Table) *page {
	res := x.result
	p := &page{
		Region: res.Region, Result: res, Settled: res.Game.Settled, Extent: x.extent(), Tables: tables,
		Facts: x.facts(), Timing: timing(res.Timing), Style: style(), Script: template.JS(script), Policy: policy(),
		Data: x.data(figures), Verdict: provenBadge(res.Game.Proven), Cut: x.cutSentences(),
	}
	// Results of older versions have no recommendation.
	if res.Recommendation != nil {
		p.Rule = x.recommendationBadges()
	}
	if x.other != nil {
		p.Compared = x.comparisonTables()
	}
	// The name is the title of the page, so an unnamed region needs one.
	if p.Region == "" {
		p.Region = "region"
	}
	p.Welfare, p.Recommended = x.welfare(), x.recommended()
	for _, name := range x.choices() {
		g := group{Name: name, Style: template.CSS("--own:" + x.vppInk[name].variable())}
		for _, unit := range res.DERs {
			if unit.Choice == name {
				g.Members = append(g.Members, unit.Name)
			}
		}
		// The outside option is shown only if a DER chose it.
		if name != trigrid.Outside || g.Members != nil {
			p.Groups = append(p.Groups, g)
		}
	}
	for v, own := range res.VPPs {
		p.PerVPP = append(p.PerVPP, vppPage{Anchor: fmt.Sprintf("vpp-%d", v+1), Name: own.Name})
	}
	p.place(figures, x.formats)
	x.placeTables(p, tables)
	for _, w := range []struct {
		name  string
		value float64
		ink   ink
	}{{"economic", res.Weights.Economic, economic}, {"risk", res.Weights.Risk, risk}, {"environment", res.Weights.Environment, environment}} {
		// A bar of three parts, as wide as the weights are.
		p.Weights = append(p.Weights, weight{w.name, number(w.value, 2), template.CSS(fmt.Sprintf("--own:%s;flex-grow:%g", w.ink.variable(), w.value))})
	}
	return p
}

// place puts each figure into its section. Figures of a VPP go to its own part,
// wide ones first.
func (p *page) place(figures []*Figure, formats []Format) {
	for _, f := range figures {
		shown := shownFigure{Figure: f, Heading: f.heading(), Wide: f.width > half, SVG: template.HTML(f.inline()), Formats: formats}
		// The style sheet shows one of both, by the width of the window.
		if f.narrow != nil {
			shown.Narrow = template.HTML(f.narrow.inline())
		}
		if f.section == vpps {
			shown.Heading = f.Title // the heading above it already names the VPP
		}
		switch f.section {
		case scenarios:
			p.Scenarios = append(p.Scenarios, shown)
		case vpps:
			for v := range p.PerVPP {
				// Wide figures stand one below another, and small ones side by
				// side.
				if own := &p.PerVPP[v]; own.Name == f.about && shown.Wide {
					own.Main = append(own.Main, shown)
				} else if own.Name == f.about {
					own.Details = append(own.Details, shown)
				}
			}
		case values:
			p.Worth = append(p.Worth, shown)
		case choice:
			p.Choice = append(p.Choice, shown)
		case settlement:
			p.Settle = append(p.Settle, shown)
		case comparisons:
			p.Compare = append(p.Compare, shown)
		}
	}
}

// placeTables puts the short tables on the page. All others are linked as
// files.
func (x *run) placeTables(p *page, tables []*Table) {
	for _, t := range tables {
		switch t.Name {
		case "vpps":
			p.VPPs = x.turn(x.show(t, maxShown))
		case "ders":
			p.DERs = x.show(t, maxPerDER)
		case "values":
			p.Values = x.show(t, maxShown)
		// Profiles of many DERs are written by group, as in the figures.
		case "equilibria":
			p.Nash = x.show(x.profilesByGroup(t), maxShown)
		case "policy":
			p.Signals = x.show(t, maxShown)
		case "energy":
			p.Energy = x.show(t, maxPerDER)
		case "money":
			p.Money = x.show(itemColumns(t), maxPerDER)
		case "payments":
			p.Payments = x.show(x.shownPayments(t), maxPerDER)
		case "open":
			p.Open = x.show(t, maxShown)
		// The page shows the profiles of a lottery, or else the transfers.
		case "recommendation":
			p.Profiles = x.profiles()
		}
	}
}

// style returns the style sheet with the inks as custom properties. The dark
// values apply on screens whose reader prefers dark colours; prints always use
// the light ones.
func style() template.CSS {
	return template.CSS(":root{color-scheme:light dark;" + properties(false) + "}" +
		"@media screen and (prefers-color-scheme:dark){:root{" + properties(true) + "}}" + styleSheet)
}

// policy returns the content security policy of the page: it runs the script of
// this package and nothing else, and loads nothing. Colours of rows and figures
// are style attributes.
//
//	default-src 'none'; script-src 'sha256-…'; style-src-elem 'sha256-…'; …
//
// A name in a case file that ended up as markup, by a mistake of this package,
// could therefore not run anything.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash(script) + "; style-src-elem " + hash(string(style())) +
		"; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
}

// welfare returns a sentence that compares the profile's welfare with the best
// one.
func (x *run) welfare() string {
	g := x.result.Game
	// A search does not see all profiles, so that the sentence must not claim
	// the highest.
	best, none := "the best profile", "no profile has more."
	if !g.Exhaustive {
		best, none = "the best profile that the search found", "no profile that the search found has more."
	}
	if g.Infeasible && x.result.Admission != "" {
		return "The region has no welfare at this profile, because a VPP refuses a DER, cannot run or has no plan yet."
	}
	if g.Infeasible {
		return "The region has no welfare at this profile, because a VPP cannot run or has no plan yet."
	}
	text := fmt.Sprintf("Welfare of the region %s currency; ", number(g.Welfare, 0))
	// A gap that rounds to zero would read as "which is 0 more".
	if gap := number(g.WelfareGap, 0); gap != "0" {
		return text + fmt.Sprintf("%s has %s, which is %s more.", best, number(g.BestWelfare, 0), gap)
	}
	return text + none
}

// count returns a number with its noun, in the plural if n is not 1: "1 VPP",
// "2 VPPs".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return number(float64(n), 0) + " " + what
}

// extent returns the size of the region, for example "2 VPPs, 5 DERs, 20
// scenarios, 24 steps of 1 h".
func (x *run) extent() string {
	// The start is stated only if the grid has a calendar.
	grid := x.set.Grid()
	text := fmt.Sprintf("%s, %s, %s, %s of %s", count(len(x.region.VPPs), "VPP"), count(len(x.region.DERs), "DER"),
		count(x.set.Len(), "scenario"), count(grid.Steps, "step"), lengths(grid))
	if !grid.Start.IsZero() {
		text += grid.Start.Format(" from 2 January 2006 15:04")
	}
	return text
}

// lengths returns the length of the steps, such as "0.25 h" or "0.1167 to 0.25
// h".
func lengths(grid scenario.Grid) string {
	if step, ok := grid.EqualSteps(); ok {
		return fmt.Sprintf("%g h", step.Hours())
	}
	return fmt.Sprintf("%.4g to %.4g h", slices.Min(grid.Lengths).Hours(), slices.Max(grid.Lengths).Hours())
}

// facts returns the settings and the size of the run.
func (x *run) facts() []fact {
	res := x.result
	scenarios := number(float64(res.Scenarios), 0)
	// For example, "5, reduced from a sample of 1 000".
	if x.region.Sample != nil {
		scenarios += ", reduced from a sample of " + number(float64(x.region.Sample.Len()), 0)
	}
	out := []fact{
		{"Weights of the grid", fmt.Sprintf("economic %g, risk %g, environment %g", res.Weights.Economic, res.Weights.Risk, res.Weights.Environment)},
		{"Sharing rule", res.Sharing},
		{"Scenarios", scenarios},
		{"Programs solved", number(float64(len(res.Coalitions)), 0)},
		{"Solver", res.Solver},
		{"Largest absolute gap", fmt.Sprintf("%.3g currency", res.LargestGap)},
	}
	// With few DERs all profiles are known and a dynamic selects one; otherwise
	// a search does.
	if res.Game.Exhaustive {
		out = append(out, fact{"Dynamic", fmt.Sprintf("%d steps, %d rejected, to time %.4g", res.Trajectory.Steps, res.Trajectory.Rejected, res.Trajectory.Time)})
	} else {
		out = append(out, fact{"Search", fmt.Sprintf("%d moves, each to the best reply; other equilibria may exist", res.Trajectory.Steps)})
	}
	if l := res.Ledger; l != nil {
		out = append(out, fact{"Ledger", fmt.Sprintf("%s, replicas: %d, blocks: %d, transactions: %d", l.Engine, l.Replicas, l.Blocks, l.Transactions)}, fact{"Last block", l.Head})
	}
	return out
}

// timing returns the one line of a report that differs between runs, or an
// empty text if no times are known.
func timing(t trigrid.Timing) string {
	if t.Total == 0 {
		return ""
	}
	return fmt.Sprintf("%s in all, %s for %d programs, %d at a time, %s for the choice", t.Total.Round(10*time.Millisecond),
		t.Coalitions.Round(10*time.Millisecond), t.Programs, t.Workers, t.Choice.Round(time.Millisecond))
}
