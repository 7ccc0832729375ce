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

// The bytes are written out by hand from the rules: big-endian, lengths of four
// bytes.
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

// pair has an absent and a present pointer, a list of elements of four bytes,
// and a rest.
type pair struct {
	none, one *uint32
	list      []uint32
	rest      []byte
}

func (p *pair) code(c *Coder) {
	Pointer(c, &p.none, (*Coder).Uint32)
	Pointer(c, &p.one, (*Coder).Uint32)
	SizedList(c, &p.list, 3, 4, (*Coder).Uint32)
	c.Rest(&p.rest)
}

// The bytes are written out by hand from the rules.
func TestPointersListsAndRest(t *testing.T) {
	seven := uint32(7)
	p := pair{one: &seven, list: []uint32{8}, rest: []byte{9, 10}}
	want := []byte{0, 1, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 8, 9, 10}
	require.Equal(t, want, Encode(p.code))
	require.Equal(t, append([]byte{5}, want...), Append([]byte{5}, p.code))
	var got pair
	require.NoError(t, Decode(want, got.code))
	require.Equal(t, p, got)
	for n := range len(want) - len(p.rest) {
		require.ErrorIs(t, Decode(want[:n], new(pair).code), ErrTruncated, "cut to %d bytes", n)
	}
	bad := bytes.Clone(want)
	bad[0] = 2
	require.ErrorIs(t, Decode(bad, new(pair).code), ErrBool)
	require.ErrorIs(t, Decode([]byte{0, 0, 0, 0, 0, 4}, new(pair).code), ErrTooLong)
}

func TestSharedDecodingAliasesItsInput(t *testing.T) {
	p := pair{rest: []byte{9, 10}}
	b := Encode(p.code)
	var got pair
	require.NoError(t, DecodeShared(b, got.code))
	b[len(b)-1] = 11
	require.Equal(t, []byte{9, 11}, got.rest)
	require.NoError(t, Decode(b, got.code))
	b[len(b)-1] = 12
	require.Equal(t, []byte{9, 11}, got.rest, "a copy")

	var first, second []byte
	b = Encode(func(c *Coder) {
		s := []byte{1}
		c.Bytes(&s, 1)
		c.Bytes(&s, 1)
	})
	require.NoError(t, DecodeShared(b, func(c *Coder) {
		c.Bytes(&first, 1)
		c.Bytes(&second, 1)
	}))
	first = append(first, 99)
	require.Equal(t, []byte{1}, second, "appending to a shared string leaves its neighbour alone")
	require.Equal(t, byte(0), b[5])
}

// A length that fits the input by one byte each, but not by the elements' size,
// is rejected.
func TestForgedSizedLengthAllocatesNothing(t *testing.T) {
	b := append([]byte{0, 0, 0, 5}, make([]byte, 19)...)
	list := []uint32{1}
	require.ErrorIs(t, Decode(b, func(c *Coder) { SizedList(c, &list, 5, 4, (*Coder).Uint32) }), ErrTruncated)
	require.Nil(t, list)
	var n int
	require.ErrorIs(t, Decode(b, func(c *Coder) { n = c.Count(0, 5, 4) }), ErrTruncated)
	require.Zero(t, n)
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
