// Package codec is the canonical binary form of the data that pbft and ledger
// sign, hash, store or send: fixed-width big-endian integers, length-prefixed
// strings and lists, no optional fields. One function per type describes both
// directions, so that an encoder and its decoder cannot drift apart:
//
//	func (h *Header) code(c *codec.Coder) {
//		c.Uint64(&h.Height)
//		c.Fixed(h.Parent[:])
//	}
//
// Every value has exactly one encoding, and a decoder accepts no other. Every
// package may import codec; contracts of other modules use it for their
// messages.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Errors of a decoding [Coder]. The first one sticks.
var (
	ErrTruncated = errors.New("codec: truncated")
	ErrTrailing  = errors.New("codec: trailing bytes")
	ErrTooLong   = errors.New("codec: length above its limit")
	ErrBool      = errors.New("codec: boolean is neither 0 nor 1")
)

// Coder writes or reads one value. While it reads, every method fills the
// variable it is given; while it writes, none is changed.
type Coder struct {
	buf     []byte // written so far, or still to be read
	reading bool
	shared  bool // byte strings that are read alias buf
	err     error
}

// Encode returns what code writes.
//
// For example, a function with c.Uint16(&n) and c.Bool(&ok) gives three bytes:
// 01 02 01 for n = 258 and ok = true.
func Encode(code func(*Coder)) []byte { return Append(nil, code) }

// Append appends the bytes that code writes to b and returns the longer slice.
// A b with room for them saves allocations.
func Append(b []byte, code func(*Coder)) []byte {
	c := Coder{buf: b}
	code(&c)
	return c.buf
}

// Decode reads b with code and insists that nothing is left. The values read do
// not alias b.
//
// An input that ends early, is longer than the value, or has a length above its
// limit is an error that wraps one of the package's.
func Decode(b []byte, code func(*Coder)) error { return decode(b, false, code) }

// DecodeShared is [Decode] without copies: the byte strings of [Coder.Bytes]
// and [Coder.Rest] alias b, which must not change afterwards. It suits a large
// message that its reader owns, such as a packet from the network.
func DecodeShared(b []byte, code func(*Coder)) error { return decode(b, true, code) }

// decode is the common part of Decode and DecodeShared.
func decode(b []byte, shared bool, code func(*Coder)) error {
	c := Coder{buf: b, reading: true, shared: shared}
	code(&c)
	if c.err == nil && len(c.buf) > 0 {
		c.err = fmt.Errorf("%w: %d", ErrTrailing, len(c.buf))
	}
	return c.err
}

// Decoding reports whether the coder decodes.
func (c *Coder) Decoding() bool { return c.reading }

// Err is the first error so far.
func (c *Coder) Err() error { return c.err }

// Fail makes the decoding fail with err, unless it has failed before.
func (c *Coder) Fail(err error) {
	if c.reading && c.err == nil {
		c.err = err
	}
}

// take returns the next n bytes of the input, or nil after an error. A short
// input is an error.
func (c *Coder) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n > len(c.buf) {
		c.err = ErrTruncated
		return nil
	}
	p := c.buf[:n]
	c.buf = c.buf[n:]
	return p
}

// Byte codes one byte.
func (c *Coder) Byte(v *byte) {
	if !c.reading {
		c.buf = append(c.buf, *v)
		return
	}
	*v = 0
	if p := c.take(1); p != nil {
		*v = p[0]
	}
}

// Bool codes one byte, 0 or 1.
func (c *Coder) Bool(v *bool) {
	var b byte
	if *v {
		b = 1
	}
	c.Byte(&b)
	if c.reading {
		if b > 1 {
			c.Fail(ErrBool)
		}
		*v = b == 1
	}
}

// Uint16 codes two bytes.
func (c *Coder) Uint16(v *uint16) {
	if !c.reading {
		c.buf = binary.BigEndian.AppendUint16(c.buf, *v)
		return
	}
	*v = 0
	if p := c.take(2); p != nil {
		*v = binary.BigEndian.Uint16(p)
	}
}

// Uint32 codes four bytes.
func (c *Coder) Uint32(v *uint32) {
	if !c.reading {
		c.buf = binary.BigEndian.AppendUint32(c.buf, *v)
		return
	}
	*v = 0
	if p := c.take(4); p != nil {
		*v = binary.BigEndian.Uint32(p)
	}
}

// Uint64 codes eight bytes.
func (c *Coder) Uint64(v *uint64) {
	if !c.reading {
		c.buf = binary.BigEndian.AppendUint64(c.buf, *v)
		return
	}
	*v = 0
	if p := c.take(8); p != nil {
		*v = binary.BigEndian.Uint64(p)
	}
}

// Int64 codes eight bytes in two's complement. It takes any type made of an
// int64.
func Int64[T ~int64](c *Coder, v *T) {
	u := uint64(*v)
	c.Uint64(&u)
	if c.reading {
		*v = T(u)
	}
}

// Fixed codes len(p) bytes in place.
//
// For example, c.Fixed(h.Parent[:]) codes an array of 32 bytes without its
// length.
func (c *Coder) Fixed(p []byte) {
	if !c.reading {
		c.buf = append(c.buf, p...)
		return
	}
	clear(p)
	copy(p, c.take(len(p)))
}

// Count codes the length of a list or map whose elements the caller codes, and
// returns it. A reader gets 0 and an error if the length is above limit, or if
// that many elements of at least size bytes each exceed the input that is left:
// a forged length allocates nothing.
func (c *Coder) Count(have, limit, size int) int {
	n := uint32(have)
	c.Uint32(&n)
	switch {
	case !c.reading || c.err != nil:
	case uint64(n) > uint64(limit):
		c.err = fmt.Errorf("%w: %d, limit %d", ErrTooLong, n, limit)
	case uint64(n)*uint64(max(size, 1)) > uint64(len(c.buf)):
		c.err = ErrTruncated
	}
	if c.err != nil {
		return 0
	}
	return int(n)
}

// Bytes codes a string of at most limit bytes. An empty one is read as nil.
func (c *Coder) Bytes(v *[]byte, limit int) {
	n := c.Count(len(*v), limit, 1)
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	*v = c.bytes(n)
}

// Rest codes bytes without a length: everything up to the end of the input. No
// bytes are read as nil.
func (c *Coder) Rest(v *[]byte) {
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	*v = c.bytes(len(c.buf))
}

// bytes reads n bytes, which are a copy unless the coder shares its input.
func (c *Coder) bytes(n int) []byte {
	if n == 0 {
		return nil
	}
	p := c.take(n)
	if c.shared {
		return slices.Clip(p)
	}
	return slices.Clone(p)
}

// String codes text of at most limit bytes.
func (c *Coder) String(v *string, limit int) {
	n := c.Count(len(*v), limit, 1)
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	*v = string(c.take(n))
}

// List codes a list of at most limit elements, each of which takes at least one
// byte. An empty one is read as nil.
func List[T any](c *Coder, v *[]T, limit int, each func(*Coder, *T)) {
	n := c.Count(len(*v), limit, 1)
	if !c.reading {
		for i := range *v {
			each(c, &(*v)[i])
		}
		return
	}
	*v = nil
	for range n {
		var x T
		each(c, &x)
		if c.err != nil {
			return
		}
		*v = append(*v, x)
	}
}

// SizedList is [List] for elements that take at least size bytes each. A reader
// rejects a forged length by that size, and allocates the list at once.
//
// For example, hashes of 32 bytes have the size 32, so that a length of a
// million needs an input of 32 MB.
func SizedList[T any](c *Coder, v *[]T, limit, size int, each func(*Coder, *T)) {
	n := c.Count(len(*v), limit, size)
	if c.reading {
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		each(c, &(*v)[i])
		if c.err != nil {
			return
		}
	}
}

// Pointer codes a value that may be absent: one byte, 0 for nil or 1, and then
// the value.
func Pointer[T any](c *Coder, v **T, value func(*Coder, *T)) {
	present := *v != nil
	c.Bool(&present)
	if c.reading {
		*v = nil
		if present && c.err == nil {
			*v = new(T)
		}
	}
	if *v != nil {
		value(c, *v)
	}
}

// Strings codes a list of texts, each of at most size bytes.
func Strings(c *Coder, v *[]string, limit, size int) {
	List(c, v, limit, func(c *Coder, s *string) { c.String(s, size) })
}
