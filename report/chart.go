package report

import (
	"math"
	"strconv"
)

// chart is the data of a figure over time. The script of the page draws the
// figure again from it, for the hours, the scenario and the DERs that the
// reader chooses. Without the script the page shows the figure as it is.
type chart struct {
	Panels []chartPanel `json:"panels"`

	// Starts are the first steps of the values and the end, for a figure with
	// one value per day. Nil: one value per step.
	Starts []int `json:"starts,omitempty"`
}

// chartPanel is one pair of axes, with steps to the right and values upwards.
type chartPanel struct {
	Title  string    `json:"title"`
	Unit   string    `json:"unit"`             // of the values, such as "MW"
	Height int       `json:"height"`           // of the data area, pixels
	Limits numbers   `json:"limits,omitempty"` // dashed lines
	Series []*series `json:"series"`           // from back to front
}

// series is one quantity of a panel. It is the sum of its parts, so that the 22
// cars of a VPP are one stack and the reader can still hide or choose each of
// them.
type series struct {
	Name  string      `json:"name"`  // of one part; of several the noun: "car" for "22 × car"
	Ink   string      `json:"ink"`   // variable of the style sheet
	Draw  drawing     `json:"draw"`  //
	Unit  string      `json:"unit"`  // of the tooltip, if it differs from the panel's
	Dash  bool        `json:"dash"`  // of the line
	Fan   bool        `json:"fan"`   // draws the scenarios and their range behind the line
	Mean  bool        `json:"mean"`  // the series is the mean of its parts, not their sum
	Bands []rangeData `json:"bands"` // quantiles, widest first
	Parts []partData  `json:"parts"`
}

// drawing is the way to draw a series.
type drawing string

const (
	drawStack drawing = "stack" // bars on both sides of zero, above those of earlier series
	drawSteps drawing = "steps" // a line that is constant during a step
	drawMids  drawing = "mids"  // a line through the middles of the steps
	drawEnds  drawing = "ends"  // a line through the ends of the steps
	drawStrip drawing = "strip" // a row of its own, darker for values near 1
)

// partData has the values of one DER, or of the whole VPP, per step. The script
// adds up the parts that the reader has not hidden; for a scenario it takes the
// path instead of the expectation. The expectation of a stack has two parts,
// because a battery that charges in one scenario and discharges in another has
// both a supply and a use.
type partData struct {
	DER   string    `json:"der"`             // "" if it is none: then it is always shown
	Start *float64  `json:"start,omitempty"` // value at time 0, for stocks
	Mean  numbers   `json:"mean"`            // expectation; of a stack the supply
	Use   numbers   `json:"use,omitempty"`   // expected use of a stack, at least 0
	Paths []numbers `json:"paths,omitempty"` // per scenario; supply less use of a stack; nil: equal
}

// rangeData is a range around a series.
type rangeData struct {
	Name string  `json:"name"`
	Low  numbers `json:"low"`
	High numbers `json:"high"`
}

// numbers is a list of numbers with at most seven significant digits, which
// keeps a page with many DERs small. A missing number is null.
type numbers []float64

// MarshalJSON implements [json.Marshaler].
func (p numbers) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 2+6*len(p))
	out = append(out, '[')
	for i, v := range p {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			out = append(out, "null"...)
		case math.Abs(v) < 1e-9: // an error of the solver, or a negative zero
			out = append(out, '0')
		default:
			out = strconv.AppendFloat(out, v, 'g', 7, 64)
		}
	}
	return append(out, ']'), nil
}

// pathsOf converts values per scenario and step. Equal scenarios give none.
func pathsOf(values [][]float64) []numbers {
	out := make([]numbers, len(values))
	equal := true // most of the data of a page are forecasts and states that no scenario changes
	for s, v := range values {
		out[s] = v
		for t := range v {
			equal = equal && v[t] == values[0][t]
		}
	}
	if equal {
		return nil
	}
	return out
}

// Series are made from the numbers that the figure draws, by the functions
// below.

// lineOf returns the series of a line with one part that belongs to no DER.
func (x *run) lineOf(name string, k ink, draw drawing, mean []float64, paths [][]float64) *series {
	return &series{Name: name, Ink: k.variable(), Draw: draw, Parts: []partData{{Mean: mean, Paths: pathsOf(paths)}}}
}

// fan returns the expectation of a quantity with its scenarios behind it.
func (x *run) fan(name string, k ink, draw drawing, paths [][]float64) *series {
	s := x.lineOf(name, k, draw, x.expected(paths), paths)
	s.Fan = true
	return s
}

// dashed returns a series with a dashed line.
func dashed(s *series) *series {
	s.Dash = true
	return s
}

// stackOf returns a flow as a series of bars.
func stackOf(f flow) *series {
	// The name of a group is its noun, because the script counts the shown
	// members itself.
	s := &series{Name: f.noun(), Ink: f.ink.variable(), Draw: drawStack}
	for _, p := range f.members() {
		part := partData{Mean: p.supply, Use: p.use, Paths: pathsOf(p.net)}
		if p.kind == "member" {
			part.DER = p.item
		}
		s.Parts = append(s.Parts, part)
	}
	return s
}

// pageData is the data of the page's script.
type pageData struct {
	Steps         []string          `json:"steps"` // start of each step; one more for the end
	Hours         float64           `json:"hours"` // of a step, on average
	Probabilities numbers           `json:"probabilities"`
	DERs          []pageDER         `json:"ders"`
	Charts        map[string]*chart `json:"charts"` // by name of the figure

	// Stops are the steps that the lists of the view offer, such as the
	// beginnings of days. Nil: all.
	Stops []int `json:"stops,omitempty"`
}

// pageDER is one DER in the list of the script, with the VPP that it chose.
type pageDER struct {
	Name  string `json:"name"`
	VPP   string `json:"vpp"`
	Group string `json:"group"` // "" if it is shown alone
	Ink   string `json:"ink"`
}

// data returns the data of the script for some figures. 30 DERs, 96 steps and
// 20 scenarios give about 2 MB.
func (x *run) data(figures []*Figure) pageData {
	// One label more than steps, for the end of the horizon.
	steps := x.set.Steps()
	d := pageData{Hours: x.hours(float64(steps)) / float64(steps), Probabilities: x.set.Probabilities(), Charts: map[string]*chart{}}
	for t := range steps + 1 {
		d.Steps = append(d.Steps, timeLabel(x.set.Grid(), t))
	}
	for _, unit := range x.result.DERs {
		d.DERs = append(d.DERs, pageDER{unit.Name, unit.Choice, x.group[unit.Name], x.derInk[unit.Name].variable()})
	}
	for _, f := range figures {
		if f.chart != nil {
			d.Charts[f.Name] = f.chart
		}
	}
	return d
}
