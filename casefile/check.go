package casefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// derItem is one item of the list "ders" with the DER that it states.
type derItem struct {
	at     Fields
	kind   string
	own    bool // the kind is one of Loader.Kinds
	newDER func() der.DER
	der    der.DER
	sound  bool      // the reader found no violation in the item
	parts  []derItem // of a site
}

// check records the violations that concern several keys: names, limits of a
// DER against its series, and rules between DERs. Values that have violations
// already are left out, because their stand-ins would cause false ones.
func (c *Case) check(root Fields, items []derItem) {
	c.checkNames(root, items)
	all := withParts(items)
	c.checkRoles(root, all)
	c.limitSeries(all)
	c.checkDemands(root)
	if set := c.expected(); set != nil {
		for _, x := range all {
			if x.sound && !c.mentionsUnsound(x.at) {
				c.checkDER(x, set)
			}
		}
	}
	var ders []der.DER
	for _, x := range items {
		ders = append(ders, x.der)
	}
	// One rule for carbon holds in a region. The error names Go fields, which
	// become keys.
	for _, text := range messages(der.OneCarbonRule(ders...)) {
		root.At("ders").Bad("%s", inWords(strings.TrimPrefix(text, "der: "), wordsOf("carbon_capture")))
	}
	// A region of fleets has the Shapley value of a continuum, without programs
	// per coalition.
	fleets := len(items) > vpp.MaxDERs || slices.ContainsFunc(ders, func(d der.DER) bool {
		u, ok := d.(*der.Fleet)
		return ok && u.Count >= trigrid.MinFleet
	})
	word := map[vpp.Sharing]string{vpp.Shapley{}: "shapley", vpp.Nucleolus{}: "nucleolus"}[c.sharing]
	if word != "" && len(items) > trigrid.MaxEnumerated && !fleets {
		root.At("sharing").Bad(`is %q, which needs up to 2^%d programs for %d DERs; want "sampled_shapley" `+
			`for more than %d DERs, or no key`, word, len(items), len(items), trigrid.MaxEnumerated)
	}
}

// checkNames requires names that the ledger accepts and that differ: a run
// registers the grid, the VPPs and the DERs as parties of one ledger, and names
// its chain after the case.
func (c *Case) checkNames(root Fields, items []derItem) {
	checkName(root.At("name"), c.Name)
	taken := map[string]string{trigrid.GridParty: "the grid", trigrid.Outside: "the outside option"}
	complete := true // all names of DERs are known
	add := func(at Fields, name string) {
		if name == "" || !checkName(at, name) {
			complete = false
			return
		}
		if holder, ok := taken[name]; ok {
			at.Bad("is %q, the name of %s already; names of VPPs and DERs must differ", name, holder)
			complete = false
			return
		}
		taken[name] = strings.TrimSuffix(at.Path(), ".name")
	}
	for i, item := range root.At("vpps").value.Items() {
		add(Fields{item}.At("name"), c.vpps[i].Name)
	}
	ders := map[string]bool{}
	for _, x := range items {
		add(x.at.At("name"), x.der.Name())
		ders[x.der.Name()] = true
	}
	known := names(ders)
	// A DER that could not be read can have the name of an outside payoff.
	complete = complete && len(items) == root.At("ders").value.Len()
	root.At("outside_payoff").value.Each(func(name string, member jsontree.Value) {
		if !ders[name] && complete {
			member.Bad("the key %q is no DER, want %s", name, oneOf("the name of a DER", name, known))
		}
	})
}

// checkName records a violation if the ledger rejects the name of a case, a VPP
// or a DER, and reports whether it accepts it.
func checkName(at Fields, name string) bool {
	if name == "" || ledger.CheckName("name", name) == nil {
		return true
	}
	at.Bad("is %q of %d bytes, want a name of 1 to %d bytes without slash or control character", name, len(name), ledger.MaxName)
	return false
}

// role is the meaning of a series for a key that names it.
type role int

const (
	demanded role = iota + 1 // the key names a load that is drawn
	produced                 // the key names power that the weather allows
	price                    // the key names a price
	weather                  // the key names temperatures
	flow                     // the key names water per second
)

// roles returns the keys of the built-in kinds that name series.
//
// A kind of [Loader.Kinds] has no roles, because its keys are its own.
func roles() map[string]map[string]role {
	return map[string]map[string]role{
		"wind":              {"available": produced},
		"pv":                {"available": produced},
		"load":              {"demand": demanded},
		"demand_response":   {"load": demanded},
		"transferable_load": {"load": demanded},
		"heat_pump":         {"outside": weather},
		"run_of_river":      {"inflow": flow},
		"reservoir":         {"inflow": flow},
		"gas_supply":        {"price": price},
	}
}

// checkRoles rejects a demand as the available power of a wind farm or a PV
// array, a price as a power, and a power as a price. All of them have plausible
// numbers, so that no range finds them.
//
// For example, {"kind": "wind", "available": "demand1"} is rejected if a VPP
// has "demand": "demand1".
func (c *Case) checkRoles(root Fields, items []derItem) {
	demandOf := map[string]string{} // series: path of the first key that names it as a demand
	for i, v := range root.At("vpps").value.Items() {
		if name := c.vpps[i].Demand; name != "" && demandOf[name] == "" {
			demandOf[name] = Fields{v}.At("demand").Path()
		}
	}
	// each calls use for every key of a DER that names a series.
	each := func(use func(at Fields, name string, is role)) {
		for i, x := range items {
			found := x.at.violations()
			for key, is := range roles()[x.kind] {
				if at := x.at.At(key); !x.own && at.Given() && !at.rejected() {
					use(at, at.TextOr(""), is)
				}
			}
			// The limits of a DER mean nothing beside a series of another kind.
			items[i].sound = x.sound && x.at.violations() == found
		}
	}
	// Demands are collected first, because a wind farm can come before the load
	// in the list.
	each(func(at Fields, name string, is role) {
		if is == demanded && demandOf[name] == "" {
			demandOf[name] = at.Path()
		}
	})
	units := map[string]string{}
	for _, s := range c.scenarios.known {
		units[s.Name] = s.Unit
	}
	each(func(at Fields, name string, is role) {
		unit, known := units[name]
		switch {
		case is == produced && demandOf[name] != "":
			at.Bad("is %q, the demand of %s; want a series of available power", name, demandOf[name])
		case is == weather && (demandOf[name] != "" || known && strings.Contains(unit, "MW")):
			at.Bad("is %q, a series in MW; want outdoor temperatures, a series of known in °C, or one path per scenario", name)
		case is == flow && (demandOf[name] != "" || known && (strings.Contains(unit, "MW") || strings.Contains(unit, "currency"))):
			at.Bad("is %q, a series of another quantity; want water, a series of known in m³/s, or one path per scenario", name)
		case is != price && is != flow && known && strings.Contains(unit, "/"):
			at.Bad("is %q, a series in %s; want a series in MW", name, unit)
		case is == price && (!known || unit == "MW"):
			at.Bad("is %q, a series in MW; want a price, a series of known in currency/MWh", name)
		}
	})
}

// limitSeries lowers the capacity of each sampled series to that of the wind
// farms and PV arrays that feed it in, so that no sample exceeds it.
func (c *Case) limitSeries(items []derItem) {
	for _, x := range items {
		capacity, given := optional.Float{}, ""
		switch u := x.der.(type) {
		case *der.Wind:
			capacity, given = u.Capacity, u.Available
		case *der.PV:
			capacity, given = u.Capacity, u.Available
		}
		for i := range c.scenarios.series {
			s := &c.scenarios.series[i]
			// A forecast above the capacity is a violation of the DER.
			if mw, ok := capacity.Get(); ok && x.sound && s.name == given && len(s.forecast) > 0 && slices.Max(s.forecast) <= mw {
				s.capacity = min(s.capacity, mw)
			}
		}
	}
}

// checkDemands rejects stated demands of VPPs below 0, which would be sold.
// Sampled ones are never below 0, and DERs check their own series.
func (c *Case) checkDemands(root Fields) {
	if c.set == nil || c.uncheckable {
		return
	}
	checked := map[string]bool{}
	for i, v := range root.At("vpps").value.Items() {
		name := c.vpps[i].Demand
		if name == "" || checked[name] || !c.set.Has(name) {
			continue
		}
		checked[name] = true
		for s := range c.set.Len() {
			if mw := slices.Min(c.set.Path(name, s)); mw < 0 {
				Fields{v}.At("demand").Bad("is %q, which is %v MW in scenario %d; want a demand of at least 0 MW", name, mw, s)
				break
			}
		}
	}
}

// mentionsUnsound reports whether a key of an item names a series that has
// violations.
func (c *Case) mentionsUnsound(item Fields) bool {
	parts, _ := item.value.Peek("parts")
	if slices.ContainsFunc(parts.Items(), func(part jsontree.Value) bool { return c.mentionsUnsound(Fields{part}) }) {
		return true
	}
	return slices.ContainsFunc(item.value.Names(), func(key string) bool {
		member, _ := item.value.Peek(key)
		return slices.ContainsFunc(names(c.unsound), func(series string) bool { return member.Is(series) })
	})
}

// checkDER records the violations of a DER's own Validate, in the words of the
// file.
//
// For example, an error that begins with "der: storage ES: Wear is" becomes a
// violation at "$.ders[2].wear_per_mwh" that begins with "is".
func (c *Case) checkDER(x derItem, set *scenario.Set) {
	if x.own {
		if v, ok := x.der.(der.Validator); ok {
			for _, text := range messages(v.Validate(set)) {
				x.at.Bad("%s", text)
			}
		}
		return
	}
	// The capacity is the wrong key more often than the series, which other
	// DERs may share.
	if roles()[x.kind]["available"] == produced && x.at.At("capacity_mw").Given() {
		capacity := x.at.At("capacity_mw")
		name := x.at.At("available").TextOr("")
		peak := 0.0
		for s := range set.Len() {
			peak = max(peak, slices.Max(set.Path(name, s)))
		}
		if mw := capacity.Number(0, unbounded); mw < peak {
			capacity.Wrong(fmt.Sprintf("at least %v MW, the largest value of the series %q", peak, name))
			return
		}
	}
	v, ok := x.der.(der.Validator)
	if !ok {
		return
	}
	for _, text := range messages(v.Validate(set)) {
		if x.kind == "site" && !strings.HasPrefix(text, "der: site ") {
			continue // of a part, which is an item of its own
		}
		// "der: storage ES: Charge is …" names the kind and the DER, which the
		// path does as well.
		if _, rest, found := strings.Cut(text, " "+x.der.Name()+": "); found && strings.HasPrefix(text, "der: ") {
			text = rest
		}
		at, text := place(x.at, text, wordsOf(x.kind))
		at.Bad("%s", text)
	}
}

// messages returns the texts of joined errors, one each.
func messages(err error) []string {
	switch joined := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var out []string
		for _, e := range joined.Unwrap() {
			out = append(out, messages(e)...)
		}
		return out
	}
	return []string{err.Error()}
}

// oneOf describes the wanted name with all known names and the one that is
// probably meant.
//
// For example, the text for the name "W" can be:
//
//	the name of a DER: ["T1" "W1"]; did you mean "W1"?
func oneOf(want, name string, known []string) string {
	text := fmt.Sprintf("%s: %q", want, known)
	return text + didYouMean(jsontree.AllNearest(name, known))
}

// didYouMean returns the words that are probably meant as a question, such as
// `; did you mean "gas_boiler" or "electric_boiler"?`, or "" for none. Many
// words help as little as none.
func didYouMean(words []string) string {
	if len(words) == 0 || len(words) > 3 {
		return ""
	}
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, strconv.Quote(w))
	}
	return "; did you mean " + strings.Join(quoted, " or ") + "?"
}

// names returns a set of names in order.
func names(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for name, in := range set {
		if in && name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
