package report

import (
	"math"
	"slices"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one pair of axes of a figure, with its title above the data instead of a turned axis label.
type panel struct {
	*plot.Plot
	title string
}

// lettering returns a style of text.
func lettering(k ink, size vg.Length, weight xfont.Weight) plottext.Style {
	return plottext.Style{
		Color:   k.color(),
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YBottom,
		Handler: plottext.Plain{Fonts: font.DefaultCache},
	}
}

func plain(k ink, size vg.Length) plottext.Style { return lettering(k, size, xfont.WeightNormal) }

// pen returns a style of line.
func pen(k ink, width vg.Length, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: k.color(), Width: width, Dashes: dashes}
}

// bare returns axes without rules.
func bare(title string) *panel {
	p := &panel{plot.New(), title}
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		label, tick := plain(muted, 11), plain(muted, 11)
		label.XAlign, label.YAlign = axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign
		tick.XAlign, tick.YAlign = axis.Tick.Label.XAlign, axis.Tick.Label.YAlign
		axis.Label.TextStyle, axis.Tick.Label = label, tick
		axis.Label.Padding = 3
		axis.Padding = 0
		axis.LineStyle = pen(muted, 0.75)
		axis.Tick.LineStyle = pen(muted, 0.75)
		axis.Tick.Length = 4
	}
	return p
}

// newPanel returns axes whose values are read upwards, with rules across.
func newPanel(title string) *panel {
	p := bare(title)
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Padding = 2
	p.Add(&plotter.Grid{Horizontal: pen(rule, 0.75)})
	return p
}

// newRows returns axes for a list from top to bottom, one row per name, whose values are read to the right.
func newRows(title string, names []string) *panel {
	p := bare(title)
	p.X.LineStyle.Width, p.X.Tick.Length = 0, 0
	p.X.Padding = 2
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Padding = 6
	p.Y.Min, p.Y.Max = -0.5, float64(len(names))-0.5
	p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	p.Y.Tick.Label.Color = text.color()
	ticks := make(plot.ConstantTicks, 0, len(names))
	for i, name := range names {
		if name != "" {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
		}
	}
	p.Y.Tick.Marker = ticks
	p.Add(&plotter.Grid{Vertical: pen(rule, 0.75)})
	return p
}

// scaleY rounds the value axis of a panel to about n marks; zero is drawn where it lies inside.
func (p *panel) scaleY(n int) {
	from, to, marks, decimals := round(p.Y.Min, p.Y.Max, n)
	p.Y.Min, p.Y.Max = from, to
	p.Y.Tick.Marker = numeric(marks, decimals)
	if from < 0 && to > 0 {
		p.Add(lines(pen(muted, 0.75), xys{{X: p.X.Min, Y: 0}, {X: p.X.Max, Y: 0}}))
	}
}

// fromZero lets the value axis begin at zero where that costs less than half of the height.
func (p *panel) fromZero() {
	if p.Y.Min > 0 && p.Y.Min < 0.5*p.Y.Max {
		p.Y.Min = 0
	}
}

// scaleX rounds the value axis of rows to about n marks and draws zero.
func (p *panel) scaleX(n int) {
	from, to, marks, decimals := round(p.X.Min, p.X.Max, n)
	p.X.Min, p.X.Max = from, to
	p.X.Tick.Marker = numeric(marks, decimals)
	if from <= 0 && to >= 0 {
		p.Add(lines(pen(muted, 0.75), xys{{X: 0, Y: p.Y.Min}, {X: 0, Y: p.Y.Max}}))
	}
}

// sheet is a figure's layout: a legend above a grid of panels, whose data areas line up.
type sheet struct {
	legend     []key
	panels     [][]*panel // by row; nil leaves a place empty
	rows, cols []float64  // shares of height and width; nil: equal
}

const (
	titleHeight vg.Length = 17
	gap         vg.Length = 14 // between panels
)

// draw draws the whole sheet.
func (s *sheet) draw(c draw.Canvas) {
	c = draw.Crop(c, 1, -1, 1, -drawLegend(c, s.legend))
	heights := portions(c.Size().Y, len(s.panels), s.rows)
	top := c.Max.Y
	areas := make([][]draw.Canvas, len(s.panels))
	for i, row := range s.panels {
		widths := portions(c.Size().X, len(row), s.cols)
		left, below := c.Min.X, top
		if titled(row) {
			below -= titleHeight
		}
		for j := range row {
			areas[i] = append(areas[i], draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: left, Y: top - heights[i]}, Max: vg.Point{X: left + widths[j], Y: below},
			}})
			left += widths[j] + gap
		}
		top -= heights[i] + gap
	}
	s.align(areas)
	for i, row := range s.panels {
		for j, p := range row {
			if p != nil {
				data := p.DataCanvas(areas[i][j])
				c.FillText(lettering(text, 11.5, xfont.WeightBold), vg.Point{X: data.Min.X, Y: data.Max.Y + 6}, p.title)
				p.Draw(areas[i][j])
			}
		}
	}
}

// titled reports whether a panel of a row has a title, for which the whole row then leaves room.
func titled(row []*panel) bool {
	return slices.ContainsFunc(row, func(p *panel) bool { return p != nil && p.title != "" })
}

// align narrows areas so that data start and end at the same places in every column and row.
func (s *sheet) align(areas [][]draw.Canvas) {
	type margin struct{ low, high vg.Length }
	var (
		columns = make(map[int]margin)
		rows    = make(map[int]margin)
		own     = make([][][2]margin, len(areas))
	)
	for i, row := range s.panels {
		own[i] = make([][2]margin, len(row))
		for j, p := range row {
			if p == nil {
				continue
			}
			area, data := areas[i][j], p.DataCanvas(areas[i][j])
			x := margin{data.Min.X - area.Min.X, area.Max.X - data.Max.X}
			y := margin{data.Min.Y - area.Min.Y, area.Max.Y - data.Max.Y}
			own[i][j] = [2]margin{x, y}
			columns[j] = margin{max(columns[j].low, x.low), max(columns[j].high, x.high)}
			rows[i] = margin{max(rows[i].low, y.low), max(rows[i].high, y.high)}
		}
	}
	for i, row := range s.panels {
		for j, p := range row {
			if p == nil {
				continue
			}
			x, y := own[i][j][0], own[i][j][1]
			areas[i][j] = draw.Crop(areas[i][j], columns[j].low-x.low, x.high-columns[j].high, rows[i].low-y.low, y.high-rows[i].high)
		}
	}
}

// portions divides a length less the gaps between n parts.
func portions(length vg.Length, n int, shares []float64) []vg.Length {
	if shares == nil {
		shares = make([]float64, n)
		for i := range shares {
			shares[i] = 1
		}
	}
	sum := 0.0
	for _, share := range shares[:n] {
		sum += share
	}
	out := make([]vg.Length, n)
	for i := range out {
		out[i] = (length - gap*vg.Length(n-1)) * vg.Length(shares[i]/math.Max(sum, 1e-9))
	}
	return out
}
