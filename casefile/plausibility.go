package casefile

import (
	"strings"

	"github.com/trigrid/trigrid/vpp"
)

// namesOf returns the paths of the quantities of the file that
// [vpp.Implausible] compares, by their Go names: "bat.Charge" is
// "$.ders[1].charge_mw". A DER of a custom kind has no known keys.
func (c *Case) namesOf(root Fields) vpp.Names {
	names := vpp.Names{"Set": root.At("scenarios").At("series").Path()}
	// put stores the path of the first of some keys that the item has.
	put := func(name string, item Fields, keys ...string) {
		for _, key := range keys {
			key, _, _ = strings.Cut(key, "[") // the path of a list
			at := item
			for part := range strings.SplitSeq(key, ".") {
				at = at.At(part)
			}
			if at.Given() {
				names[name] = at.Path()
				return
			}
		}
	}
	for _, list := range []string{"series", "known"} {
		for _, item := range root.At("scenarios").At(list).value.Items() {
			if name, ok := item.Peek("name"); ok {
				names["Set."+name.TextOr("")] = item.Path()
			}
		}
	}
	for i, item := range root.At("ders").value.Items() {
		kind, _ := item.Peek("kind")
		for field, key := range wordsOf(kind.TextOr("")) {
			// Words with quotes are values of keys, and those with blanks are
			// descriptions.
			if !strings.ContainsAny(key, `" `) {
				put(c.ders[i]().Name()+"."+field, Fields{item}, key)
			}
		}
	}
	for i, item := range root.At("vpps").value.Items() {
		tariff := Fields{item}.At("tariff")
		for field, key := range map[string]string{
			"Injection": "injection", "Withdrawal": "withdrawal", "LoadReduction": "load_reduction",
			"Shortage": "shortage", "Surplus": "surplus",
		} {
			put(c.vpps[i].Name+".Tariff."+field, tariff, key+"_per_mwh", key+"_fraction")
		}
	}
	markets := root.At("markets")
	put("Markets.Electricity.Buy", markets, "electricity.buy_per_mwh")
	put("Markets.Electricity.Sell", markets, "electricity.sell_per_mwh", "electricity.sell_fraction")
	put("Markets.Imbalance", markets, "imbalance")
	put("Markets.Carbon", markets, "carbon.price_per_t")
	put("Markets.Certificate", markets, "certificates.price_per_mwh")
	return names
}
