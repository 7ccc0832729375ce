package tables

import (
	"slices"
	"strings"
)

// group is the rows of one section that have the same texts in the columns of
// keys.
//
// For example, a file with the key REGIONID has one group per region. A file
// without keys has one group per section.
type group struct {
	section *section
	keys    []string
	rows    []row
	labels  []label
	at      []int64 // start of each row's step, seconds since 1970 in UTC; without rows that fail
	lines   []row   // rows of at
}

// groups returns the groups of a section in the order of their first rows. A
// file that runs backwards in time is turned round.
//
// labels has one element per row of s. Rows with a wrong time are dropped.
// Their group remains, so that its columns are found.
func (f *reader) groups(s *section, labels []label) []*group {
	var out []*group
	byKey := map[string]*group{}
	for i, r := range s.rows {
		var keys []string
		for _, k := range s.keys {
			keys = append(keys, r.cell(k))
		}
		// NUL keeps the keys ("a", "bc") apart from ("ab", "c").
		name := strings.Join(keys, "\x00")
		g := byKey[name]
		if g == nil {
			g = &group{section: s, keys: keys}
			byKey[name] = g
			out = append(out, g)
		}
		if labels[i].valid {
			g.rows = append(g.rows, r)
			g.labels = append(g.labels, labels[i])
		}
	}
	// Files with the newest row first are common, also of one group only, such
	// as one node.
	for _, g := range out {
		// The direction is that of most pairs of rows. The other pairs are out
		// of order, see place.
		up, down := 0, 0
		for i := 1; i < len(g.labels); i++ {
			switch d := g.labels[i].ordinal() - g.labels[i-1].ordinal(); {
			case d > 0:
				up++
			case d < 0:
				down++
			}
		}
		if down > up {
			slices.Reverse(g.rows)
			slices.Reverse(g.labels)
		}
	}
	return out
}

// ordinal returns a number that grows along the file. The numbers of steps are
// at most 1500, less than the seconds between two days or hours, to which they
// are added.
func (l label) ordinal() int64 {
	at := l.wall
	if l.hasUTC {
		at = l.at
	}
	return at + int64(l.period) + int64(l.within)
}
