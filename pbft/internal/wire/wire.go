// Package wire is the canonical binary form of everything pbft signs, hashes, stores or sends: fixed-width
// big-endian integers, length-prefixed byte strings, no optional fields. Each value has exactly one encoding, so
// equal values have equal digests and a decoder can insist on having read every byte.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Errors of a [Reader]. A decoder returns the first one it meets.
var (
	ErrTruncated = errors.New("wire: truncated")
	ErrTrailing  = errors.New("wire: trailing bytes")
	ErrTooLong   = errors.New("wire: length above its limit")
	ErrBool      = errors.New("wire: boolean is neither 0 nor 1")
)

// AppendUint64 appends v as eight big-endian bytes.
func AppendUint64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

// AppendUint32 appends v as four big-endian bytes.
func AppendUint32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

// AppendBool appends one byte, 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendBytes appends a four-byte length and then p.
func AppendBytes(b, p []byte) []byte {
	return append(AppendUint32(b, uint32(len(p))), p...)
}

// Reader reads what the Append functions wrote. The first error sticks and every later read returns zero, so a
// decoder reads all its fields and asks for the error once, at [Reader.Close]. Byte strings alias the input.
type Reader struct {
	rest []byte
	err  error
}

// NewReader reads from b, which the caller must not change afterwards.
func NewReader(b []byte) *Reader { return &Reader{rest: b} }

// Err returns the first error so far.
func (r *Reader) Err() error { return r.err }

// Fail records err unless an earlier error is already there.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Close returns the first error, or [ErrTrailing] where bytes are left.
func (r *Reader) Close() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("%w: %d", ErrTrailing, len(r.rest))
	}
	return r.err
}

func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.rest) {
		r.err = ErrTruncated
		return nil
	}
	p := r.rest[:n:n]
	r.rest = r.rest[n:]
	return p
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

// Bool reads one byte that must be 0 or 1.
func (r *Reader) Bool() bool {
	v := r.Byte()
	if v > 1 {
		r.Fail(ErrBool)
	}
	return v == 1
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if p := r.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if p := r.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// Fixed fills dst.
func (r *Reader) Fixed(dst []byte) { copy(dst, r.take(len(dst))) }

// Bytes reads a length-prefixed string of at most limit bytes.
func (r *Reader) Bytes(limit int) []byte {
	n := r.Uint32()
	if r.err == nil && uint64(n) > uint64(limit) {
		r.err = fmt.Errorf("%w: %d bytes, limit %d", ErrTooLong, n, limit)
		return nil
	}
	return r.take(int(n))
}

// Count reads the length of a list whose elements take at least size bytes each, so that a forged length cannot make
// the decoder allocate more than the input is long.
func (r *Reader) Count(limit, size int) int {
	n := r.Uint32()
	switch {
	case r.err != nil:
		return 0
	case uint64(n) > uint64(limit):
		r.err = fmt.Errorf("%w: %d elements, limit %d", ErrTooLong, n, limit)
		return 0
	case uint64(n)*uint64(max(size, 1)) > uint64(len(r.rest)):
		r.err = ErrTruncated
		return 0
	}
	return int(n)
}

// Rest returns everything not read yet and leaves nothing.
func (r *Reader) Rest() []byte { return r.take(len(r.rest)) }
