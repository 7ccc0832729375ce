package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/report/statistics"
)

// maxSingle is the number of DERs that figures show one by one, which is the
// number of their inks.
const maxSingle = 12

// minGroup is the least number of DERs of a group.
const minGroup = 3

// groupsOf returns the group of each DER by name, "" for a DER that figures
// show alone. Up to maxSingle DERs have no groups. Of more, DERs of one kind
// whose names differ in the number at the end are a group: "car 1" to "car 22"
// are the group "car". If this leaves more than maxSingle entries, the other
// DERs of one kind are a group with the name of the kind.
func groupsOf(units []der.DER) map[string]string {
	out := make(map[string]string, len(units))
	if len(units) <= maxSingle {
		return out
	}
	// First by kind and stem of the name, then by kind alone.
	entries := merge(out, units, func(u der.DER) string { return statistics.Kind(u) + "\x00" + stem(u.Name()) },
		func(u der.DER) string { return stem(u.Name()) })
	if entries > maxSingle {
		merge(out, units, statistics.Kind, statistics.Kind)
	}
	return out
}

// merge makes groups of DERs that have no group yet and share a key. It returns
// the number of groups and of single DERs.
func merge(out map[string]string, units []der.DER, key, name func(der.DER) string) (entries int) {
	count := map[string]int{}
	for _, u := range units {
		if out[u.Name()] == "" {
			count[key(u)]++
		}
	}
	// A name of digits only has no stem; the kind is then the name of its
	// group.
	label := func(u der.DER) string { return cmp.Or(name(u), statistics.Kind(u)) }
	// Groups of several kinds can have one name, as with wind farms "unit 1" to
	// "unit 3" and batteries "unit 4" to "unit 6".
	kinds := map[string]map[string]bool{}
	for _, u := range units {
		own := out[u.Name()]
		if own == "" && count[key(u)] >= minGroup {
			own = label(u)
		}
		if kinds[own] == nil {
			kinds[own] = map[string]bool{}
		}
		// Two kinds under one name, such as car batteries and car chargers, are
		// two groups.
		kinds[own][statistics.Kind(u)] = true
	}
	for _, u := range units {
		if out[u.Name()] != "" || count[key(u)] < minGroup {
			continue
		}
		out[u.Name()] = label(u)
		if len(kinds[label(u)]) > 1 {
			out[u.Name()] = fmt.Sprintf("%s (%s)", label(u), statistics.Kind(u))
		}
	}
	// Each group is one entry, however many DERs it has.
	seen := map[string]bool{}
	for _, u := range units {
		if g := out[u.Name()]; g != "" {
			seen["group "+g] = true
		} else {
			seen["single "+u.Name()] = true
		}
	}
	return len(seen)
}

// stem returns a name without the number at its end: "car" for "car 12" and
// "EV_07".
func stem(name string) string { return strings.TrimRight(name, "0123456789 _-#.:/") }

// several returns the name of a group with the number of its members: "22 ×
// car". The number is that of the members in the figure, such as those of one
// VPP.
func several(n int, noun string) string { return fmt.Sprintf("%d × %s", n, noun) }

// entry is a DER, or a group of DERs, of a figure with one row or panel per
// entry.
type entry struct {
	name    string // "22 × car" for a group
	members []int  // indices of the DERs in the region's order
}

// entries returns the DERs of the region, with each group as one entry at its
// first DER.
func (x *run) entries() []entry {
	var out []entry
	at := map[string]int{} // place of each group in out
	for i, u := range x.result.DERs {
		g := x.group[u.Name]
		k, seen := at[g]
		switch {
		// A DER without a group is an entry of its own.
		case g == "":
			out = append(out, entry{u.Name, []int{i}})
		case seen:
			out[k].members = append(out[k].members, i)
		default:
			at[g] = len(out)
			out = append(out, entry{g, []int{i}})
		}
	}
	for k := range out {
		if n := len(out[k].members); n > 1 {
			out[k].name = several(n, out[k].name)
		}
	}
	return out
}

// grouped returns flows with those of each group as one flow, at the place of
// its first member. The flow of the group is the sum of its parts, which it
// keeps for the script.
func (x *run) grouped(flows []flow) []flow {
	var out []flow
	at := map[string]int{}
	for _, f := range flows {
		g := x.group[f.item]
		// The market and the demand are in no group.
		if f.kind != "member" || g == "" {
			out = append(out, f)
			continue
		}
		k, seen := at[g]
		if !seen {
			at[g] = len(out)
			out = append(out, flow{kind: f.kind, ink: f.ink, group: g, supply: make([]float64, len(f.supply)), use: make([]float64, len(f.use))})
			k = at[g]
		}
		sum := &out[k]
		sum.parts = append(sum.parts, f)
		sum.item = several(len(sum.parts), g)
		for t := range f.supply {
			// Supply and use are summed apart, so that one battery that charges
			// does not hide another that discharges.
			sum.supply[t] += f.supply[t]
			sum.use[t] += f.use[t]
		}
	}
	for k, f := range out {
		if len(f.parts) == 1 { // the only one of its group in this VPP
			out[k] = f.parts[0]
		}
	}
	return out
}

// members returns the flows of a group, or the flow itself.
func (f flow) members() []flow {
	if f.parts != nil {
		return f.parts
	}
	return []flow{f}
}

// noun returns the name of the group, or of the only item.
func (f flow) noun() string {
	if f.parts != nil {
		return f.group
	}
	return f.item
}
