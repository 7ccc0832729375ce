package codec

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// everything has one field of each kind.
type everything struct {
	b    byte
	ok   bool
	u16  uint16
	u32  uint32
	u64  uint64
	i64  int64
	f    [3]byte
	p    []byte
	s    string
	list []uint32
	text []string
}

func (e *everything) code(c *Coder) {
	c.Byte(&e.b)
	c.Bool(&e.ok)
	c.Uint16(&e.u16)
	c.Uint32(&e.u32)
	c.Uint64(&e.u64)
	Int64(c, &e.i64)
	c.Fixed(e.f[:])
	c.Bytes(&e.p, 8)
	c.String(&e.s, 8)
	List(c, &e.list, 3, (*Coder).Uint32)
	Strings(c, &e.text, 3, 8)
}

func sample() everything {
	return everything{
		b: 1, ok: true, u16: 2, u32: 3, u64: 4, i64: -5, f: [3]byte{6, 7, 8}, p: []byte{9}, s: "ten",
		list: []uint32{11, 12}, text: []string{"", "x"},
	}
}

// The bytes are written out by hand from the rules: big-endian, lengths of four bytes.
func TestEncodingIsWhatTheRulesSay(t *testing.T) {
	e := sample()
	require.Equal(t, []byte{
		1, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb,
		6, 7, 8,
		0, 0, 0, 1, 9,
		0, 0, 0, 3, 't', 'e', 'n',
		0, 0, 0, 2, 0, 0, 0, 11, 0, 0, 0, 12,
		0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 'x',
	}, Encode(e.code))
}

func TestDecodingReadsBackAndRefusesEverythingElse(t *testing.T) {
	e := sample()
	b := Encode(e.code)
	var got everything
	require.NoError(t, Decode(b, got.code))
	require.Equal(t, e, got)
	got.p[0], got.f[0] = 0, 0
	require.Equal(t, b, Encode(e.code), "what was read must not alias the input")

	for n := range b {
		require.ErrorIs(t, Decode(b[:n], new(everything).code), ErrTruncated, "cut to %d bytes", n)
	}
	require.ErrorIs(t, Decode(append(bytes.Clone(b), 0), new(everything).code), ErrTrailing)
	bad := bytes.Clone(b)
	bad[1] = 2
	require.ErrorIs(t, Decode(bad, new(everything).code), ErrBool)
	e.s = "nine long"
	require.ErrorIs(t, Decode(Encode(e.code), new(everything).code), ErrTooLong)
}

func TestForgedLengthAllocatesNothing(t *testing.T) {
	b := []byte{0x7f, 0xff, 0xff, 0xff, 1, 2, 3}
	var list []uint32
	require.ErrorIs(t, Decode(b, func(c *Coder) { List(c, &list, 1<<31-1, (*Coder).Uint32) }), ErrTruncated)
	require.Nil(t, list)
}

func TestFailSticksAndWritingCannotFail(t *testing.T) {
	first := errors.New("first")
	err := Decode(nil, func(c *Coder) {
		c.Fail(first)
		c.Fail(errors.New("second"))
	})
	require.ErrorIs(t, err, first)
	require.Empty(t, Encode(func(c *Coder) { c.Fail(first) }))
}

func FuzzDecode(f *testing.F) {
	e := sample()
	f.Add(Encode(e.code))
	f.Fuzz(func(t *testing.T, b []byte) {
		var e everything
		if Decode(b, e.code) == nil {
			require.Equal(t, b, Encode(e.code), "a value has two encodings")
		}
	})
}
