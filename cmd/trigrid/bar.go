package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
)

// Widths of the bar in characters: its width if the line has room, and the width below which it is
// left out.
const (
	maxWidth = 40
	minWidth = 5
)

// bar returns the progress of a run as one line of at most room characters, such as
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
