package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/milp"
)

// maxSize bounds the decompressed size of a solution, bytes.
const maxSize = 1 << 30

// encode returns a solution in compressed form. Time and Update are left out:
// they describe the solve, not the solution, and equal solutions have equal
// bytes without them. Solutions that were left behind are not stored.
func encode(s *milp.Solution) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(codec.Encode(func(c *codec.Coder) { code(c, s) }))
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decode returns the solution of encoded bytes.
func decode(data []byte) (*milp.Solution, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxSize))
	if err != nil {
		return nil, err
	}
	s := new(milp.Solution)
	if err := codec.DecodeShared(plain, func(c *codec.Coder) { code(c, s) }); err != nil {
		return nil, err
	}
	return s, nil
}

// code codes a solution in both directions.
func code(c *codec.Coder, s *milp.Solution) {
	status := int64(s.Status)
	if codec.Int64(c, &status); c.Decoding() {
		s.Status = milp.Status(status)
	}
	c.String(&s.Stopped, maxSize)
	for _, v := range []*float64{&s.Objective, &s.Bound, &s.Gap} {
		u := math.Float64bits(*v)
		if c.Uint64(&u); c.Decoding() { // a solution that is written may be read elsewhere
			*v = math.Float64frombits(u)
		}
	}
	codec.Int64(c, &s.Nodes)
	codec.Int64(c, &s.Iterations)
	c.String(&s.Backend, maxSize)
	for _, v := range []*[]float64{&s.Values, &s.Duals, &s.ReducedCosts} {
		numbers(c, v)
	}
}

// numbers codes a list that may be nil. Byte k of all numbers precedes byte
// k+1: signs and exponents of neighbouring columns are similar, so that they
// compress better than whole numbers.
func numbers(c *codec.Coder, v *[]float64) {
	present := *v != nil
	c.Bool(&present)
	if !present {
		return // decode begins with nil
	}
	const size = 8
	n := len(*v)
	planes := make([]byte, size*n)
	var b [size]byte
	for i, x := range *v {
		binary.BigEndian.PutUint64(b[:], math.Float64bits(x))
		for k := range b {
			planes[k*n+i] = b[k]
		}
	}
	c.Bytes(&planes, maxSize)
	if !c.Decoding() {
		return
	}
	if len(planes)%size != 0 {
		c.Fail(errors.New("store: a list of numbers is cut"))
	}
	n = len(planes) / size
	*v = make([]float64, n)
	for i := range *v {
		for k := range b {
			b[k] = planes[k*n+i]
		}
		(*v)[i] = math.Float64frombits(binary.BigEndian.Uint64(b[:]))
	}
}
