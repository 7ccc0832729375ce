package report

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of a legend: a label and a function that draws the symbol.
type key struct {
	label string
	draw  func(c draw.Canvas, in vg.Rectangle)
}

// keyBox returns the entry of an area.
func keyBox(label string, k ink, opacity float64) key {
	return key{label, func(c draw.Canvas, in vg.Rectangle) {
		c.SetColor(k.fade(opacity))
		c.Fill(in.Path())
	}}
}

// keyLine returns the entry of a line.
func keyLine(label string, style draw.LineStyle) key {
	return key{label, func(c draw.Canvas, in vg.Rectangle) {
		y := (in.Min.Y + in.Max.Y) / 2
		c.StrokeLine2(style, in.Min.X, y, in.Max.X, y)
	}}
}

// keyGlyph returns the entry of a mark, centred in the symbol's place.
func keyGlyph(label string, style draw.GlyphStyle) key {
	return key{label, func(c draw.Canvas, in vg.Rectangle) {
		c.DrawGlyph(style, vg.Point{X: (in.Min.X + in.Max.X) / 2, Y: (in.Min.Y + in.Max.Y) / 2})
	}}
}

// Sizes in points.
const (
	keyWidth, keyHeight vg.Length = 15, 9 // of a symbol
	legendLine          vg.Length = 17    // distance of two lines
)

// drawLegend draws keys along the top, in as many lines as they need, and
// returns the height.
func drawLegend(c draw.Canvas, keys []key) vg.Length {
	if len(keys) == 0 {
		return 0
	}
	style := plain(text, 11)
	left, top := c.Min.X, c.Max.Y
	for _, k := range keys {
		// Names come from the user and can be longer than the figure.
		label := short(k.label, 60)
		width := keyWidth + 5 + style.Width(label)
		// An entry that does not fit starts a new line, unless it is the first
		// one of its line.
		if left > c.Min.X && left+width > c.Max.X {
			left, top = c.Min.X, top-legendLine
		}
		// The symbol is centred on the height of small letters.
		low := top - legendLine + 5
		k.draw(c, vg.Rectangle{Min: vg.Point{X: left, Y: low}, Max: vg.Point{X: left + keyWidth, Y: low + keyHeight}})
		c.FillText(style, vg.Point{X: left + keyWidth + 5, Y: low - 1}, label)
		left += width + 16
	}
	return c.Max.Y - top + legendLine + 6
}
