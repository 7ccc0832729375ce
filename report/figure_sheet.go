package report

import (
	"math"
	"slices"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sheet is the layout of a figure: a legend above a grid of panels with aligned
// data areas.
type sheet struct {
	legend     []key
	panels     [][]*panel // by row; nil leaves a place empty
	rows, cols []float64  // shares of height and width; nil: equal
}

// Sizes in points.
const (
	titleHeight vg.Length = 17 // of a row with titles
	gap         vg.Length = 14 // between panels
	labelRoom   vg.Length = 5  // left of narrow axes, for half of a time label below them
)

// draw draws the whole sheet: the legend, then each panel with its title above
// the data. It returns the marks of all panels.
func (s *sheet) draw(c draw.Canvas) (marks []mark) {
	// One point on each side keeps half of a line at the edge inside the
	// figure.
	c = draw.Crop(c, 1, -1, 1, -1)
	c = draw.Crop(c, labelRoom, 0, 0, 1-drawLegend(c, s.legend))
	heights := portions(c.Size().Y, len(s.panels), s.rows)
	// Areas are placed row by row from the top; titles are part of a row's
	// height.
	top := c.Max.Y
	areas := make([][]draw.Canvas, len(s.panels))
	for i, row := range s.panels {
		// Widths are shares of the row: {2, 1} gives the first panel two
		// thirds.
		widths := portions(c.Size().X, len(row), s.cols)
		left, below := c.Min.X, top
		if titled(row) {
			// Panels of a row begin at one height, also if one of them has no
			// title.
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
	// Areas must be aligned before drawing, because labels of different widths
	// move the data areas.
	s.align(areas)
	for i, row := range s.panels {
		for j, p := range row {
			if p != nil {
				// The title starts above the first data point, not above the
				// labels of the axis.
				data := p.DataCanvas(areas[i][j])
				c.FillText(lettering(text, 11.5, xfont.WeightBold), vg.Point{X: data.Min.X, Y: data.Max.Y + 6}, p.title)
				p.Draw(areas[i][j])
				marks = append(marks, p.place(data)...)
			}
		}
	}
	return marks
}

// titled reports whether a panel of a row has a title. The whole row then has
// room for titles.
func titled(row []*panel) bool {
	return slices.ContainsFunc(row, func(p *panel) bool { return p != nil && p.title != "" })
}

// align narrows areas so that the data areas of each column and row start and
// end at the same positions.
func (s *sheet) align(areas [][]draw.Canvas) {
	// A margin is the distance between the edge of an area and its data: room
	// for labels.
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
			// Measure the labels of each panel and keep the widest margin per
			// column and row.
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
			// An empty place has no margins.
			if p == nil {
				continue
			}
			// Crop each area by the difference to the widest margin.
			x, y := own[i][j][0], own[i][j][1]
			areas[i][j] = draw.Crop(areas[i][j], columns[j].low-x.low, x.high-columns[j].high, rows[i].low-y.low, y.high-rows[i].high)
		}
	}
}

// portions divides a length, minus the gaps, into n parts.
func portions(length vg.Length, n int, shares []float64) []vg.Length {
	// Equal shares.
	if shares == nil {
		shares = make([]float64, n)
		for i := range shares {
			shares[i] = 1
		}
	}
	// Shares are relative: 1.7 and 1 give 63 % and 37 %.
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
