package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is one picture of a run.
type Figure struct {
	Name    string // of its file without extension, and its anchor on the page
	Title   string
	Caption string // what is drawn and in which unit
	Alt     string // what someone who cannot see it should know
	Table   string // name of the [Table] whose numbers it shows

	section       section
	about         string // the plant that it is about, empty for all of them
	width, height vg.Length
	draw          func(draw.Canvas)
}

// section is the part of the page that a figure stands in.
type section int

const (
	scenarios section = iota
	vpps
	values
	choice
	settlement
)

// Widths of figures, in points on paper and pixels on a screen.
const (
	full vg.Length = 960
	half vg.Length = 470
)

// heading returns the title with the plant that the picture is about.
func (f *Figure) heading() string {
	if f.about == "" {
		return f.Title
	}
	return f.Title + ", " + f.about
}

// SVG writes the picture as a document of its own, in light colours on a transparent ground.
func (f *Figure) SVG(w io.Writer) error {
	style := fmt.Sprintf(`width="%g" height="%g" font-family="%s"`, f.width.Points(), f.height.Points(), fontFamily)
	_, err := io.WriteString(w, f.vector(style, func(k ink) string {
		_, light, _ := k.spec()
		return fmt.Sprintf("#%06X", light)
	}))
	return err
}

// PNG writes the picture as pixels on a white ground, dpi dots per inch; 0 means 144.
func (f *Figure) PNG(w io.Writer, dpi int) error {
	if dpi <= 0 {
		dpi = 144
	}
	c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi))
	f.draw(draw.New(c))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// inline returns the picture as an element of the page, whose inks follow the style sheet.
func (f *Figure) inline() string { return f.vector("", ink.variable) }

// Liberation Sans, with which texts are measured, is as wide as Arial letter by letter.
const fontFamily = "Liberation Sans, Arial, Helvetica, sans-serif"

// vector draws the figure as one svg element. The canvas repeats its font in every text and states colours
// as numbers that transparency may have rounded; both are put right here.
func (f *Figure) vector(attributes string, paint func(ink) string) string {
	canvas := vgsvg.NewWith(vgsvg.UseWH(f.width, f.height))
	f.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		panic(err) // a buffer does not fail
	}
	_, body, _ := strings.Cut(b.String(), "<svg")
	_, body, _ = strings.Cut(body, ">\n")
	body = regexp.MustCompile(`font-family:[^;]*;font-variant:[^;]*;`).ReplaceAllString(body, "")
	body = strings.NewReplacer("font-weight:normal;", "", "font-style:normal;", "", "\n\tstyle=", " style=").Replace(body)
	body = regexp.MustCompile(`#[0-9A-F]{6}`).ReplaceAllStringFunc(body, func(hex string) string { return paint(inkOf(hex)) })
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-title %s-desc" %s>`+"\n"+
		`<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`+"\n%s",
		f.width.Points(), f.height.Points(), f.Name, f.Name, attributes, f.Name, html.EscapeString(f.heading()), f.Name, html.EscapeString(f.Alt), body)
}

// inkOf returns the ink that a colour was drawn with. Multiplying by an opacity and dividing again may
// have moved each channel by one.
func inkOf(hex string) ink {
	value, _ := strconv.ParseUint(hex[1:], 16, 32)
	for k := range inks {
		_, light, _ := k.spec()
		near := true
		for shift := 0; shift <= 16; shift += 8 {
			a, b := int(value>>shift&0xFF), int(light>>shift&0xFF)
			near = near && a-b <= 1 && b-a <= 1
		}
		if near {
			return k
		}
	}
	return text
}
