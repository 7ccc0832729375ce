package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/trigrid/trigrid/operate"
)

//go:embed season.html
var seasonTemplate string

// seasonPage is the data of the template season.html, which shares the parts of
// page.html.
type seasonPage struct {
	Name    string
	Extent  string
	Policy  string
	Style   template.CSS
	Script  template.JS
	Data    pageData
	Cut     string   // sentence; empty if the season is complete
	Missing []string // sentences on strategies that do not operate the season

	Comparison *shownTable
	Values     *shownTable // nil without confidence intervals
	Compare    []shownFigure
	Days       []shownFigure
	DaysTable  *shownTable
	Weights    *shownTable // nil without a policy
	Strategies []strategyPage
	Moves      *shownTable // nil without moves

	Notes  []string
	Facts  []fact
	Tables []*Table
}

// strategyPage is the part of the page about one strategy. Main has its wide
// figures, Details its narrow ones, which stand side by side.
type strategyPage struct {
	Anchor, Name string
	Main         []shownFigure
	Details      []shownFigure
	Payments     *shownTable
}

// html returns the page of a season.
func (x *season) html(figures []*Figure, tables []*Table) ([]byte, error) {
	return render(seasonTemplate, x.page(figures, tables))
}

// page assembles the template's data from figures and tables, in the order of
// the page: strategies, days, each strategy, data and method.
func (x *season) page(figures []*Figure, tables []*Table) *seasonPage {
	c := x.comparison
	p := &seasonPage{
		Name: c.Season, Extent: x.extent(), Policy: policy(), Style: style(), Script: template.JS(script), Data: x.data(figures),
		Notes: c.Notes, Facts: x.facts(), Tables: tables,
	}
	if p.Name == "" {
		p.Name = "season"
	}
	if c.Cut {
		p.Cut = fmt.Sprintf("The season was ended before its last day; all strategies have the %s that each of them settled.", count(c.Days, "day"))
	}
	for _, s := range c.Strategies {
		if s.Reason != "" {
			p.Missing = append(p.Missing, fmt.Sprintf("%s does not operate this season: %s", s.Strategy.Name, s.Reason))
		}
	}
	for k, s := range x.list {
		p.Strategies = append(p.Strategies, strategyPage{Anchor: fmt.Sprintf("strategy-%d", k+1), Name: s.Strategy.Name, Payments: x.paymentsOf(s)})
	}
	// Each figure goes to its section; those of a strategy go to its own part,
	// wide ones first.
	for _, f := range figures {
		shown := shownFigure{Figure: f, Heading: f.Title, Wide: f.width > half, SVG: template.HTML(f.inline()), Formats: x.formats}
		if f.narrow != nil {
			shown.Narrow = template.HTML(f.narrow.inline())
		}
		switch f.section {
		case comparisons:
			p.Compare = append(p.Compare, shown)
		case values:
			p.Days = append(p.Days, shown)
		case vpps:
			for k := range p.Strategies {
				if own := &p.Strategies[k]; own.Name == f.about && shown.Wide {
					own.Main = append(own.Main, shown)
				} else if own.Name == f.about {
					own.Details = append(own.Details, shown)
				}
			}
		}
	}
	// Short tables appear on the page; all others are linked as files.
	for _, t := range tables {
		shown := show(t, maxPerDER, x.vppInk)
		switch t.Name {
		case "comparison":
			p.Comparison = shown
		case "values":
			p.Values = shown
		case "days":
			p.DaysTable = show(t, maxShown, x.vppInk)
		case "weights":
			// Constant weights are a figure per strategy; signals that move
			// them are a table.
			if x.list[0].Result.Days[0].Signals != nil {
				p.Weights = show(t, maxShown, x.vppInk)
			}
		case "moves":
			if len(t.Rows) > 0 {
				p.Moves = shown
			}
		}
	}
	return p
}

// paymentsOf returns the sums of the settled payments of a strategy by party,
// for the page. Minor units are shown in currency: 260388 units are 2,603.88.
func (x *season) paymentsOf(s *operate.Compared) *shownTable {
	t := &Table{Name: "payments", Title: "Settled payments over the season, received positive; they add up to zero"}
	t.Columns = []Column{{Name: "party", Title: "party"}, {Name: "role", Title: "role"}, {Name: "amount_currency", Title: "currency", Decimals: 2}}
	for i, line := range s.Payments {
		t.add(line.Party, string(s.Result.Parties[i].Role), float64(line.Minor)/100)
	}
	return show(t, maxPerDER, x.vppInk)
}

// extent returns the size of the season, such as "30 days from 1 March 2030, 24
// steps of 1 h a day, 2 strategies, 2 VPPs, 5 DERs".
func (x *season) extent() string {
	// Days on which clocks change have other steps; the first day stands for
	// all.
	d := x.days[0]
	strategies := "1 strategy"
	if n := len(x.list); n != 1 {
		strategies = fmt.Sprintf("%d strategies", n)
	}
	return fmt.Sprintf("%s from %s, %s of %g h a day, %s, %s, %s", count(len(x.days), "day"), d.start.Format("2 January 2006"),
		count(d.steps, "step"), d.step.Hours(), strategies, count(len(x.vpps), "VPP"), count(len(x.ders), "DER"))
}

// facts returns the settings of the strategies, such as "choices of VPP on 2
// days, 30 re-plans, 4 scenarios, ledger of 95 blocks and 95 transactions".
func (x *season) facts() []fact {
	var out []fact
	for _, s := range x.list {
		chosen, replans := 0, 0
		for i := range x.days {
			// Choices are counted on the days that are compared, also if a
			// strategy has settled more.
			if d := &s.Result.Days[i]; d.Chosen {
				chosen++
			}
			replans += s.Result.Days[i].Replans
		}
		words := []string{fmt.Sprintf("choices of VPP on %s", count(chosen, "day")), count(replans, "re-plan")}
		if n := s.Strategy.Scenarios; n > 1 {
			words = append(words, count(n, "scenario"))
		}
		// Cost has no price of energy that was not served, so that both stand
		// side by side.
		if s.UnheldMWh > 0 {
			words = append(words, fmt.Sprintf("%s MW h of sold reserve not held", number(s.UnheldMWh, 2)))
		}
		if s.Missed > 0 && (s.UnservedMWh > 0 || s.UnheldMWh == 0) {
			words = append(words, fmt.Sprintf("%s MWh not served on %s", number(s.UnservedMWh, 2), count(s.Missed, "day")))
		}
		if l := s.Result.Ledger; l != nil {
			words = append(words, fmt.Sprintf("ledger of %s and %s", count(int(l.Blocks), "block"), count(int(l.Transactions), "transaction")))
		}
		out = append(out, fact{s.Strategy.Name, strings.Join(words, ", ")})
	}
	return out
}

// data returns the data of the script: labels of all steps of the season, its
// days as stops, and one chart per figure over time. There are no scenarios,
// because a season has what occurred.
func (x *season) data(figures []*Figure) pageData {
	d := pageData{Steps: x.stepLabels(), Hours: x.hours(), Probabilities: numbers{}, Charts: map[string]*chart{}, Stops: x.starts, DERs: []pageDER{}}
	// The script groups DERs by their VPP, which is here that of the last day.
	// DERs can move; the list has one place for each.
	last := x.list[0].Result.Days[len(x.days)-1]
	for _, name := range x.ders {
		d.DERs = append(d.DERs, pageDER{name, last.Choices[name], "", x.derInk[name].variable()})
	}
	for _, f := range figures {
		if f.chart != nil {
			d.Charts[f.Name] = f.chart
		}
	}
	return d
}
