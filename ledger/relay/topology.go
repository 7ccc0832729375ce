package relay

import (
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Topology says which chains there are and which of them exchange packets directly.
type Topology struct {
	Relays []string // chains that forward packets and coordinate trades
	Chains []string // the others: where assets are
	Links  []Link
}

// Link joins two chains. Each keeps a light client of the other.
type Link struct{ A, B string }

// The chains of the ready-made topologies.
const (
	Electricity  = "electricity"
	Carbon       = "carbon"
	Certificates = "certificates"
)

// Star is the default topology: one relay chain in the middle of the three markets' chains and one chain per VPP.
func Star(vpps ...string) Topology {
	t := Topology{Relays: []string{"relay"}, Chains: append([]string{Electricity, Carbon, Certificates}, vpps...)}
	for _, c := range t.Chains {
		t.Links = append(t.Links, Link{"relay", c})
	}
	return t
}

// TwoRelays has a relay chain for carbon and one for certificates. Every VPP's chain is linked to both, electricity to
// the first, and the two relays to each other.
func TwoRelays(vpps ...string) Topology {
	const carbon, certificates = "relay-carbon", "relay-certificates"
	t := Topology{
		Relays: []string{carbon, certificates}, Chains: append([]string{Electricity, Carbon, Certificates}, vpps...),
		Links: []Link{{carbon, certificates}, {carbon, Carbon}, {carbon, Electricity}, {certificates, Certificates}},
	}
	for _, v := range vpps {
		t.Links = append(t.Links, Link{carbon, v}, Link{certificates, v})
	}
	return t
}

// All lists the relays and the other chains.
func (t Topology) All() []string { return append(slices.Clone(t.Relays), t.Chains...) }

// Neighbours lists the chains linked to a chain, in order of name.
func (t Topology) Neighbours(chain string) []string {
	var out []string
	for _, l := range t.Links {
		switch chain {
		case l.A:
			out = append(out, l.B)
		case l.B:
			out = append(out, l.A)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Check finds everything that is wrong with the topology: names that repeat, links to nowhere, chains without a route.
func (t Topology) Validate() error {
	var bad faults.List
	all := t.All()
	seen := map[string]bool{}
	for _, c := range all {
		if goodName(c) != nil {
			bad.Addf("relay: topology: chain %q: want a name of 1 to %d bytes without blanks, slashes and control characters", c, maxName)
		}
		if seen[c] {
			bad.Addf("relay: topology: chain %q has two entries", c)
		}
		seen[c] = true
	}
	for _, l := range t.Links {
		if !seen[l.A] || !seen[l.B] || l.A == l.B {
			bad.Addf("relay: topology: link %q to %q does not join two chains", l.A, l.B)
		}
	}
	if len(t.Relays) == 0 {
		bad.Addf("relay: topology has no relay chain")
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if t.Route(a, b) == nil {
				bad.Addf("relay: topology: no route from %q to %q over relays", a, b)
			}
		}
	}
	return bad.Err()
}

// Route lists the chains from one to another, both included, over relays only: the shortest way, the first by name
// among equals, and the same in both directions. It is nil where there is none.
func (t Topology) Route(from, to string) []string {
	if from > to {
		r := t.Route(to, from)
		slices.Reverse(r)
		return r
	}
	came := map[string]string{from: from}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			var r []string
			for c := to; c != from; c = came[c] {
				r = append(r, c)
			}
			r = append(r, from)
			slices.Reverse(r)
			return r
		}
		if at != from && !slices.Contains(t.Relays, at) {
			continue
		}
		for _, n := range t.Neighbours(at) {
			if _, been := came[n]; !been {
				came[n] = at
				queue = append(queue, n)
			}
		}
	}
	return nil
}

// hops finds the chains before and after here on the route of a packet; empty where here is an end of the route.
func (t Topology) hops(source, destination, here string) (before, after string, onRoute bool) {
	r := t.Route(source, destination)
	i := slices.Index(r, here)
	if i < 0 {
		return "", "", false
	}
	if i > 0 {
		before = r[i-1]
	}
	if i+1 < len(r) {
		after = r[i+1]
	}
	return before, after, true
}
