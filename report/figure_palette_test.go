package report

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
)

// linear undoes the transfer function of sRGB (IEC 61966-2-1).
func linear(value uint32) [3]float64 {
	var out [3]float64
	for i := range out {
		c := float64(value>>(16-8*i)&0xFF) / 255
		if c <= 0.04045 {
			out[i] = c / 12.92
		} else {
			out[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return out
}

func times(m [3][3]float64, v [3]float64) [3]float64 {
	var out [3]float64
	for i := range m {
		for j := range v {
			out[i] += m[i][j] * v[j]
		}
	}
	return out
}

// lab is CIE 1976 L*a*b* under D65.
func lab(rgb [3]float64) [3]float64 {
	xyz := times([3][3]float64{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}, rgb)
	var f [3]float64
	for i, white := range []float64{0.95047, 1, 1.08883} {
		t := max(xyz[i], 0) / white
		if t > 216.0/24389 {
			f[i] = math.Cbrt(t)
		} else {
			f[i] = (24389.0/27*t + 16) / 116
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// visions are eyes as linear maps of light: Viénot, Brettel and Mollon, Color
// Research and Application 24(4), 243-252 (1999), for the two common
// dichromacies.
func visions() map[string][3][3]float64 {
	return map[string][3][3]float64{
		"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		"deuteranopia": {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
	}
}

// A difference of 2.3 is just noticeable (Mahy, van Eycken, Oosterlinck 1994);
// areas side by side and marks apart want several times that.
func TestInksAreToldApart(t *testing.T) {
	const least = 9.0
	for what, group := range map[string][]ink{
		"units":      {blue, vermilion, green, purple, sky, orange, trade},
		"VPPs":       {vppIndigo, vppRose, vppCyan, vppOlive, outside},
		"dimensions": {economic, risk, environment},
	} {
		for eyes, vision := range visions() {
			for _, dark := range []bool{false, true} {
				for i, a := range group {
					for _, b := range group[:i] {
						var of [2][3]float64
						for n, k := range []ink{a, b} {
							_, value, night := k.spec()
							if dark {
								value = night
							}
							of[n] = lab(times(vision, linear(value)))
						}
						d := math.Hypot(math.Hypot(of[0][0]-of[1][0], of[0][1]-of[1][1]), of[0][2]-of[1][2])
						nameA, _, _ := a.spec()
						nameB, _, _ := b.spec()
						assert.Greater(t, d, least, "%s: %s and %s, dark: %v, %s", what, nameA, nameB, dark, eyes)
					}
				}
			}
		}
	}
}

// WCAG 2.2, success criterion 1.4.3 asks for a contrast of 4.5 for text and
// 1.4.11 for 3 for graphics.
func TestTextsAndMarksStandOut(t *testing.T) {
	luminance := func(value uint32) float64 {
		v := linear(value)
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
	}
	contrast := func(a, b uint32) float64 {
		x, y := luminance(a), luminance(b)
		return (max(x, y) + 0.05) / (min(x, y) + 0.05)
	}
	_, day, night := paper.spec()
	for least, group := range map[float64][]ink{4.5: {text, muted}, 3: {fan, vppIndigo, vppRose, vppOlive, vppPurple, vppGreen, economic, risk, environment, vermilion, blue, green}} {
		for _, k := range group {
			name, light, dark := k.spec()
			assert.GreaterOrEqual(t, contrast(light, day), least, "%s on light paper", name)
			assert.GreaterOrEqual(t, contrast(dark, night), least, "%s on dark paper", name)
		}
	}
}

// Figures are recoloured by the colour that they were drawn with, which
// therefore has to be one ink's at every opacity. The canvas writes a colour as
// what remains of it after multiplying and dividing by alpha.
func TestEveryColourIsOneInk(t *testing.T) {
	for k := range inks {
		name, _, _ := k.spec()
		for percent := 10; percent <= 100; percent++ {
			r, g, b, a := k.fade(float64(percent) / 100).RGBA()
			of := func(channel uint32) int { return int(float64(channel) * 255 / float64(a)) }
			assert.Equal(t, k, inkOf(fmt.Sprintf("#%02X%02X%02X", of(r), of(g), of(b))), "%s at %d %%", name, percent)
		}
	}
}

func TestUnitsOfOneKindHaveColoursOfOneFamily(t *testing.T) {
	units := []der.DER{&der.Wind{ID: "a"}, &der.Thermal{ID: "b"}, &der.Wind{ID: "c"}, &der.Storage{ID: "d"}}
	assert.Equal(t, map[string]ink{"a": blue, "b": vermilion, "c": sky, "d": green}, derInks(units, nil))
	for i := range 8 {
		units = append(units, &der.Wind{ID: fmt.Sprint(i)})
	}
	seen := map[ink]bool{}
	for _, k := range derInks(units, nil) {
		assert.False(t, seen[k], "twelve units have twelve colours")
		seen[k] = true
	}
}
