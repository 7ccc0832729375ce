package milp

import (
	"strconv"
	"strings"
)

// Name says what a column or a row is: the unit it belongs to, what it means and up to two indices,
// by convention scenario and step. It reads "unit.what(s,t)". A name is a value: building one formats
// nothing, which keeps naming out of the cost of formulating.
type Name struct {
	Owner string // the thing modelled, "battery"; empty for the program itself
	Quantity string // the family, "charge"

	// Not an array: structs of plain fields travel in registers, and every column and row has a name.
	first, second int32
	n             uint8
}

// Named returns a name without unit and indices.
func Named(what string) Name { return Name{Quantity: what} }

// At returns the name of one member of a family: At("battery", "charge", 3, 17) reads
// "battery.charge(3,17)". It takes at most two indices and panics on more. Indices are kept as 32-bit
// numbers.
func At(unit, what string, index ...int) Name {
	switch len(index) {
	case 0:
		return Name{unit, what, 0, 0, 0}
	case 1:
		return Name{unit, what, int32(index[0]), 0, 1}
	case 2:
		return Name{unit, what, int32(index[0]), int32(index[1]), 2}
	}
	panic("milp: a name takes at most two indices")
}

// Indices returns the indices of the name, by convention scenario and step.
func (n Name) Indices() []int {
	return []int{int(n.first), int(n.second)}[:n.n:n.n]
}

// Family returns the name without its indices: all members of one family share it.
func (n Name) Family() string {
	if n.Owner == "" {
		return n.Quantity
	}
	return n.Owner + "." + n.Quantity
}

// String formats the name as "unit.what(s,t)".
func (n Name) String() string {
	var b strings.Builder
	b.Grow(len(n.Owner) + len(n.Quantity) + 12)
	if n.Owner != "" {
		b.WriteString(n.Owner)
		b.WriteByte('.')
	}
	b.WriteString(n.Quantity)
	var digits [16]byte
	b.Write(n.appendIndices(digits[:0]))
	return b.String()
}

// appendIndices appends "(s,t)", "(t)" or nothing.
func (n Name) appendIndices(b []byte) []byte {
	if n.n == 0 {
		return b
	}
	b = append(b, '(')
	b = strconv.AppendInt(b, int64(n.first), 10)
	if n.n > 1 {
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(n.second), 10)
	}
	return append(b, ')')
}

// nameRef is what a column or row stores: 12 bytes instead of the 48 of a Name, which matters at a
// million columns.
type nameRef struct {
	family        uint32
	first, second int32
}

// names interns what names have in common, in order of first use.
type names struct {
	families []family
	number   map[familyKey]uint32
	recent   [64]uint32 // number+1 of the family last seen at a slot
}

// familyKey is everything of a name but the values of its indices.
type familyKey struct {
	owner, quantity string
	n          uint8
}

type family struct {
	familyKey
	auxiliaries []auxiliary
}

// auxiliary is the family of the columns or rows that a helper adds beside the named one.
type auxiliary struct {
	suffix string
	family uint32
}

func (x *names) ref(n Name) nameRef {
	// A unit's loop over steps names the same dozen families in turn. They are found by their lengths
	// and outer letters; two equal strings are then mostly the same string, which compares at once.
	slot := len(n.Owner)*7 + len(n.Quantity)*3
	if len(n.Quantity) > 0 {
		slot += int(n.Quantity[0])*11 + int(n.Quantity[len(n.Quantity)-1])
	}
	if len(n.Owner) > 0 {
		slot += int(n.Owner[len(n.Owner)-1]) * 5
	}
	recent := &x.recent[slot&63]
	if *recent > 0 {
		if f := &x.families[*recent-1]; f.n == n.n && f.quantity == n.Quantity && f.owner == n.Owner {
			return nameRef{*recent - 1, n.first, n.second}
		}
	}
	no := x.intern(familyKey{n.Owner, n.Quantity, n.n})
	*recent = no + 1
	return nameRef{no, n.first, n.second}
}

func (x *names) intern(f familyKey) uint32 {
	no, ok := x.number[f]
	if !ok {
		if x.number == nil {
			x.number = make(map[familyKey]uint32)
		}
		no = uint32(len(x.families))
		x.families = append(x.families, family{familyKey: f})
		x.number[f] = no
	}
	return no
}

// with returns the name whose family ends in a suffix. Only the first use of a suffix joins strings.
func (x *names) with(r nameRef, suffix string) nameRef {
	f := &x.families[r.family]
	for _, a := range f.auxiliaries {
		if a.suffix == suffix {
			r.family = a.family
			return r
		}
	}
	no := x.intern(familyKey{f.owner, f.quantity + suffix, f.n})
	f = &x.families[r.family] // interning may have moved it
	f.auxiliaries = append(f.auxiliaries, auxiliary{suffix, no})
	r.family = no
	return r
}

func (x *names) name(r nameRef) Name {
	f := &x.families[r.family]
	return Name{f.owner, f.quantity, r.first, r.second, f.n}
}
