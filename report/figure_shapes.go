package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/trigrid/trigrid/scenario"
)

// boxes fills rectangles in data coordinates with one colour, as one path.
type boxes struct {
	fill color.Color
	in   []box
}

// box is a rectangle in data coordinates.
type box struct{ left, right, low, high float64 }

// Plot implements [plot.Plotter].
func (x boxes) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var path vg.Path
	for _, b := range x.in {
		// An empty rectangle would still be drawn as a hairline by some
		// viewers.
		if b.left == b.right || b.low == b.high {
			continue
		}
		// The corners of the rectangle, counter-clockwise.
		path.Move(vg.Point{X: trX(b.left), Y: trY(b.low)})
		path.Line(vg.Point{X: trX(b.right), Y: trY(b.low)})
		path.Line(vg.Point{X: trX(b.right), Y: trY(b.high)})
		path.Line(vg.Point{X: trX(b.left), Y: trY(b.high)})
		path.Close()
	}
	// All rectangles are empty.
	if path == nil {
		return
	}
	c.SetColor(x.fill)
	c.Fill(path)
}

// DataRange implements [plot.DataRanger].
func (x boxes) DataRange() (xmin, xmax, ymin, ymax float64) {
	// Without boxes the range is empty and does not affect the axes.
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, b := range x.in {
		xmin, xmax = min(xmin, b.left, b.right), max(xmax, b.left, b.right)
		ymin, ymax = min(ymin, b.low, b.high), max(ymax, b.low, b.high)
	}
	return xmin, xmax, ymin, ymax
}

// filled returns boxes of an ink.
func filled(k ink, opacity float64, in ...box) boxes {
	return boxes{k.fade(opacity), in}
}

// lines returns a line through points.
func lines(style draw.LineStyle, points xys) *plotter.Line {
	return &plotter.Line{XYs: points, LineStyle: style}
}

// dots returns marks at points.
func dots(style draw.GlyphStyle, points xys) *plotter.Scatter {
	return &plotter.Scatter{XYs: points, GlyphStyle: style}
}

// dot is a filled circle.
func dot(k ink, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: k.color(), Radius: radius, Shape: draw.CircleGlyph{}}
}

// ring is a hollow circle.
func ring(k ink, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: k.color(), Radius: radius, Shape: ringGlyph{}}
}

// ringGlyph is a circle with a line wide enough to show its colour.
type ringGlyph struct{}

// DrawGlyph implements [draw.GlyphDrawer].
func (ringGlyph) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: 1.5})
	var path vg.Path
	path.Move(vg.Point{X: at.X + style.Radius, Y: at.Y})
	path.Arc(at, style.Radius, 0, 2*math.Pi)
	path.Close()
	c.Stroke(path)
}

// note writes a text beside a point: to the right of it, or to the left if side
// is negative. It is used for numbers at the ends of bars.
func note(k ink, at xy, label string, side vg.Length) *plotter.Labels {
	style := plain(k, 10.5)
	style.YAlign = draw.YCenter
	if side < 0 {
		style.XAlign = draw.XRight
	}
	return &plotter.Labels{
		XYs: xys{at}, Labels: []string{label},
		// The vertical offset centres digits, whose baseline is low.
		TextStyle: []plottext.Style{style}, Offset: vg.Point{X: side, Y: 1.5},
	}
}

// band fills the area between two paths with the same x values.
func band(k ink, opacity float64, low, high xys) *plotter.Polygon {
	// The upper path forwards, then the lower path backwards.
	around := append(xys(nil), high...)
	for i := len(low) - 1; i >= 0; i-- {
		around = append(around, low[i])
	}
	return &plotter.Polygon{XYs: []xys{around}, Color: k.fade(opacity)}
}

// timeline converts a position in steps to hours from the start of the grid:
// 2.5 is the middle of step 2.
type timeline func(position float64) float64

// timelineOf returns the timeline of a grid.
func timelineOf(grid scenario.Grid) timeline {
	if step, ok := grid.EqualSteps(); ok {
		return func(position float64) float64 { return position * step.Hours() }
	}
	return func(position float64) float64 {
		t := int(position)
		return grid.HoursTo(t) + (position-float64(t))*grid.HoursAt(t)
	}
}

// bar returns the ends of the bar of step t, with a gap of 6 % of the step on
// both sides if gaps is 1, and without if it is 0.
func (at timeline) bar(t int, gaps float64) (left, right float64) {
	inset := 0.06 * gaps * (at(float64(t+1)) - at(float64(t)))
	return at(float64(t)) + inset, at(float64(t+1)) - inset
}

// middles places the value of each step at the middle of the step, in hours
// from the start.
func middles(values []float64, at timeline) xys {
	out := make(xys, len(values))
	for t, v := range values {
		out[t] = xy{X: at(float64(t) + 0.5), Y: v}
	}
	return out
}

// ends places the value of each step at the end of the step, in hours from the
// start.
func ends(values []float64, at timeline) xys {
	out := make(xys, len(values))
	for t, v := range values {
		out[t] = xy{X: at(float64(t + 1)), Y: v}
	}
	return out
}

// stairs draws the value of each step from its start to its end.
func stairs(values []float64, at timeline) xys {
	out := make(xys, 0, 2*len(values))
	for t, v := range values {
		out = append(out, xy{X: at(float64(t)), Y: v}, xy{X: at(float64(t + 1)), Y: v})
	}
	return out
}

// Points in data coordinates.
type (
	xy  = plotter.XY
	xys = plotter.XYs
)
