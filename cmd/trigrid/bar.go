package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
)

// Widths of the bar in characters: its width if the line has room, and the
// width below which it is left out.
const (
	maxWidth = 40
	minWidth = 5
)

// bar returns the progress of a run as one line of at most room characters,
// such as
//
//	coalitions   [####################....................] 32/64  7s
//	coalitions 32/64  7s                                                   in a narrow terminal
//	choice       35 programs  7s                                           in a search
func bar(p trigrid.Progress, elapsed time.Duration, room int) string {
	before := fmt.Sprintf("%-12s ", p.Stage)
	after := fmt.Sprintf(" %d/%d  %s", p.Done, p.Total, elapsed.Round(time.Second))
	if p.Total == 0 { // the number of programs of a search is open
		return fmt.Sprintf("%s%d programs  %s", before, p.Done, elapsed.Round(time.Second))
	}
	width := min(maxWidth, room-len(before)-len(after)-len("[]"))
	if width < minWidth {
		return strings.TrimSpace(before) + after
	}
	filled := width * p.Done / p.Total
	return before + "[" + strings.Repeat("#", filled) + strings.Repeat(".", width-filled) + "]" + after
}

// detail returns the program in work, its best value and bound, and the time
// that is left, such as
//
//	; VPP1 {W1 T1} for 3s: best -123.40, bound -120.00; about 41s left in this stage
//
// and, if no program is in work, the highest known welfare instead. A stage
// without progress has no estimate, but the rest of the budget: "at most 1m55s
// left".
func detail(p trigrid.Progress) string {
	var parts []string
	if p.VPP != "" {
		parts = append(parts, fmt.Sprintf("%s {%s} for %s", p.VPP, strings.Join(p.Members, " "), p.Working.Round(time.Second)))
	}
	if !math.IsNaN(p.Best) && (p.Best != 0 || p.Bound != 0) {
		name := "best welfare"
		if p.VPP != "" {
			name = "best"
		}
		parts = append(parts, fmt.Sprintf("%s %s, bound %s", name, money(p.Best), money(p.Bound)))
	}
	if p.Remaining > 0 {
		left := p.Remaining.Round(time.Second)
		if p.Done > 0 && p.Total > 0 {
			parts = append(parts, fmt.Sprintf("about %s left in this stage", left))
		} else {
			parts = append(parts, fmt.Sprintf("at most %s left", left))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, "; ")
}

// lineEvery is the time between two lines of progress without a terminal.
const lineEvery = 10 * time.Second

// lines returns an observer that prints a plain line now and then, for logs.
//
// every is the time between two lines at least. A run of a minute with 10 s
// prints six lines or less.
func lines(out io.Writer, every time.Duration) func(trigrid.Progress) {
	next := time.Duration(0)
	return func(p trigrid.Progress) {
		if p.Elapsed >= next {
			next = p.Elapsed + every
			fmt.Fprintf(out, "%s%s\n", bar(p, p.Elapsed, 0), detail(p))
		}
	}
}
