package relay

import (
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Topology lists the chains and the pairs of them that exchange packets
// directly.
type Topology struct {
	Relays []string // forward packets and coordinate trades
	Chains []string // all other chains, which have the assets
	Links  []Link
	Assets []Asset // all that can be issued and moved
}

// Link joins two chains. Each has a light client of the other.
type Link struct{ A, B string }

// Chains of [Star] and [TwoRelays]. Each is the home of one asset: "MWh",
// "allowance" and "certificate".
const (
	Electricity  = "electricity"
	Carbon       = "carbon"
	Certificates = "certificates"
)

// Star returns the default topology: one relay chain that is linked to the
// chains of the three markets and to one chain per VPP.
func Star(vpps ...string) Topology {
	t := Topology{
		Relays: []string{"relay"}, Chains: append([]string{Electricity, Carbon, Certificates}, vpps...),
		Assets: marketAssets(),
	}
	for _, c := range t.Chains {
		t.Links = append(t.Links, Link{"relay", c})
	}
	return t
}

// TwoRelays returns a topology with one relay chain for carbon and one for
// certificates. Every VPP's chain is linked to both relays, electricity to the
// first, and the relays to each other.
func TwoRelays(vpps ...string) Topology {
	const carbon, certificates = "relay-carbon", "relay-certificates"
	t := Topology{
		Relays: []string{carbon, certificates}, Chains: append([]string{Electricity, Carbon, Certificates}, vpps...),
		Links:  []Link{{carbon, certificates}, {carbon, Carbon}, {carbon, Electricity}, {certificates, Certificates}},
		Assets: marketAssets(),
	}
	for _, v := range vpps {
		t.Links = append(t.Links, Link{carbon, v}, Link{certificates, v})
	}
	return t
}

// marketAssets returns the assets of the three markets.
func marketAssets() []Asset {
	return []Asset{{Name: "MWh", Home: Electricity}, {Name: "allowance", Home: Carbon}, {Name: "certificate", Home: Certificates}}
}

// All returns the relays and then the other chains.
func (t Topology) All() []string { return append(slices.Clone(t.Relays), t.Chains...) }

// Neighbours returns the chains that are linked to a chain, in order of name.
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

// Validate returns all violations: invalid or repeated names, links without two
// chains, chains without a route, and assets without a home.
func (t Topology) Validate() error {
	var bad faults.List
	all := t.All()
	seen := map[string]bool{}
	for _, c := range all {
		if goodName(c) != nil {
			bad.Addf("relay: topology: chain %q: want a name of 1 to %d bytes without blanks, slashes and control characters", c, maxName)
		}
		if seen[c] {
			bad.Addf("relay: topology: chain %q is listed twice", c)
		}
		seen[c] = true
	}
	for _, l := range t.Links {
		if !seen[l.A] || !seen[l.B] || l.A == l.B {
			bad.Addf("relay: topology: link %q to %q must join two different chains of the topology", l.A, l.B)
		}
	}
	t.validAssets(&bad)
	if len(t.Relays) == 0 {
		bad.Addf("relay: topology: no relay chain; add one to Relays")
	}
	if bad.Len() > 0 {
		return bad.Err()
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if t.Route(a, b) == nil {
				bad.Addf("relay: topology: no route from %q to %q over relays; add a link", a, b)
			}
		}
	}
	return bad.Err()
}

// Route returns the chains from one to another, both included. Only relays are
// in between. It is the shortest route, the first by name among equals, and the
// same in both directions; it is nil if there is none.
//
// For example, Star("v").Route("carbon", "v") is ["carbon", "relay", "v"].
func (t Topology) Route(from, to string) []string {
	// One direction is the reverse of the other, so that verdicts use the route
	// of their orders.
	if from > to {
		r := t.Route(to, from)
		slices.Reverse(r)
		return r
	}
	came := map[string]string{from: from}
	// Breadth-first search in order of name finds the first of the shortest
	// routes.
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
		// Asset chains do not forward packets.
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

// hops returns the chains before and after here on the route of a packet.
// Either is empty at an end of the route.
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
