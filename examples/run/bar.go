package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/trigrid/trigrid"
)

// bar draws the progress of a run on one line of a terminal; elsewhere it draws nothing.
type bar struct {
	out   io.Writer
	began time.Time
}

func newBar(out io.Writer) *bar {
	if f, ok := out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		out = io.Discard
	}
	return &bar{out, time.Now()}
}

const barWidth = 40

func (b *bar) observe(p trigrid.Progress) {
	filled := barWidth
	if p.Total > 0 {
		filled = barWidth * p.Done / p.Total
	}
	fmt.Fprintf(b.out, "\r%-11s [%s%s] %d/%d  %s ", p.Stage, strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled),
		p.Done, p.Total, time.Since(b.began).Round(time.Second))
}

// clear removes the line.
func (b *bar) clear() { fmt.Fprintf(b.out, "\r%s\r", strings.Repeat(" ", barWidth+40)) }
