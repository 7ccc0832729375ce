package casefile

import (
	"strings"

	"github.com/trigrid/trigrid/internal/jsontree"
)

// Key is a key of case files or results that has got a new name.
//
// For example, Key{Old: "share", New: "pass_through", Path: "$.vpps[]"} renames
// "share" of each VPP.
type Key struct {
	Old, New string

	// Path is the place of the object that has the key, in new names: "$" is
	// the document, "[]" every item of a list, "[demand_response]" every item
	// of that kind, and "*" every member of an object.
	Path string

	// Text states that Old and New are texts at Path, and not keys.
	Text bool
}

// CaseKeys returns the renamed keys of case files. [Load] rejects the old keys
// with an error that has the new ones, and [Convert] replaces them. An outer
// key comes before the keys of its members.
func CaseKeys() []Key {
	return []Key{
		{Old: "plants", New: "vpps", Path: "$"},
		{Old: "units", New: "ders", Path: "$"},
		{Old: "readings", New: "modelling", Path: "$"},
		{Old: "scheduling", New: "dispatch_objective", Path: "$.modelling"},
		{Old: "imbalance_charged", New: "imbalance_accounting", Path: "$.modelling"},
		{Old: "share", New: "pass_through", Path: "$.vpps[]"},
		{Old: "allowance_t_per_step", New: "free_allocation_t_per_step", Path: "$.vpps[]"},
		{Old: "curtailment_per_mwh", New: "load_reduction_per_mwh", Path: "$.vpps[].tariff"},
		{Old: "curtailment_fraction", New: "load_reduction_fraction", Path: "$.vpps[].tariff"},
		{Old: "max_curtailment_mw", New: "max_reduction_mw", Path: "$.ders[demand_response]"},
		{Old: "max_curtailment_share", New: "max_reduction_share", Path: "$.ders[demand_response]"},
		{Old: "curtailment_cost_per_mwh", New: "reduction_cost_per_mwh", Path: "$.ders[demand_response]"},
		{Old: "most", New: "max", Path: "$.ders[demand_response].calls"},
		{Old: "least_mw", New: "min_mw", Path: "$.ders[demand_response].calls"},
	}
}

// ResultKeys returns the renamed keys and texts of results, the JSON form of
// [trigrid.Result].
func ResultKeys() []Key {
	return []Key{
		{Old: "plants", New: "vpps", Path: "$"},
		{Old: "units", New: "ders", Path: "$"},
		{Old: "absorption", New: "renewable_utilisation", Path: "$.vpps[]"},
		{Old: "share", New: "allocated_gain", Path: "$.ders[]"},
		{Old: "out", New: "outside", Path: "$.ders[].otherwise"},
		{Old: "out", New: "outside", Path: "$.ders[].choice", Text: true},
		{Old: "plant", New: "vpp", Path: "$.coalitions[]"},
		{Old: "open", New: "absolute_gap", Path: "$.coalitions[]"},
		{Old: "absorption", New: "renewable_utilisation", Path: "$.coalitions[]"},
		{Old: "out", New: "outside", Path: "$.game.profile.*", Text: true},
		{Old: "out", New: "outside", Path: "$.game.nash[].profile.*", Text: true},
		{Old: "out", New: "outside", Path: "$.game.best_profiles[].*", Text: true},
		{Old: "out", New: "outside", Path: "$.game.basins[].profile.*", Text: true},
	}
}

// places returns the values of a document at a path in the notation of
// [Key.Path].
//
// For example, "$.ders[demand_response].calls" has one value per demand
// response with the key "calls". An absent member has no value.
func places(root jsontree.Value, path string) []jsontree.Value {
	found := []jsontree.Value{root}
	for _, part := range strings.Split(path, ".")[1:] {
		name, list, isList := strings.Cut(part, "[")
		kind := strings.TrimSuffix(list, "]")
		var next []jsontree.Value
		for _, v := range found {
			switch {
			case isList:
				member, _ := v.Peek(name)
				for _, item := range member.Items() {
					if is, _ := item.Peek("kind"); kind == "" || is.Is(kind) {
						next = append(next, item)
					}
				}
			case name == "*":
				for _, key := range v.Names() {
					member, _ := v.Peek(key)
					next = append(next, member)
				}
			default:
				if member, ok := v.Peek(name); ok {
					next = append(next, member)
				}
			}
		}
		found = next
	}
	return found
}

// rejectOldKeys records a violation for every old key of a case file. It
// renames the keys in memory, so that the values below them are checked as well
// and reported with the paths of the file. Kinds are those of [Loader.Kinds]: a
// kind that replaces a built-in one has its own keys.
func rejectOldKeys(root jsontree.Value, kinds map[string]DERReader) {
	for _, key := range CaseKeys() {
		if _, kind, ok := strings.Cut(key.Path, "$.ders["); ok {
			kind, _, _ = strings.Cut(kind, "]")
			if _, replaced := kinds[kind]; replaced {
				continue
			}
		}
		for _, v := range places(root, key.Path) {
			member, ok := v.Peek(key.Old)
			if !ok {
				continue
			}
			member.Bad("the key %q is now %q; casefile.Convert or trigrid -convert renames all keys",
				key.Old, key.New)
			if !v.Rename(key.Old, key.New) {
				// The new key is given too. The old one and all below it count
				// as read, because the old key is reported already.
				v.At(key.Old).Ignore()
			}
		}
	}
}
