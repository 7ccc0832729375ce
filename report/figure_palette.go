package report

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/trigrid/trigrid/der"
)

// ink is a colour by its role. Files use its light value. On the page the style
// sheet gives each ink its light or dark value, by the reader's preference.
//
// The inks of DERs are those of Okabe and Ito (Color Universal Design, 2008)
// and of Tol's muted scheme (SRON/EPS/TN/09-002, 2021). Those of VPPs and of
// value dimensions are from Tol's muted and bright schemes. Both authors chose
// colours that readers with any common colour vision deficiency can
// distinguish.
type ink int

// All inks. The comment behind each names the scheme that it is taken from; the
// inks of VPPs are varied so that none equals the ink of a DER.
const (
	paper ink = iota // background
	text             // text, and lines of expected values
	muted            // axes and secondary text
	rule             // grid lines
	fan              // bands and scenarios
	trade            // exchange with the market

	blue      // Okabe and Ito
	sky       // Okabe and Ito
	vermilion // Okabe and Ito
	orange    // Okabe and Ito
	green     // Okabe and Ito
	purple    // Okabe and Ito
	wine      // Tol, muted
	teal      // Tol, muted
	sand      // Tol, muted
	olive     // Tol, muted
	forest    // Tol, muted
	indigo    // Tol, muted

	vppIndigo // Tol, muted, varied
	vppRose   // Tol, muted
	vppOlive  // Tol, muted, varied
	vppCyan   // Tol, bright, varied
	vppPurple // Tol, bright
	vppGreen  // Tol, muted, varied
	outside   // the outside option

	economic    // Tol, bright
	risk        // Tol, bright
	environment // Tol, bright

	inks // number of inks
)

// spec returns the ink's name in the style sheet and its light and dark values,
// as RGB.
func (k ink) spec() (name string, light, dark uint32) {
	// The contrast of every ink against paper is tested: 4.5 for text and 3 for
	// shapes (WCAG 2.2).
	s := [inks]struct {
		name        string
		light, dark uint32
	}{
		paper: {"paper", 0xFFFFFF, 0x14171B},
		text:  {"text", 0x1D2329, 0xE8EAED},
		muted: {"muted", 0x59636E, 0xA3ADB8},
		rule:  {"rule", 0xE2E6EA, 0x2D343B},
		fan:   {"fan", 0x41607F, 0x8FB4D9},
		trade: {"trade", 0xB4BCC5, 0x5D6773},

		blue:      {"blue", 0x0072B2, 0x3D9FDB},
		sky:       {"sky", 0x56B4E9, 0x86CDF4},
		vermilion: {"vermilion", 0xD55E00, 0xEE7B26},
		orange:    {"orange", 0xE69F00, 0xF5B93B},
		green:     {"green", 0x009E73, 0x2FC198},
		purple:    {"purple", 0xCC79A7, 0xDF98BF},
		wine:      {"wine", 0x882255, 0xC4608F},
		teal:      {"teal", 0x44AA99, 0x6FCBBB},
		sand:      {"sand", 0xDDCC77, 0xE6D993},
		olive:     {"olive", 0x999933, 0xBEBE5C},
		forest:    {"forest", 0x117733, 0x4FAE6E},
		indigo:    {"indigo", 0x332288, 0x8A7CDB},

		// Colours of VPPs differ from those of DERs, because both stand in one
		// figure.
		vppIndigo: {"vpp-indigo", 0x3A2C94, 0x9A8DEB},
		vppRose:   {"vpp-rose", 0xCC6677, 0xE58796},
		vppOlive:  {"vpp-olive", 0x8A8A24, 0xB5B54B},
		vppCyan:   {"vpp-cyan", 0x3BA7C9, 0x77CFEA},
		vppPurple: {"vpp-purple", 0xAA3377, 0xD468A5},
		vppGreen:  {"vpp-green", 0x1B6E3C, 0x58B87C},
		outside:   {"outside", 0x8C96A1, 0x77818C},

		// The three dimensions of value have the same colours in all figures.
		economic:    {"economic", 0x4477AA, 0x6FA3D8},
		risk:        {"risk", 0xEE6677, 0xF58593},
		environment: {"environment", 0x228833, 0x52B866},
	}[k]
	return s.name, s.light, s.dark
}

// color returns the light value.
func (k ink) color() color.Color { return k.fade(1) }

// fade returns the light value with an opacity from 0 to 1.
func (k ink) fade(opacity float64) color.Color {
	_, v, _ := k.spec()
	// The channels are not multiplied by the opacity; inkOf relies on it.
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), uint8(opacity*255 + 0.5)}
}

// variable returns the ink as a value of the style sheet, for example
// "var(--blue)".
func (k ink) variable() string {
	name, _, _ := k.spec()
	return "var(--" + name + ")"
}

// properties returns all inks as custom properties of the style sheet, in light
// or dark values.
func properties(dark bool) string {
	var b strings.Builder
	for k := range inks {
		name, value, night := k.spec()
		if dark {
			value = night
		}
		fmt.Fprintf(&b, "--%s:#%06X;", name, value)
	}
	return b.String()
}

// derInks returns a colour for each DER. Each [der.Class] has a family of
// colours, so that two wind farms are two blues. The DERs of a group have one
// colour. A colour repeats only after all are used.
func derInks(units []der.DER, group map[string]string) map[string]ink {
	families := map[der.Class][]ink{
		der.ClassWind:         {blue, sky, indigo},
		der.ClassSolar:        {orange, sand, olive},
		der.ClassThermal:      {vermilion, orange, wine},
		der.ClassStorage:      {green, teal, forest},
		der.ClassFlexibleLoad: {purple, wine},
		der.ClassHydro:        {teal, indigo, sky},
	}
	var (
		out  = make(map[string]ink, len(units))
		used = make(map[ink]bool)
		of   = make(map[string]ink) // by group
		all  = []ink{blue, vermilion, green, purple, sky, orange, teal, wine, sand, indigo, olive, forest}
	)
	for _, unit := range units {
		g := group[unit.Name()]
		if k, ok := of[g]; ok {
			out[unit.Name()] = k
			continue
		}
		var family []ink
		if classified, ok := unit.(der.Classified); ok {
			family = families[classified.Class()]
		}
		// First the family of the kind, then any unused colour, then
		// repetition.
		chosen := all[len(used)%len(all)]
		if len(used) == len(all) {
			chosen = all[len(out)%len(all)]
		}
		for _, k := range append(family, all...) {
			if !used[k] {
				chosen = k
				break
			}
		}
		used[chosen] = true
		out[unit.Name()] = chosen
		if g != "" {
			of[g] = chosen
		}
	}
	return out
}

// vppInk returns the colour of the i-th VPP.
func vppInk(i int) ink {
	all := []ink{vppIndigo, vppRose, vppCyan, vppOlive, vppPurple, vppGreen}
	return all[i%len(all)]
}
