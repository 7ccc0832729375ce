package milp

import (
	"strconv"
	"strings"
)

// Name says what a column or a row is: the unit it belongs to, what it means and up to two indices,
// by convention scenario and step. It reads "unit.what(s,t)". A name is a value: building one formats
// nothing, which keeps naming out of the cost of formulating.
type Name struct {
	Unit string // the thing modelled, "battery"; empty for the program itself
	What string // the family, "charge"

	index [2]int32
	n     uint8
}

// Named returns a name without unit and indices.
func Named(what string) Name { return Name{What: what} }

// At returns the name of one member of a family: At("battery", "charge", 3, 17) reads
// "battery.charge(3,17)". It takes at most two indices.
func At(unit, what string, index ...int) Name {
	n := Name{Unit: unit, What: what}
	for _, i := range index {
		n.index[n.n] = int32(i)
		n.n++
	}
	return n
}

// Indices returns the indices of the name, by convention scenario and step.
func (n Name) Indices() []int {
	out := make([]int, n.n)
	for i := range out {
		out[i] = int(n.index[i])
	}
	return out
}

// Family returns the name without its indices: all members of one family share it.
func (n Name) Family() string {
	if n.Unit == "" {
		return n.What
	}
	return n.Unit + "." + n.What
}

// String formats the name as "unit.what(s,t)".
func (n Name) String() string {
	var b strings.Builder
	b.Grow(len(n.Unit) + len(n.What) + 12)
	if n.Unit != "" {
		b.WriteString(n.Unit)
		b.WriteByte('.')
	}
	b.WriteString(n.What)
	for i := range n.n {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(n.index[i])))
	}
	if n.n > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

// family is the interned part of a name; nameRef is what a column or row stores: 16 bytes instead
// of the 48 of a Name, which matters at a million columns.
type family struct{ unit, what string }

type nameRef struct {
	family uint32
	index  [2]int32
	n      uint8
}

// names interns families in order of first use.
type names struct {
	families []family
	number   map[family]uint32
	last     family
	lastNo   uint32
}

func (x *names) ref(n Name) nameRef {
	f := family{n.Unit, n.What}
	if len(x.families) == 0 || f != x.last {
		no, ok := x.number[f]
		if !ok {
			if x.number == nil {
				x.number = make(map[family]uint32)
			}
			no = uint32(len(x.families))
			x.families = append(x.families, f)
			x.number[f] = no
		}
		x.last, x.lastNo = f, no
	}
	return nameRef{x.lastNo, n.index, n.n}
}

func (x *names) name(r nameRef) Name {
	f := x.families[r.family]
	return Name{f.unit, f.what, r.index, r.n}
}
