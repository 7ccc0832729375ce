package report

import (
	"fmt"
	"html"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// hint is the text that a reader sees who points at a place of a panel, in data
// coordinates.
type hint struct {
	at   box
	text string
}

// mark is a hint with its place in the figure, in points from the lower left
// corner.
type mark struct {
	in   vg.Rectangle
	text string
}

// minMark is the least width and height of a mark, so that a thin bar can be
// pointed at.
const minMark vg.Length = 8

// annotate adds a hint to a panel. For example, the bar of a party in the
// settlement has
//
//	p.annotate(box{0, 81.5, 2.7, 3.3}, "W1: +81.50")
func (p *panel) annotate(at box, format string, values ...any) {
	p.hints = append(p.hints, hint{at, fmt.Sprintf(format, values...)})
}

// annotateAt adds a hint at a value of row i, for a dot without an extent. The
// hint is as tall as half a row.
func (p *panel) annotateAt(value float64, i int, format string, values ...any) {
	p.annotate(box{value, value, float64(i) - 0.25, float64(i) + 0.25}, format, values...)
}

// place returns the hints of a panel as marks, inside the area of its data.
func (p *panel) place(data draw.Canvas) []mark {
	// The transforms are those that draw the data.
	trX, trY := p.Transforms(&data)
	var out []mark
	for _, h := range p.hints {
		x0, x1 := span(trX(h.at.left), trX(h.at.right), data.Min.X, data.Max.X)
		y0, y1 := span(trY(h.at.low), trY(h.at.high), data.Min.Y, data.Max.Y)
		out = append(out, mark{vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}, h.text})
	}
	return out
}

// span orders two ends, widens them to minMark and limits them to a range.
func span(a, b, lower, upper vg.Length) (from, to vg.Length) {
	// Inverted axes swap the ends.
	from, to = min(a, b), max(a, b)
	if more := minMark - (to - from); more > 0 {
		from, to = from-more/2, to+more/2
	}
	return max(from, lower), min(to, upper)
}

// A mark is a rectangle of its own and not a title of the drawn shape, because
// one path draws all bars of a colour.

// titles returns the marks of the figure as transparent rectangles with titles,
// which browsers show as tooltips without any script. It returns "" for a
// figure without marks.
func (f *Figure) titles() string {
	// The places follow from drawing, because widths of labels move the data.
	marks := f.draw(draw.New(vgsvg.NewWith(vgsvg.UseWH(f.width, f.height))))
	if len(marks) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<g class="marks">` + "\n")
	for _, m := range marks {
		// SVG counts from the upper left corner.
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`+"\n", m.in.Min.X.Points(),
			(f.height - m.in.Max.Y).Points(), max(0, (m.in.Max.X-m.in.Min.X).Points()), max(0, (m.in.Max.Y-m.in.Min.Y).Points()), html.EscapeString(m.text))
	}
	b.WriteString("</g>\n")
	return b.String()
}
