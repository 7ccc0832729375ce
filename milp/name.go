package milp

import (
	"strconv"
	"strings"
)

// Name identifies a column or a row by its owner, a quantity and up to two
// indices, by convention scenario and step. It reads "owner.quantity(s,t)", for
// example "battery.charge(3,17)". A name is a plain value: creating one formats
// no text, so that naming costs little while a model is built.
type Name struct {
	Owner    string // the modelled component, "battery"; empty for the program itself
	Quantity string // "charge"

	// Two fields instead of an array: structs of plain fields are passed in
	// registers, and each column and row is named.
	first, second int32
	n             uint8 // number of indices in use
}

// Named returns a name without owner and indices.
func Named(what string) Name { return Name{Quantity: what} }

// At returns the name of one member of a family: At("battery", "charge", 3, 17)
// reads "battery.charge(3,17)". It takes at most two indices and panics on
// more. Indices are stored as 32-bit integers.
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

// Family returns the name without its indices, "battery.charge". All members of
// a family share it.
func (n Name) Family() string {
	if n.Owner == "" {
		return n.Quantity
	}
	return n.Owner + "." + n.Quantity
}

// Within returns the name of a part of an owner: "battery.charge(3,17)" within
// "home" is "home.battery.charge(3,17)", with the owner "home" and the quantity
// "battery.charge".
func (n Name) Within(owner string) Name {
	n.Owner, n.Quantity = owner, n.Family()
	return n
}

// String formats the name as "owner.quantity(s,t)".
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

// nameRef is the stored form of a name: 12 bytes instead of the 48 of a Name.
// This saves 36 MB per million columns.
type nameRef struct {
	family        uint32
	first, second int32
}

// names interns families in order of first use.
type names struct {
	families []family
	number   map[familyKey]uint32
	recent   [64]uint32 // number+1 of the last family at each hash slot; 0 for none
	within   string     // owner of all names, see [Model.Within]; empty for none
	inside   map[familyKey]familyKey
}

// part returns the name within the owner of all names. A map makes the text of
// each family once.
func (x *names) part(n Name) Name {
	key := familyKey{n.Owner, n.Quantity, n.n}
	whole, ok := x.inside[key]
	if !ok {
		out := n.Within(x.within)
		whole = familyKey{out.Owner, out.Quantity, n.n}
		x.inside[key] = whole
	}
	n.Owner, n.Quantity = whole.owner, whole.quantity
	return n
}

// familyKey is a name without the values of its indices. The number of indices
// n is part of it: "x" and "x(0)" are different families.
type familyKey struct {
	owner, quantity string
	n               uint8
}

// family is an interned familyKey with the families derived from it.
type family struct {
	familyKey
	auxiliaries []auxiliary
}

// auxiliary is a family derived by a suffix, for example "cost_max" from "cost"
// in a reformulation.
type auxiliary struct {
	suffix string
	family uint32
}

// ref returns the stored form of a name, interning its family at first use. It
// takes a pointer, because a Name has too many fields for the compiler to keep
// it in registers.
func (x *names) ref(n *Name) nameRef {
	if x.within != "" {
		whole := x.part(*n)
		n = &whole
	}
	// A loop over steps uses the same dozen families in turn. The slot is
	// computed from lengths and outer letters only, which is cheaper than
	// hashing the strings. Two equal strings mostly share their bytes, so that
	// the comparison below returns at once.
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

// intern returns the number of a family and stores the family at first use.
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

// with returns the name whose family ends in a suffix. Only the first use of a
// suffix concatenates strings.
func (x *names) with(r nameRef, suffix string) nameRef {
	f := &x.families[r.family]
	for _, a := range f.auxiliaries {
		if a.suffix == suffix {
			r.family = a.family
			return r
		}
	}
	no := x.intern(familyKey{f.owner, f.quantity + suffix, f.n})
	f = &x.families[r.family] // intern may have reallocated families
	f.auxiliaries = append(f.auxiliaries, auxiliary{suffix, no})
	r.family = no
	return r
}

// name returns the name of a stored form.
func (x *names) name(r nameRef) Name {
	f := &x.families[r.family]
	return Name{f.owner, f.quantity, r.first, r.second, f.n}
}
