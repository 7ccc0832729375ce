package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// Sizes of the figure in pixels.
const (
	panelWidth, panelHeight = 300, 210
	marginLeft, marginTop   = 52, 34
	plotWidth, plotHeight   = 228, 130
	panelsPerRow            = 3
)

// drawCurves draws one panel per curve, both axes logarithmic. A point over its
// limit is hollow.
//
// The figure is plain SVG without scripts, so that it shows in any viewer of
// the document. All panels have the same scale of time and can be compared at a
// glance.
func drawCurves(all []*curve) []byte {
	var b bytes.Buffer
	rows := (len(all) + panelsPerRow - 1) / panelsPerRow
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" fill="#222">`+"\n",
		panelsPerRow*panelWidth, rows*panelHeight)
	b.WriteString("<title>Wall time against size, both axes logarithmic</title>\n")
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	low, high := 0, 1 // decades of seconds, of all panels
	for _, c := range all {
		for _, p := range c.points {
			low = min(low, int(math.Floor(math.Log10(max(p.wall, 1e-3)))))
			high = max(high, int(math.Ceil(math.Log10(max(p.wall, 1e-3)))))
		}
	}
	for i, c := range all {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%panelsPerRow*panelWidth, i/panelsPerRow*panelHeight)
		c.draw(&b, low, high)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// draw draws one panel with the decades from low to high seconds.
func (c *curve) draw(b *bytes.Buffer, low, high int) {
	fmt.Fprintf(b, `<text x="%d" y="20" font-weight="bold">%s</text>`+"\n", marginLeft, html.EscapeString(c.title))
	// Times below a millisecond are noise and lie on the lower end.
	y := func(seconds float64) float64 {
		share := (math.Log10(max(seconds, 1e-3)) - float64(low)) / float64(high-low)
		return marginTop + plotHeight*(1-share)
	}
	for d := low; d <= high; d++ {
		at := y(math.Pow10(d))
		fmt.Fprintf(b, `<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g s</text>`+"\n",
			marginLeft, at, plotWidth, marginLeft-5, at+4, math.Pow10(d))
	}
	// Each panel has its own range of sizes. A curve with one size has its
	// point in the middle.
	least, most := c.points[0].at, c.points[0].at
	for _, p := range c.points {
		least, most = min(least, p.at), max(most, p.at)
	}
	x := func(at int) float64 {
		if least == most {
			return marginLeft + plotWidth/2
		}
		return marginLeft + 8 + (plotWidth-16)*math.Log(float64(at)/float64(least))/math.Log(float64(most)/float64(least))
	}
	line := ""
	for _, p := range c.points {
		fill := "#1f5fa8"
		if p.cause != "" {
			fill = "#fff"
		}
		// A labelled point has another kind of size: it has a circle, and
		// neither a tick nor a part of the line.
		if p.label == "" {
			if line == "" {
				line = fmt.Sprintf("M%.1f %.1f", x(p.at), y(p.wall))
			} else {
				line += fmt.Sprintf("L%.1f %.1f", x(p.at), y(p.wall))
			}
			fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(p.at), marginTop+plotHeight+15, p.at)
		}
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s" stroke="#1f5fa8"><title>%s</title></circle>`+"\n",
			x(p.at), y(p.wall), fill, html.EscapeString(p.label))
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="#1f5fa8"/>`+"\n", line)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
		marginLeft+plotWidth/2, marginTop+plotHeight+30, html.EscapeString(c.axis))
}
