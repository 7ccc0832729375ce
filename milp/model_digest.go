package milp

import (
	"crypto/sha256"
	sha "hash"
	"math"

	"github.com/trigrid/trigrid/codec"
)

// Digest returns the SHA-256 of the model: names, bounds and integrality of the
// columns, names, limits and coefficients of the rows, objective, sense and
// proposals. Numbers enter with all bits.
//
// Two models with equal digests are the same program to every [Solver] and to
// [Canonical]. The same columns in another order give another digest, because a
// solver can then return another one of several optima. The number of changes
// that led to a model does not matter. For example, a bound of 3 that is
// replaced by 4 and then by 3 again leaves the digest as it was.
//
// Digest only reads the model, so that it can be called while solvers read it,
// too.
func (m *Model) Digest() [sha256.Size]byte {
	d := digester{hash: sha256.New()}
	d.add(func(c *codec.Coder) {
		text := "milp model 1"
		c.String(&text, len(text))
		c.Bool(&m.maximize)
		bits(c, &m.constant)
	})
	d.names(&m.names, m.colNames.all())
	floats(&d, m.lower.all())
	floats(&d, m.upper.all())
	floats(&d, m.cost.all())
	hashList(&d, m.integer.all(), (*codec.Coder).Bool)
	d.names(&m.names, m.rowNames.all())
	floats(&d, m.rowLower.all())
	floats(&d, m.rowUpper.all())
	hashList(&d, m.rowStart.all(), index)
	hashList(&d, m.rowCol.all(), index)
	floats(&d, m.rowCoef.all())
	floats(&d, m.start)
	return [sha256.Size]byte(d.hash.Sum(nil))
}

// digester hashes encoded parts of a model one after the other, so that no more
// than one of them is in memory.
type digester struct {
	hash sha.Hash
	buf  []byte
}

// add hashes the bytes that code writes.
func (d *digester) add(code func(*codec.Coder)) {
	d.buf = codec.Append(d.buf[:0], code)
	d.hash.Write(d.buf) // never fails
}

// names hashes a list of names. A family is written at its first use and
// numbered from 1 in that order, so that families which the list does not use
// have no effect.
func (d *digester) names(of *names, refs []nameRef) {
	numbers := map[uint32]uint32{}
	hashList(d, refs, func(c *codec.Coder, r *nameRef) {
		number, known := numbers[r.family]
		if !known {
			number = uint32(len(numbers) + 1)
			numbers[r.family] = number
		}
		c.Uint32(&number)
		if f := of.families[r.family]; !known {
			c.String(&f.owner, math.MaxInt32)
			c.String(&f.quantity, math.MaxInt32)
			c.Byte(&f.n)
		}
		index(c, &r.first)
		index(c, &r.second)
	})
}

// floats hashes a list of numbers.
func floats(d *digester, v []float64) { hashList(d, v, bits) }

// hashList hashes a list. Its length goes first, so that two neighbouring lists
// have one reading.
func hashList[T any](d *digester, v []T, each func(*codec.Coder, *T)) {
	d.add(func(c *codec.Coder) { codec.SizedList(c, &v, math.MaxInt32, 1, each) })
}

// bits codes all bits of a number.
func bits(c *codec.Coder, v *float64) {
	u := math.Float64bits(*v)
	c.Uint64(&u)
}

// index codes an integer of 32 bits.
func index(c *codec.Coder, v *int32) {
	u := uint32(*v)
	c.Uint32(&u)
}
