package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Line is one line of a terminal that is written over and over, for progress. On anything but a terminal
// nothing is written.
type Line struct {
	out   io.Writer // nil: no terminal
	width func() int
	drawn int // characters that stand there
}

// NewLine returns a line of a stream.
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

// Room returns how many characters the line takes without being broken; 0 where there is no terminal.
func (l *Line) Room() int {
	if l.out == nil {
		return 0
	}
	return l.width() - 1 // the last column is the cursor's
}

// Draw replaces the line. What has no room is cut.
func (l *Line) Draw(text string) {
	if l.out == nil {
		return
	}
	if letters := []rune(text); len(letters) > l.Room() {
		text = string(letters[:max(0, l.Room())])
	}
	n := utf8.RuneCountInString(text)
	rest := max(0, min(l.drawn, l.Room())-n)
	fmt.Fprint(l.out, "\r", text, strings.Repeat(" ", rest), strings.Repeat("\b", rest))
	l.drawn = n
}

// Clear removes the line.
func (l *Line) Clear() {
	if l.drawn > 0 {
		l.Draw("")
		fmt.Fprint(l.out, "\r")
	}
}
