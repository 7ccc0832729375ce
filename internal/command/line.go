package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Line is one line of a terminal that each Draw replaces, such as a progress
// bar. If the stream is no terminal, all methods do nothing, so that log files
// have no progress bars.
type Line struct {
	out   io.Writer  // nil: not a terminal
	width func() int // columns of the terminal now, which the user may resize
	drawn int        // characters on the line
}

// NewLine returns a line on out, which is a terminal if it is an [os.File] that
// is one.
func NewLine(out io.Writer) *Line {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &Line{}
	}
	return &Line{out: out, width: func() int {
		columns, _, err := term.GetSize(int(f.Fd()))
		if err != nil || columns <= 0 {
			return 80
		}
		return columns
	}}
}

// Room returns the number of characters that fit on the line, or 0 without a
// terminal.
func (l *Line) Room() int {
	if l.out == nil {
		return 0
	}
	return l.width() - 1 // a character in the last column would move the cursor to the next line
}

// Draw replaces the line by text. It cuts text that does not fit.
func (l *Line) Draw(text string) {
	if l.out == nil {
		return
	}
	if letters := []rune(text); len(letters) > l.Room() {
		text = string(letters[:max(0, l.Room())])
	}
	n := utf8.RuneCountInString(text)
	// Blanks overwrite the rest of a longer text; backspaces return the cursor
	// to the end of this one.
	rest := max(0, min(l.drawn, l.Room())-n)
	fmt.Fprint(l.out, "\r", text, strings.Repeat(" ", rest), strings.Repeat("\b", rest))
	l.drawn = n
}

// Clear empties the line.
func (l *Line) Clear() {
	if l.drawn > 0 {
		l.Draw("")
		fmt.Fprint(l.out, "\r")
	}
}
