package main

import (
	"encoding/json"
	"maps"
	"slices"
)

// shrink returns the smallest instance that it finds for which fails is still
// true. It removes one part after the other and keeps every removal that leaves
// a failure: items of lists such as DERs, scenarios, steps, and keys. Numbers
// then become rounder ones. The result depends on the text only.
//
// For example, of a case with four DERs of which one fails, that DER and its
// required keys are left. The text itself must fail.
func shrink(text []byte, steps []string, fails func([]byte) bool) []byte {
	best := text
	for improved := true; improved; {
		improved = false
		// After a removal the candidates move up by about one, so that the
		// search stays in its place.
		for i, list := 0, candidates(best, steps); i < len(list); {
			if !fails(list[i]) {
				i++
				continue
			}
			best, improved = list[i], true
			list = candidates(best, steps)
		}
	}
	return best
}

// candidates returns all instances with one part less, the largest removals
// first. steps is the path of the number of steps, such as "grid", "steps"; a
// step is removed from the end of every list of numbers of that length.
//
// The number of candidates grows with the number of values, so that a search of
// a large instance takes many comparisons.
func candidates(text []byte, steps []string) [][]byte {
	var out [][]byte
	// edit adds the text after a change to a fresh copy, unless change returns
	// false.
	edit := func(change func(root map[string]any) bool) {
		var root map[string]any
		if json.Unmarshal(text, &root) == nil && change(root) {
			if smaller, err := json.MarshalIndent(root, "", "  "); err == nil {
				out = append(out, smaller)
			}
		}
	}
	var root map[string]any
	if json.Unmarshal(text, &root) != nil {
		return nil
	}
	edit(func(root map[string]any) bool { return dropStep(root, steps) })
	edit(dropScenario)
	places := paths(root, nil)
	for _, at := range places {
		edit(func(root map[string]any) bool { return remove(root, at) })
	}
	for _, at := range places {
		edit(func(root map[string]any) bool { return rounder(root, at) })
	}
	return out
}

// paths returns the places of all members and items, objects before their
// members, in a fixed order.
//
// For example, {"a": [1, 2]} has the paths "a"; "a", 0; and "a", 1.
func paths(value any, at []any) [][]any {
	var out [][]any
	add := func(key, member any) {
		place := append(slices.Clone(at), key)
		out = append(append(out, place), paths(member, place)...)
	}
	switch x := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			add(key, x[key])
		}
	case []any:
		for i, item := range x {
			add(i, item)
		}
	}
	// Short paths are larger parts.
	slices.SortStableFunc(out, func(a, b []any) int { return len(a) - len(b) })
	return out
}

// parent returns the object or list that has the last key of a path.
//
// The path must exist. The parent of a single key is root.
func parent(root any, at []any) any {
	for _, key := range at[:len(at)-1] {
		switch x := root.(type) {
		case map[string]any:
			root = x[key.(string)]
		case []any:
			root = x[key.(int)]
		}
	}
	return root
}

// remove deletes a member of an object, or an item of a list of objects.
//
// It returns false for items that are no objects: a number per step cannot be
// removed alone.
func remove(root map[string]any, at []any) bool {
	switch key := at[len(at)-1].(type) {
	case string:
		delete(parent(root, at).(map[string]any), key)
	case int:
		if len(at) < 2 {
			return false
		}
		list := parent(root, at).([]any)
		if _, ok := list[key].(map[string]any); !ok {
			return false
		}
		replace(root, at[:len(at)-1], slices.Delete(slices.Clone(list), key, key+1))
	}
	return true
}

// replace sets the value at a path.
//
// at is a path of root.
func replace(root map[string]any, at []any, value any) {
	switch x := parent(root, at).(type) {
	case map[string]any:
		x[at[len(at)-1].(string)] = value
	case []any:
		x[at[len(at)-1].(int)] = value
	}
}

// rounder replaces a number that is not whole by a whole one, and one above 1
// by 1.
//
// For example, 3.7 becomes 3, 8 becomes 1 and −8 becomes 0. 0 and 1 stay, so
// that the search ends.
func rounder(root map[string]any, at []any) bool {
	var value any
	switch x := parent(root, at).(type) {
	case map[string]any:
		value = x[at[len(at)-1].(string)]
	case []any:
		value = x[at[len(at)-1].(int)]
	}
	x, ok := value.(float64)
	if !ok || x == 0 || x == 1 {
		return false
	}
	next := float64(int(x))
	if next == x {
		next = 1
		if x < 0 {
			next = 0
		}
	}
	replace(root, at, next)
	return true
}

// dropStep removes the last step.
//
// path leads to the number of steps, or to the list of their labels. dropStep
// returns false if one step is left.
func dropStep(root map[string]any, path []string) bool {
	var at []any
	for _, key := range path {
		at = append(at, key)
	}
	holder, ok := parent(root, at).(map[string]any)
	if !ok {
		return false
	}
	key := path[len(path)-1]
	var n int
	switch x := holder[key].(type) {
	case float64:
		n = int(x)
		holder[key] = x - 1
	case []any: // the labels of the steps
		n = len(x)
		holder[key] = x[:n-1]
	}
	if n < 2 {
		return false
	}
	cut(root, n)
	return true
}

// cut shortens every list of n numbers, except those that have no value per
// step.
//
// Those lists have one value per scenario, or per step of a run or a rebound. A
// list that has as many values by chance is shortened as well, which the reader
// may refuse.
func cut(value any, n int) {
	switch x := value.(type) {
	case map[string]any:
		for key, member := range x {
			list, _ := member.([]any)
			if len(list) == n && isNumber(list[0]) {
				if key != "probabilities" && key != "profile_mw" && key != "rebound_weights" {
					x[key] = list[:n-1]
				}
			} else {
				cut(member, n)
			}
		}
	case []any:
		for i, item := range x {
			if list, _ := item.([]any); len(list) == n && isNumber(list[0]) {
				x[i] = list[:n-1]
			} else {
				cut(item, n)
			}
		}
	}
}

// isNumber reports whether a value of JSON is a number.
func isNumber(value any) bool { _, ok := value.(float64); return ok }

// dropScenario removes the last scenario of a case file and gives its
// probability to the first one.
func dropScenario(root map[string]any) bool {
	// The sum of the probabilities stays 1.
	scenarios, _ := root["scenarios"].(map[string]any)
	probabilities, _ := scenarios["probabilities"].([]any)
	n := len(probabilities)
	if n < 2 {
		return false
	}
	first, _ := probabilities[0].(float64)
	last, _ := probabilities[n-1].(float64)
	probabilities[0] = first + last
	scenarios["probabilities"] = probabilities[:n-1]
	list, _ := scenarios["series"].([]any)
	for _, item := range list {
		series, _ := item.(map[string]any)
		if paths, ok := series["paths_mw"].([]any); ok && len(paths) == n {
			series["paths_mw"] = paths[:n-1]
		}
	}
	return true
}
