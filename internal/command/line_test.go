package command

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A shorter text leaves nothing of a longer one, and no text is broken by the
// terminal's edge.
func TestLineIsReplacedAsAWhole(t *testing.T) {
	var out bytes.Buffer
	l := &Line{out: &out, width: func() int { return 8 }}
	for _, c := range []struct{ text, want string }{
		{"abcd", "\rabcd"},
		{"äö", "\räö  \b\b"},
		{"0123456789", "\r0123456"},
		{"", "\r       \b\b\b\b\b\b\b"},
	} {
		out.Reset()
		l.Draw(c.text)
		assert.Equal(t, c.want, out.String())
	}
	out.Reset()
	l.Clear()
	assert.Empty(t, out.String(), "nothing stands there")
	l.Draw("x")
	out.Reset()
	l.Clear()
	assert.Equal(t, "\r \b\r", out.String())
}

func TestNoLineIsDrawnWhereThereIsNoTerminal(t *testing.T) {
	var out bytes.Buffer
	l := NewLine(&out)
	l.Draw("progress")
	l.Clear()
	assert.Empty(t, out.String())
	assert.Zero(t, l.Room())
}
