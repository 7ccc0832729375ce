package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/operate"
)

// figures returns the figures of a season in the order of the page: costs and
// intervals of all strategies, then five figures per strategy. For example,
// "payments-2" is that of the second one.
func (x *season) figures() []*Figure {
	// All strategies together come first, then the part of each.
	out := []*Figure{
		forScreens(x.totals), x.byDay("cost", "Cost of each day", "currency", func(d *operate.Day) float64 { return d.Cost }),
		x.byDay("imbalance", "Imbalance of each day", "MWh", func(d *operate.Day) float64 { return d.ImbalanceMWh }),
	}
	if len(x.comparison.Values) > 0 {
		out = append(out, forScreens(x.intervals))
	}
	for k := range x.list {
		out = append(out, x.parts(k), x.payments(k), x.weights(k), x.stores(k))
		k := k
		out = append(out, forScreens(func(width vg.Length) *Figure { return x.choices(k, width) }))
	}
	// Filter in place: figures of missing data are nil, such as stores without
	// plans.
	present := out[:0]
	for _, f := range out {
		if f != nil {
			present = append(present, f)
		}
	}
	return present
}

// missing returns n missing numbers, which are null in the data of the script
// and gaps in a figure.
func missing(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// dayAxis gives a panel an axis that counts days, with at most eight marks at
// their dates. For example, 30 days have a mark every seven days.
func (x *season) dayAxis(p *panel) {
	n := len(x.days)
	p.X.Min, p.X.Max = 0, float64(n)
	// Distances of weeks and months, so that marks of long seasons are on equal
	// weekdays.
	every := 1
	for _, days := range []int{1, 2, 7, 14, 28, 61, 92, 183, 366} {
		if every = days; n/days <= 8 {
			break
		}
	}
	var ticks plot.ConstantTicks
	for i := 0; i < n; i += every {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: x.days[i].start.Format("2 Jan")})
	}
	p.X.Tick.Marker = ticks
	p.X.Label.Text = x.days[0].start.Format("2006, from 2 January")
}

// daily returns one value per day as a line that is constant during a day.
//
// For example, 4 and 6 are a line from (0, 4) to (1, 4), and on to (1, 6) and
// (2, 6).
func daily(values []float64) xys {
	var out xys
	for i, v := range values {
		if !math.IsNaN(v) {
			out = append(out, xy{X: float64(i), Y: v}, xy{X: float64(i + 1), Y: v})
		}
	}
	return out
}

// totals draws the cost of each strategy with its lower bound.
//
// The distance of both marks is the cost that better forecasts could avoid, so
// that a line joins them. Strategies have bounds of their own, because their
// DERs may choose other VPPs.
func (x *season) totals(width vg.Length) *Figure {
	var names []string
	alt := "Cost of each strategy, currency:"
	for _, s := range x.list {
		names = append(names, short(s.Strategy.Name, 24))
		alt += fmt.Sprintf(" %s %s;", s.Strategy.Name, number(s.Cost, 2))
	}
	p := newRows("Cost over the season, currency", names)
	var costs, bounds xys
	for i, s := range x.list {
		y := float64(i)
		costs = append(costs, xy{X: s.Cost, Y: y})
		// Without a bound the hint covers the mark of the cost only.
		hint, low := fmt.Sprintf("%s: cost %s", s.Strategy.Name, number(s.Cost, 2)), s.Cost
		if s.Bound != nil {
			low = *s.Bound
			bounds = append(bounds, xy{X: low, Y: y})
			p.Add(lines(pen(trade, 1.5), xys{{X: low, Y: y}, {X: s.Cost, Y: y}}))
			hint += fmt.Sprintf(", lower bound %s", number(low, 2))
		}
		p.annotate(box{min(low, s.Cost), max(low, s.Cost), y - 0.4, y + 0.4}, "%s currency", hint)
	}
	legend := []key{keyGlyph("cost", dot(fan, 4))}
	if bounds != nil {
		p.Add(dots(ring(vermilion, 5), bounds))
		legend = append(legend, keyGlyph("lower bound under perfect information", ring(vermilion, 5)))
	}
	p.Add(dots(dot(fan, 4), costs))
	p.scaleX(marksOf(width))
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: "totals", Title: "Cost of the strategies", Table: "comparison", section: comparisons, Alt: strings.TrimSuffix(alt, ";") + ".",
		Caption: "Money that the region spends over the season; negative: it earns. The lower bound has perfect information and the choices of VPP of the strategy.",
		width:   width, height: 75 + 26*vg.Length(len(names)), draw: s.draw,
	}
}

// intervals draws the values of foresight and scenarios with their confidence
// intervals.
//
// The differences are paired by day: both strategies had the same weather and
// the same prices. An interval on one side of zero decides which of the two
// costs less.
func (x *season) intervals(width vg.Length) *Figure {
	list := x.comparison.Values
	var names []string
	alt := "Mean differences of daily costs, currency:"
	for _, d := range list {
		names = append(names, short(d.Value+": "+d.Of, 34))
		alt += fmt.Sprintf(" %s less %s %s ± %s;", d.Of, d.Against, number(d.Mean, 2), number(d.Half, 2))
	}
	p := newRows("Currency per day", names)
	var means xys
	for i, d := range list {
		y := float64(i)
		means = append(means, xy{X: d.Mean, Y: y})
		p.Add(lines(pen(fan, 2), xys{{X: d.Mean - d.Half, Y: y}, {X: d.Mean + d.Half, Y: y}}))
		p.annotate(box{d.Mean - d.Half, d.Mean + d.Half, y - 0.4, y + 0.4}, "%s less %s: %s ± %s currency per day over %s",
			d.Of, d.Against, number(d.Mean, 2), number(d.Half, 2), count(d.Days, "day"))
	}
	p.Add(dots(dot(fan, 4), means), filled(fan, 0, box{0, 0.001, 0, 0.001})) // the axis has a zero
	p.scaleX(marksOf(width))
	s := &sheet{legend: []key{keyGlyph("mean", dot(fan, 4)), keyLine("95 % confidence interval", pen(fan, 2))}, panels: [][]*panel{{p}}}
	return &Figure{
		Name: "intervals", Title: "Value of foresight and of scenarios", Table: "values", section: comparisons, Alt: strings.TrimSuffix(alt, ";") + ".",
		Caption: "Mean difference of the daily costs of two strategies on the same days, with its 95 % confidence interval. " +
			"Foresight: the strategy less perfect foresight. Scenarios: the point forecast less scenarios. An interval that contains 0 decides nothing.",
		width: width, height: 75 + 26*vg.Length(len(names)), draw: s.draw,
	}
}

// byDay draws one number per day of each strategy as lines.
//
// The lines are stairs, because a day has one cost and no value between two
// days. The script has the first step of each day in Starts.
func (x *season) byDay(name, title, unit string, of func(*operate.Day) float64) *Figure {
	p := newPanel(title + ", " + unit)
	data := chartPanel{Title: p.title, Unit: unit, Height: 230}
	var legend []key
	alt := fmt.Sprintf("Lines of %s over %s, %s. Sums:", strings.ToLower(title[:1])+title[1:], count(len(x.days), "day"), unit)
	for k, s := range x.list {
		values := x.perDay(s, of)
		p.Add(lines(pen(x.inks[k], 2), daily(values)))
		legend = append(legend, keyLine(s.Strategy.Name, pen(x.inks[k], 2)))
		data.Series = append(data.Series, &series{Name: s.Strategy.Name, Ink: x.inks[k].variable(), Draw: drawSteps, Parts: []partData{{Mean: values}}})
		alt += fmt.Sprintf(" %s %s;", s.Strategy.Name, number(sum(values), 1))
	}
	x.dayAxis(p)
	p.fromZero()
	p.scaleY(5)
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: name, Title: title, Table: "days", section: values, Alt: strings.TrimSuffix(alt, ";") + ".",
		Caption: fmt.Sprintf("%s, %s, for each strategy on the same days.", title, unit),
		width:   full, height: 330, draw: s.draw, chart: &chart{Panels: []chartPanel{data}, Starts: x.starts},
	}
}

// layer is one quantity of stacked bars over days, such as the payments of one
// party. Positive and negative days may alternate.
type layer struct {
	name   string
	der    string // its DER, which the reader can hide
	ink    ink
	values []float64
}

// stacked draws layers as bars on both sides of zero, and adds them as data of
// the script. It returns the legend and the sums of the layers in words.
//
// The sum of all bars of a day above zero less those below it is the sum of the
// layers. For payments both sides are equal.
func (x *season) stacked(p *panel, data *chartPanel, layers []layer) (legend []key, words string) {
	n := len(x.days)
	above, below := make([]float64, n), make([]float64, n)
	inset := 0.06
	if n > 48 {
		inset = 0 // too narrow for gaps
	}
	for _, l := range layers {
		var bars []box
		up, down := make([]float64, n), make([]float64, n)
		for i, v := range l.values {
			// Each layer starts at the end of those before it, separately on
			// both sides of zero.
			up[i], down[i] = max(v, 0), max(-v, 0)
			left, right := float64(i)+inset, float64(i+1)-inset
			bars = append(bars, box{left, right, above[i], above[i] + up[i]}, box{left, right, below[i], below[i] - down[i]})
			above[i] += up[i]
			below[i] -= down[i]
		}
		p.Add(filled(l.ink, 1, bars...))
		legend = append(legend, keyBox(l.name, l.ink, 1))
		data.Series = append(data.Series, &series{Name: l.name, Ink: l.ink.variable(), Draw: drawStack, Parts: []partData{{DER: l.der, Mean: up, Use: down}}})
		words += fmt.Sprintf(" %s %s;", l.name, number(sum(l.values), 2))
	}
	return legend, strings.TrimSuffix(words, ";")
}

// parts draws the cost of each day of a strategy by part, with its lower bound.
// Parts that are zero on all days are left out, such as carbon without a carbon
// market.
//
//	cost = own cost − trade + imbalance + carbon + certificates
func (x *season) parts(k int) *Figure {
	s := x.list[k]
	p := newPanel("Cost of each day by part, currency (negative: earned)")
	data := chartPanel{Title: p.title, Unit: "currency", Height: 230}
	var layers []layer
	for _, l := range []struct {
		name string
		ink  ink
		of   func(*operate.Day) float64
	}{
		{"own cost of the members", orange, func(d *operate.Day) float64 { return d.OwnCost }},
		{"trade", trade, func(d *operate.Day) float64 { return -d.Trade }},
		{"imbalance", vermilion, func(d *operate.Day) float64 { return d.Imbalance }},
		{"carbon", purple, func(d *operate.Day) float64 { return d.Carbon }},
		{"certificates", green, func(d *operate.Day) float64 { return d.Certificate }},
	} {
		values := x.perDay(s, l.of)
		if !zero(values) {
			layers = append(layers, layer{name: l.name, ink: l.ink, values: values})
		}
	}
	legend, words := x.stacked(p, &data, layers)
	// A pale line below separates the cost from bars of any colour.
	cost := x.perDay(s, func(d *operate.Day) float64 { return d.Cost })
	p.Add(lines(pen(paper, 4), daily(cost)), lines(pen(text, 2), daily(cost)))
	legend = append(legend, keyLine("cost", pen(text, 2)))
	data.Series = append(data.Series, &series{Name: "cost", Ink: text.variable(), Draw: drawSteps, Parts: []partData{{Mean: cost}}})
	// Days without a known bound are gaps of the dashed line.
	known := false
	// A day without a bound is a gap in the line.
	bound := x.perDay(s, func(d *operate.Day) float64 {
		if d.Bound == nil {
			return math.NaN()
		}
		known = true
		return *d.Bound
	})
	if known {
		p.Add(lines(pen(fan, 1.5, 4, 2.5), daily(bound)))
		legend = append(legend, keyLine("lower bound", pen(fan, 1.5, 4, 2.5)))
		data.Series = append(data.Series, dashed(&series{Name: "lower bound", Ink: fan.variable(), Draw: drawSteps, Parts: []partData{{Mean: bound}}}))
	}
	x.dayAxis(p)
	p.scaleY(5)
	sheet := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("parts-%d", k+1), Title: "Cost by part", Table: "days", section: vpps, about: s.Strategy.Name,
		Alt: fmt.Sprintf("Stacked bars of the cost of %s by part, summed over the season:%s. Cost %s currency.", count(len(x.days), "day"), words, number(sum(cost), 2)),
		Caption: "Parts of the cost of each day, currency: bars above zero are spent, bars below zero are earned. " +
			"The line is their sum; the dashed line is the cost under perfect information with the same choices of VPP.",
		width: full, height: 350, draw: sheet.draw, chart: &chart{Panels: []chartPanel{data}, Starts: x.starts},
	}
}

// zero reports whether all values are zero.
func zero(values []float64) bool {
	for _, v := range values {
		if math.Abs(v) > 1e-9 {
			return false
		}
	}
	return true
}

// payments draws the settled payments of each day by party.
//
// Amounts are the minor units of the ledger, divided by 100. The bars above
// zero are as high as those below it, because the payments of a day add up to
// zero.
func (x *season) payments(k int) *Figure {
	s := x.list[k]
	p := newPanel("Payments of each day, currency (positive: received)")
	data := chartPanel{Title: p.title, Unit: "currency", Height: 230}
	var layers []layer
	for i, party := range s.Result.Parties {
		l := layer{name: party.Name, ink: x.partyInk(party), values: x.perDay(s, func(d *operate.Day) float64 { return float64(d.Payments[i].Minor) / 100 })}
		switch party.Role {
		case operate.RoleDER: // can be hidden with all of its numbers
			l.der = party.Name
		case operate.RoleGrid:
			l.name += ", for the markets"
		}
		layers = append(layers, l)
	}
	legend, words := x.stacked(p, &data, layers)
	x.dayAxis(p)
	p.scaleY(5)
	sheet := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("payments-%d", k+1), Title: "Payments by party", Table: "payments", section: vpps, about: s.Strategy.Name,
		Alt: fmt.Sprintf("Stacked bars of the payments of %s by party, summed over the season:%s currency.", count(len(x.days), "day"), words),
		Caption: "Settled payments of each day, currency: received above zero, paid below zero. Those of a day add up to zero exactly. " +
			"The grid is the other side of the markets; own costs, such as fuel, are paid outside.",
		width: full, height: 350, draw: sheet.draw, chart: &chart{Panels: []chartPanel{data}, Starts: x.starts},
	}
}

// weights draws the weights of the grid on each day, which a policy may change
// with the signals that it sees.
func (x *season) weights(k int) *Figure {
	s := x.list[k]
	p := newPanel("Weights of the grid")
	data := chartPanel{Title: p.title, Height: 190}
	legend, _ := x.stacked(p, &data, []layer{
		{name: "economic", ink: economic, values: x.perDay(s, func(d *operate.Day) float64 { return d.Weights.Economic })},
		{name: "risk", ink: risk, values: x.perDay(s, func(d *operate.Day) float64 { return d.Weights.Risk })},
		{name: "environment", ink: environment, values: x.perDay(s, func(d *operate.Day) float64 { return d.Weights.Environment })},
	})
	x.dayAxis(p)
	p.scaleY(5)
	first, last := s.Result.Days[0].Weights, s.Result.Days[len(x.days)-1].Weights
	sheet := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("weights-%d", k+1), Title: "Weights of the grid", Table: "weights", section: vpps, about: s.Strategy.Name,
		Alt:     fmt.Sprintf("Stacked bars of the weights of %s: %v on the first day, %v on the last.", count(len(x.days), "day"), first, last),
		Caption: "Weights that the grid published for each day; they sum to 1.",
		width:   half, height: 260, draw: sheet.draw, chart: &chart{Panels: []chartPanel{data}, Starts: x.starts},
	}
}

// stores draws the energy of stores at the end of each step. It returns nil
// without stores, and without the plans that a result read from a file lacks.
// All stores share one axis, so that their sizes can be compared.
func (x *season) stores(k int) *Figure {
	s := x.list[k]
	states := x.states(s)
	if len(states) == 0 {
		return nil
	}
	p := newPanel("Energy in stores, MWh")
	data := chartPanel{Title: p.title, Unit: "MWh", Height: 190}
	var legend []key
	alt := fmt.Sprintf("Lines of the energy of stores over %s.", count(len(x.days), "day"))
	for _, state := range states {
		name, k := state.der, x.derInk[state.der]
		if state.name != "energy" {
			name += ": " + state.name
		}
		// Days outside every VPP interrupt the line.
		var line xys
		// A day on which the DER is outside every VPP has no energy and breaks
		// the line.
		flush := func() {
			if len(line) > 0 {
				p.Add(lines(pen(k, 1.5), line))
			}
			line = nil
		}
		low, high := math.Inf(1), math.Inf(-1)
		for i, d := range x.days {
			for step := range d.steps {
				v := state.values[x.starts[i]+step]
				if math.IsNaN(v) {
					flush()
					continue
				}
				// An energy is that of the end of its step.
				line = append(line, xy{X: x.place(i, step+1), Y: v})
				low, high = min(low, v), max(high, v)
			}
		}
		flush()
		legend = append(legend, keyLine(name, pen(k, 1.5)))
		data.Series = append(data.Series, &series{Name: name, Ink: k.variable(), Draw: drawEnds, Parts: []partData{{DER: state.der, Mean: state.values}}})
		alt += fmt.Sprintf(" %s from %s to %s MWh;", name, number(low, 2), number(high, 2))
	}
	x.dayAxis(p)
	p.fromZero()
	p.scaleY(5)
	sheet := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("stores-%d", k+1), Title: "States of stores", Table: "states", section: vpps, about: s.Strategy.Name,
		Alt: strings.TrimSuffix(alt, ";") + ".", Caption: "Energy in each store at the end of each step, MWh, as operated. It continues from one day to the next.",
		width: full, height: 280, draw: sheet.draw, chart: &chart{Panels: []chartPanel{data}},
	}
}

// stay is a time during which a DER had one VPP.
type stay struct {
	der, vpp string
	from, to int // days from 0; to is the first day after it
}

// stays returns the choices of the DERs as stays, by DER and day. Three days in
// "north" and two days outside are two stays, and one mark of the figure each.
func (x *season) stays(s *operate.Compared) []stay {
	var out []stay
	for _, name := range x.ders {
		for i := range x.days {
			choice := s.Result.Days[i].Choices[name]
			if n := len(out); n > 0 && out[n-1].der == name && out[n-1].vpp == choice {
				out[n-1].to = i + 1
				continue
			}
			out = append(out, stay{name, choice, i, i + 1})
		}
	}
	return out
}

// choices draws the VPP of each DER over the days: one row per DER, with a bar
// per stay in the colour of the VPP. A change of colour is a move.
func (x *season) choices(k int, width vg.Length) *Figure {
	s := x.list[k]
	names := make([]string, len(x.ders))
	row := map[string]int{}
	for i, name := range x.ders {
		names[i], row[name] = short(name, 20), i
	}
	// The axis counts days and has their dates, unlike the axes of amounts of
	// other rows.
	p := newRows("", names)
	p.X.Tick.Length = 4
	alt := "Choices of the DERs:"
	for _, stay := range x.stays(s) {
		ink, ok := x.vppInk[stay.vpp]
		if !ok {
			ink = outside
		}
		y := float64(row[stay.der])
		at := box{float64(stay.from), float64(stay.to), y - 0.35, y + 0.35}
		p.Add(filled(ink, 1, at))
		p.annotate(at, "%s: %s from %s to %s", stay.der, stay.vpp, x.days[stay.from].start.Format("2 January"), x.days[stay.to-1].start.Format("2 January"))
		alt += fmt.Sprintf(" %s %s from day %d to %d;", stay.der, stay.vpp, stay.from+1, stay.to)
	}
	var legend []key
	for _, name := range append(append([]string(nil), x.vpps...), trigrid.Outside) {
		legend = append(legend, keyBox(name, x.vppInk[name], 1))
	}
	x.dayAxis(p)
	if width == slim { // dates need more room than numbers
		marks := p.X.Tick.Marker.(plot.ConstantTicks)
		var some plot.ConstantTicks
		for i := 0; i < len(marks); i += max(1, len(marks)/3) {
			some = append(some, marks[i])
		}
		p.X.Tick.Marker = some
	}
	sheet := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("choices-%d", k+1), Title: "Who was where", Table: "choices", section: vpps, about: s.Strategy.Name,
		Alt: strings.TrimSuffix(alt, ";") + ".", Caption: fmt.Sprintf("VPP of each DER on each day; %s in all.", count(len(s.Moves), "move")),
		width: width, height: 75 + 24*vg.Length(len(names)), draw: sheet.draw,
	}
}

// stepLabels returns the beginning of each step for the script, and the end of
// the season.
func (x *season) stepLabels() []string {
	var out []string
	for _, d := range x.days {
		for step := range d.steps {
			out = append(out, d.time(step).Format("2 Jan 15:04"))
		}
	}
	last := x.days[len(x.days)-1]
	return append(out, days.Begin(last.start, 1).Format("2 Jan 15:04"))
}

// hours returns the mean length of a step.
func (x *season) hours() float64 {
	last := x.days[len(x.days)-1]
	return days.Begin(last.start, 1).Sub(x.days[0].start).Round(time.Second).Hours() / float64(x.starts[len(x.days)])
}
