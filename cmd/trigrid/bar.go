package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
)

// widest is the width of a bar where there is room for it, narrowest the least that is one.
const (
	widest    = 40
	narrowest = 5
)

// bar writes how far a run is into a line of so much room.
func bar(p trigrid.Progress, elapsed time.Duration, room int) string {
	before := fmt.Sprintf("%-12s ", p.Stage)
	after := fmt.Sprintf(" %d/%d  %s", p.Done, p.Total, elapsed.Round(time.Second))
	if p.Total == 0 { // a search does not know how many programs it will need
		return fmt.Sprintf("%s%d programs  %s", before, p.Done, elapsed.Round(time.Second))
	}
	width := min(widest, room-len(before)-len(after)-len("[]"))
	if width < narrowest {
		return strings.TrimSpace(before) + after
	}
	filled := width * p.Done / p.Total
	return before + "[" + strings.Repeat("#", filled) + strings.Repeat(".", width-filled) + "]" + after
}
