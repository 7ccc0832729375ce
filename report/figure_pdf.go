package report

import (
	"image"
	"image/color"
	"io"
	"math"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PDF writes the figure as one page of its own size, with embedded fonts and
// real text, for papers. The same figure gives the same bytes. Letters that
// Liberation Sans lacks, such as Chinese ones, are empty boxes, as they are in
// [Figure.PNG].
func (f *Figure) PDF(w io.Writer) error {
	c := newPDF(f.width, f.height)
	f.draw(draw.New(c))
	return c.doc.Output(w)
}

// pdfCanvas draws on a page of a PDF document. It replaces the canvas of gonum,
// which writes the time of the day into the file and has no letter outside code
// page 1252, such as the minus sign.
type pdfCanvas struct {
	doc    *fpdf.Fpdf
	height vg.Length
	at     []pdfState // the last one is current
}

// pdfState is the part of a canvas that Push saves: line, colour, and the
// transform
//
//	(x, y) → (a x + c y + e, b x + d y + f)
type pdfState struct {
	width            vg.Length
	dashes           []vg.Length
	offset           vg.Length
	color            color.NRGBA
	a, b, c, d, e, f float64
}

var _ vg.CanvasSizer = (*pdfCanvas)(nil)

// newPDF returns a canvas of one page.
func newPDF(width, height vg.Length) *pdfCanvas {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: width.Points(), Ht: height.Points()}})
	// Equal figures give equal bytes.
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	doc.SetCreationDate(epoch)
	doc.SetModificationDate(epoch)
	doc.SetCatalogSort(true)
	doc.SetProducer("trigrid", true)
	doc.SetAutoPageBreak(false, 0)
	doc.SetMargins(0, 0, 0)
	// Only the letters in use are embedded, about 10 kB per weight.
	doc.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	doc.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	doc.AddPage()
	c := &pdfCanvas{doc: doc, height: height, at: []pdfState{{a: 1, d: 1}}}
	vg.Initialize(c)
	return c
}

// now returns the current state.
func (c *pdfCanvas) now() *pdfState { return &c.at[len(c.at)-1] }

// Size implements [vg.CanvasSizer].
func (c *pdfCanvas) Size() (x, y vg.Length) {
	width, height := c.doc.GetPageSize()
	return vg.Length(width), vg.Length(height)
}

// SetLineWidth implements [vg.Canvas].
func (c *pdfCanvas) SetLineWidth(w vg.Length) { c.now().width = w }

// SetLineDash implements [vg.Canvas].
func (c *pdfCanvas) SetLineDash(pattern []vg.Length, offset vg.Length) {
	c.now().dashes, c.now().offset = pattern, offset
}

// SetColor implements [vg.Canvas]. Fills, lines and texts have the same colour.
func (c *pdfCanvas) SetColor(k color.Color) {
	if k == nil {
		k = color.Black
	}
	c.now().color = color.NRGBAModel.Convert(k).(color.NRGBA)
}

// Rotate implements [vg.Canvas]. A transform applies to later drawings, in the
// coordinates of the caller, so that it is multiplied from the right.
func (c *pdfCanvas) Rotate(radians float64) {
	sin, cos := math.Sincos(radians)
	s := c.now()
	s.a, s.b, s.c, s.d = s.a*cos+s.c*sin, s.b*cos+s.d*sin, s.c*cos-s.a*sin, s.d*cos-s.b*sin
}

// Translate implements [vg.Canvas].
func (c *pdfCanvas) Translate(by vg.Point) {
	s := c.now()
	s.e, s.f = s.a*by.X.Points()+s.c*by.Y.Points()+s.e, s.b*by.X.Points()+s.d*by.Y.Points()+s.f
}

// Scale implements [vg.Canvas].
func (c *pdfCanvas) Scale(x, y float64) {
	s := c.now()
	s.a, s.b, s.c, s.d = s.a*x, s.b*x, s.c*y, s.d*y
}

// Push implements [vg.Canvas].
func (c *pdfCanvas) Push() { c.at = append(c.at, *c.now()) }

// Pop implements [vg.Canvas].
func (c *pdfCanvas) Pop() { c.at = c.at[:len(c.at)-1] }

// point returns a place on the page. The origin of a canvas is the lower left
// corner, that of the page the upper left one.
func (c *pdfCanvas) point(p vg.Point) (x, y float64) {
	s := c.now()
	x = s.a*p.X.Points() + s.c*p.Y.Points() + s.e
	y = s.b*p.X.Points() + s.d*p.Y.Points() + s.f
	return x, c.height.Points() - y
}

// Stroke implements [vg.Canvas].
func (c *pdfCanvas) Stroke(path vg.Path) {
	s := c.now()
	// By the contract of the interface such a line is not drawn; PDF would draw
	// a hairline.
	if s.width <= 0 {
		return
	}
	dashes := make([]float64, len(s.dashes)) // none: a solid line
	for i, d := range s.dashes {
		dashes[i] = d.Points()
	}
	c.doc.SetLineWidth(s.width.Points())
	c.doc.SetDashPattern(dashes, s.offset.Points())
	c.doc.SetDrawColor(int(s.color.R), int(s.color.G), int(s.color.B))
	c.draw(path, "D")
}

// Fill implements [vg.Canvas].
func (c *pdfCanvas) Fill(path vg.Path) {
	s := c.now()
	c.doc.SetFillColor(int(s.color.R), int(s.color.G), int(s.color.B))
	c.draw(path, "f*")
}

// draw adds a path with the current opacity and the given operator of PDF: "D"
// strokes it, "f*" fills it by the even-odd rule.
func (c *pdfCanvas) draw(path vg.Path, operator string) {
	c.doc.SetAlpha(float64(c.now().color.A)/255, "Normal")
	for i, part := range path {
		x, y := c.point(part.Pos)
		switch part.Type {
		case vg.MoveComp:
			c.doc.MoveTo(x, y)
		case vg.LineComp:
			c.doc.LineTo(x, y)
		case vg.ArcComp:
			c.arc(part, i == 0)
		case vg.CurveComp:
			c.curve(part.Control, x, y)
		// A closed path ends where it began, so that a filled shape has no gap
		// in its outline.
		case vg.CloseComp:
			c.doc.ClosePath()
		}
	}
	c.doc.DrawPath(operator)
}

// curve adds a Bézier curve of degree two or three to a point on the page.
func (c *pdfCanvas) curve(control []vg.Point, x, y float64) {
	switch x0, y0 := c.point(control[0]); len(control) {
	case 1:
		c.doc.CurveTo(x0, y0, x, y)
	case 2:
		x1, y1 := c.point(control[1])
		c.doc.CurveBezierCubicTo(x0, y0, x1, y1, x, y)
	}
}

// arc adds a circular arc as lines of at most 5 degrees, with an error of 0.1 %
// of the radius. A line from the current point to its start belongs to it,
// unless it is the first part of its path.
func (c *pdfCanvas) arc(part vg.PathComp, first bool) {
	n := max(1, int(math.Ceil(math.Abs(part.Angle)/(5*math.Pi/180))))
	for i := range n + 1 {
		sin, cos := math.Sincos(part.Start + part.Angle*float64(i)/float64(n))
		x, y := c.point(vg.Point{X: part.Pos.X + part.Radius*vg.Length(cos), Y: part.Pos.Y + part.Radius*vg.Length(sin)})
		if first && i == 0 {
			c.doc.MoveTo(x, y)
		} else {
			c.doc.LineTo(x, y)
		}
	}
}

// FillString implements [vg.Canvas]. The text stays text: it can be searched
// and copied.
func (c *pdfCanvas) FillString(face font.Face, at vg.Point, line string) {
	// Styles without a text have no size, and a PDF cannot select it.
	if face.Font.Size == 0 {
		return
	}
	style := ""
	if face.Font.Weight == xfont.WeightBold {
		style = "B"
	}
	s := c.now()
	c.doc.SetFont("sans", style, face.Font.Size.Points())
	c.doc.SetTextColor(int(s.color.R), int(s.color.G), int(s.color.B))
	c.doc.SetAlpha(float64(s.color.A)/255, "Normal")
	x, y := c.point(at)
	// Labels of narrow columns are rotated.
	c.doc.TransformBegin()
	c.doc.TransformRotate(math.Atan2(s.b, s.a)*180/math.Pi, x, y)
	c.doc.Text(x, y, line)
	c.doc.TransformEnd()
}

// DrawImage implements [vg.Canvas]. The figures of this package have no images.
func (c *pdfCanvas) DrawImage(vg.Rectangle, image.Image) { panic("report: a figure contains an image") }
