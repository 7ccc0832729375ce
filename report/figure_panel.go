package report

import (
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one pair of axes of a figure. Its title is above the data, in place
// of a rotated axis label.
type panel struct {
	*plot.Plot
	title string
	hints []hint // values of the marks, for readers who point at them
}

// lettering returns a text style.
func lettering(k ink, size vg.Length, weight xfont.Weight) plottext.Style {
	return plottext.Style{
		Color:   k.color(),
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YBottom,
		Handler: plottext.Plain{Fonts: font.DefaultCache},
	}
}

// plain returns a text style of normal weight.
func plain(k ink, size vg.Length) plottext.Style { return lettering(k, size, xfont.WeightNormal) }

// pen returns a line style.
func pen(k ink, width vg.Length, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: k.color(), Width: width, Dashes: dashes}
}

// bare returns axes without grid lines.
func bare(title string) *panel {
	p := &panel{Plot: plot.New(), title: title}
	// The page's own background shows, also in dark mode.
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		// Alignment of labels belongs to the axis and is kept; font and colour
		// are replaced.
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

// newPanel returns axes with values upwards and horizontal grid lines.
func newPanel(title string) *panel {
	p := bare(title)
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Padding = 2
	p.Add(&plotter.Grid{Horizontal: pen(rule, 0.75)})
	return p
}

// newRows returns axes for a list, one row per name from top to bottom, with
// values to the right.
func newRows(title string, names []string) *panel {
	p := bare(title)
	p.X.LineStyle.Width, p.X.Tick.Length = 0, 0
	p.X.Padding = 2
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Padding = 6
	// Row i is centred at i, so that half a row remains above the first and
	// below the last.
	p.Y.Min, p.Y.Max = -0.5, float64(len(names))-0.5
	// Row 0 is at the top, as in a table.
	p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	p.Y.Tick.Label.Color = text.color()
	// Names stand at the rows; there are no other marks on this axis.
	ticks := make(plot.ConstantTicks, 0, len(names))
	for i, name := range names {
		// Panels to the right of the first have no names.
		if name != "" {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
		}
	}
	p.Y.Tick.Marker = ticks
	p.Add(&plotter.Grid{Vertical: pen(rule, 0.75)})
	return p
}

// scaleY sets the value axis of a panel to round numbers with about n marks. It
// draws zero if zero is inside the axis.
func (p *panel) scaleY(n int) {
	// Limits and marks come from the data added so far, so scaleY is called
	// last.
	from, to, marks, decimals := round(p.Y.Min, p.Y.Max, n)
	p.Y.Min, p.Y.Max = from, to
	p.Y.Tick.Marker = numeric(marks, decimals)
	if from < 0 && to > 0 {
		p.Add(lines(pen(muted, 0.75), xys{{X: p.X.Min, Y: 0}, {X: p.X.Max, Y: 0}}))
	}
}

// fromZero starts the value axis at zero if that takes less than half of the
// height.
func (p *panel) fromZero() {
	if p.Y.Min > 0 && p.Y.Min < 0.5*p.Y.Max {
		p.Y.Min = 0
	}
}

// scaleX sets the value axis of rows to round numbers with about n marks and
// draws zero.
func (p *panel) scaleX(n int) {
	// As in scaleY, the data must be complete.
	from, to, marks, decimals := round(p.X.Min, p.X.Max, n)
	p.X.Min, p.X.Max = from, to
	p.X.Tick.Marker = numeric(marks, decimals)
	if from <= 0 && to >= 0 {
		p.Add(lines(pen(muted, 0.75), xys{{X: 0, Y: p.Y.Min}, {X: 0, Y: p.Y.Max}}))
	}
}
