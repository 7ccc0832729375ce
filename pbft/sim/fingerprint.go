package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/pbft"
)

// unobserved lists the fields of a [pbft.Node] and of its parts that the
// fingerprint leaves out: constants and clock readings. The explorer lets a
// running timer expire at any moment, so its deadline has no effect.
var unobserved = map[string]bool{
	"genesis": true, "chain": true, "options": true, "signer": true, "verifier": true, "checker": true, "mistake": true,
	"ticks": true, "now": true, "deadline": true, "since": true, "idle": true, "pace": true,
}

// fingerprint returns a hash of all data in a node that can have an effect. It
// reads the fields by reflection, so that it covers fields that are added
// later. If one were missing, the explorer would take different states for
// equal and miss the states behind them.
//
// Votes that arrive in another order give the same fingerprint, because the
// node keeps them in maps.
func fingerprint(n *pbft.Node) [sha256.Size]byte {
	return sha256.Sum256(appendValue(nil, reflect.ValueOf(n)))
}

// appendValue appends an encoding of v in which different values differ. It
// follows pointers, and sorts maps by their encoded keys.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	// The length in front keeps neighbouring values apart.
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
	// Nodes contain no cycles, so following pointers ends.
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			// Unexported fields can be read by reflection, but not set.
			if !unobserved[v.Type().Field(i).Name] {
				b = appendValue(b, v.Field(i))
			}
		}
		return b
	case reflect.Slice, reflect.Array:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		// Digests, keys and signatures are copied at once.
		if v.Type().Elem().Kind() == reflect.Uint8 && (v.Kind() == reflect.Slice || v.CanAddr()) {
			return append(b, v.Bytes()...)
		}
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Map:
		return appendMap(b, v)
	}
	return b // functions and channels are not part of a node's state
}

// appendMap appends the entries in order of their encoded keys.
func appendMap(b []byte, v reflect.Value) []byte {
	type entry struct {
		key   string
		value reflect.Value
	}
	var entries []entry
	for it := v.MapRange(); it.Next(); {
		entries = append(entries, entry{string(appendValue(nil, it.Key())), it.Value()})
	}
	// Any total order of the encoded keys makes the result independent of the
	// map's.
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(len(a.key)-len(b.key), strings.Compare(a.key, b.key)) })
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = appendValue(append(b, e.key...), e.value)
	}
	return b
}
