package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is one figure of a run.
type Figure struct {
	Name    string // of its file without extension, and its anchor on the page
	Title   string
	Caption string // the drawn quantities and their unit
	Alt     string // the same information for readers who cannot see the figure
	Table   string // name of the [Table] with the figure's numbers

	section       section   // of the page
	about         string    // name of its VPP, empty for all
	width, height vg.Length // in points
	draw          func(draw.Canvas) []mark
	narrow        *Figure // the same for narrow screens, or nil
	chart         *chart  // data over time for the page's script, nil for other figures
}

// section is the section of the page that contains a figure.
type section int

const (
	scenarios section = iota
	vpps
	values
	choice
	settlement
	comparisons
)

// Widths of figures, in points on paper and pixels on a screen.
const (
	full vg.Length = 960 // one figure per line
	half vg.Length = 470 // two figures per line
	slim vg.Length = 390 // of a narrow screen
)

// marksOf returns the number of marks of a value axis over the width of a
// figure.
func marksOf(width vg.Length) int {
	if width == full {
		return 6
	}
	return 3
}

// forScreens draws a wide figure at its full width and, for narrow screens, at
// a small one. It returns nil without a figure.
func forScreens(draw func(width vg.Length) *Figure) *Figure {
	f := draw(full)
	if f != nil {
		f.narrow = draw(slim)
		f.narrow.Name += "-narrow" // anchors of the page differ
	}
	return f
}

// heading returns the title with the name of the figure's VPP, for example
// "Dispatch, VPP1".
func (f *Figure) heading() string {
	if f.about == "" {
		return f.Title
	}
	return f.Title + ", " + f.about
}

// SVG writes the figure as a document of its own, in light colours on a
// transparent background.
func (f *Figure) SVG(w io.Writer) error {
	style := fmt.Sprintf(`width="%g" height="%g" font-family="%s"`, f.width.Points(), f.height.Points(), fontFamily)
	_, err := io.WriteString(w, f.vector(style, func(k ink) string {
		_, light, _ := k.spec()
		return fmt.Sprintf("#%06X", light)
	}))
	return err
}

// PNG writes the figure as pixels on a white background, with dpi dots per
// inch. Default 0: 144.
func (f *Figure) PNG(w io.Writer, dpi int) error {
	if dpi <= 0 {
		dpi = 144
	}
	c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi))
	f.draw(draw.New(c))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// inline returns the figure as an element of the page. Its colours are
// variables of the style sheet, and each mark is a transparent rectangle with
// its values as title.
func (f *Figure) inline() string {
	return strings.TrimSuffix(f.vector("", ink.variable), "</svg>\n") + f.titles() + "</svg>\n"
}

// fontFamily starts with Liberation Sans, which measures the texts. Arial has
// the same widths; vector fits other fonts to them.
const fontFamily = "Liberation Sans, Arial, Helvetica, sans-serif"

// vector draws the figure as one svg element; paint formats a colour. The
// canvas repeats its font in every text and writes colours as numbers, which
// vector replaces.
func (f *Figure) vector(attributes string, paint func(ink) string) string {
	// Draw into a complete document, then keep the part inside its svg element.
	canvas := vgsvg.NewWith(vgsvg.UseWH(f.width, f.height))
	f.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		panic(err) // a bytes.Buffer returns no error
	}
	_, body, _ := strings.Cut(b.String(), "<svg")
	_, body, _ = strings.Cut(body, ">\n")
	// The svg element states the font once for all texts.
	body = fontOfText.ReplaceAllString(body, "")
	body = strings.NewReplacer("font-weight:normal;", "", "font-style:normal;", "", "\n\tstyle=", " style=").Replace(body)
	body = textElement.ReplaceAllStringFunc(body, fitted)
	// Colours become variables on the page and light values in files.
	body = colour.ReplaceAllStringFunc(body, func(hex string) string { return paint(inkOf(hex)) })
	// Title and description are the accessible name of the figure (WAI-ARIA,
	// role img).
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-title %s-desc" %s>`+"\n"+
		`<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`+"\n%s",
		f.width.Points(), f.height.Points(), f.Name, f.Name, attributes, f.Name, html.EscapeString(f.heading()), f.Name, html.EscapeString(f.Alt), body)
}

// Parts of the canvas's document.
var (
	fontOfText  = regexp.MustCompile(`font-family:[^;]*;font-variant:[^;]*;`)
	textElement = regexp.MustCompile(`<text ([^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)
	colour      = regexp.MustCompile(`#[0-9A-F]{6}`)
)

// fitted returns a text element that is as wide as measured in Liberation Sans,
// also on a machine without this font. DejaVu Sans, for example, is wider by a
// sixth, so that the entries of a legend would overlap.
func fitted(element string) string {
	// The parts of the match: attributes, size and content.
	part := textElement.FindStringSubmatch(element)
	size, _ := strconv.ParseFloat(part[2], 64)
	style := plain(text, vg.Length(size))
	if strings.Contains(part[1], "font-weight:bold") {
		style = lettering(text, vg.Length(size), xfont.WeightBold)
	}
	// The measured text is the one that readers see, without escapes.
	content := html.UnescapeString(part[3])
	if len([]rune(content)) < 2 {
		return element
	}
	return fmt.Sprintf(`<text textLength="%.1f" lengthAdjust="spacingAndGlyphs" %s>%s</text>`, style.Width(content).Points(), part[1], part[3])
}

// inkOf returns the ink of a drawn colour. The canvas multiplies by the opacity
// and divides again, which may change each channel by one.
func inkOf(hex string) ink {
	value, _ := strconv.ParseUint(hex[1:], 16, 32)
	for k := range inks {
		_, light, _ := k.spec()
		near := true
		for shift := 0; shift <= 16; shift += 8 {
			// One channel: red, green or blue.
			a, b := int(value>>shift&0xFF), int(light>>shift&0xFF)
			near = near && a-b <= 1 && b-a <= 1
		}
		if near {
			return k
		}
	}
	return text // not reached for colours of this package
}
