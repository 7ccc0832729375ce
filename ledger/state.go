package ledger

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
)

// Counter is a number in the state, for example the highest version so far.
type Counter struct{ N uint64 }

// Layout implements [Coded].
func (x *Counter) Layout(c *codec.Coder) { c.Uint64(&x.N) }

// Names is a sorted list of names in the state, without duplicates.
type Names struct{ List []string }

// Layout implements [Coded].
func (r *Names) Layout(c *codec.Coder) { codec.Strings(c, &r.List, 1<<20, MaxName) }

// Add inserts name unless the list contains it.
func (r *Names) Add(name string) {
	if i, has := slices.BinarySearch(r.List, name); !has {
		r.List = slices.Insert(r.List, i, name)
	}
}

// Contains reports whether the list contains name.
func (r *Names) Contains(name string) bool {
	_, has := slices.BinarySearch(r.List, name)
	return has
}
