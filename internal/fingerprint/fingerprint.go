// Package fingerprint computes digests of data by their values, so that two
// programs can tell whether they have the same data.
package fingerprint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"reflect"
	"slices"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// Of returns the SHA-256 of data with their types: a PV array and a wind farm
// with equal fields have different digests.
//
// For example, a store whose wear cost changes from 2 to 3 per MWh has another
// digest, also if it stands still in every plan.
func Of(data ...any) (sum [sha256.Size]byte) {
	d := digest{sha256.New()}
	for _, x := range data {
		// As an interface, x has its type in the digest.
		d.value(reflect.ValueOf(&x).Elem(), 0)
	}
	copy(sum[:], d.Sum(nil))
	return sum
}

// maxDepth ends the digest of data that contain themselves.
const maxDepth = 50

// digest hashes data by their values, and not by their place in memory.
//
// Fields of structs that are zero are left out, so that a field that a later
// version of a type adds does not change the digest of data without it.
// Functions and unexported pointers, maps and interfaces are left out too: they
// are mostly caches, whose content changes while the data stay.
type digest struct{ hash.Hash }

// text hashes a text with its length, so that "ab" and "c" differ from "a" and
// "bc".
func (d digest) text(s string) {
	_ = binary.Write(d, binary.LittleEndian, int64(len(s))) // a hash never fails
	_, _ = io.WriteString(d, s)
}

// number hashes a number of fixed size.
func (d digest) number(x any) { _ = binary.Write(d, binary.LittleEndian, x) }

// value hashes a value with all that it contains, up to maxDepth levels. For
// example, a pointer to a tariff has the digest of the tariff.
func (d digest) value(v reflect.Value, depth int) {
	if !v.IsValid() || depth > maxDepth {
		d.text("none")
		return
	}
	depth++
	// Times, places and sets have unexported fields, and a digest of their own.
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			d.text(x.Format(time.RFC3339Nano))
			return
		case *time.Location:
			d.text(x.String())
			return
		case *scenario.Set:
			d.set(x)
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		d.number(v.Bool())
	case reflect.Float32, reflect.Float64:
		d.number(v.Float() + 0) // -0 is 0
	case reflect.String:
		d.text(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.Kind() == reflect.Interface && !v.IsNil() {
			// Two kinds of DER with equal fields are different data.
			d.text(v.Elem().Type().String())
		}
		d.value(v.Elem(), depth)
	case reflect.Slice, reflect.Array:
		// The length keeps two lists apart whose numbers continue in each
		// other.
		d.number(int64(v.Len()))
		for i := range v.Len() {
			d.value(v.Index(i), depth)
		}
	case reflect.Map:
		d.entries(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			field, of := v.Field(i), v.Type().Field(i)
			if zero(field) || !of.IsExported() && !plain(of.Type, depth) {
				continue
			}
			// Zero fields are left out, so that a new field with a default
			// changes no old fingerprint.
			d.text(of.Name)
			d.value(field, depth)
		}
		// The end keeps a struct apart from one with further fields of its
		// parent.
		d.text("end")
	default:
		switch {
		case v.CanInt():
			d.number(v.Int())
		case v.CanUint():
			d.number(v.Uint())
		case v.CanComplex():
			d.number(v.Complex())
		}
	}
}

// entries hashes a map in an order that does not depend on the map.
func (d digest) entries(v reflect.Value, depth int) {
	var all [][]byte
	for _, key := range v.MapKeys() {
		entry := digest{sha256.New()}
		entry.value(key, depth)
		entry.value(v.MapIndex(key), depth)
		all = append(all, entry.Sum(nil))
	}
	slices.SortFunc(all, bytes.Compare)
	d.number(int64(len(all)))
	for _, entry := range all {
		_, _ = d.Write(entry)
	}
}

// set hashes the series of a set: probabilities, then names, units and values.
func (d digest) set(set *scenario.Set) {
	d.value(reflect.ValueOf(set.Probabilities()), 0)
	for _, name := range set.Names() {
		d.text(name)
		d.text(set.Unit(name))
		for s := range set.Len() {
			for _, x := range set.Path(name, s) {
				d.number(x)
			}
		}
	}
}

// zero reports whether a field has the value of an absent one. -0 is zero, and
// so is an empty list.
func zero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return v.Float() == 0
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// plain reports whether values of a type are data by themselves, without
// pointers. For example, the unexported number of an optional.Float is plain,
// and a mutex or a map is not.
func plain(t reflect.Type, depth int) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return false
	case reflect.Slice, reflect.Array:
		return depth < maxDepth && plain(t.Elem(), depth+1)
	case reflect.Struct:
		// Locks are state of the process and not data.
		if t.PkgPath() == "sync" || t.PkgPath() == "sync/atomic" {
			return false
		}
		for i := range t.NumField() {
			if depth >= maxDepth || !plain(t.Field(i).Type, depth+1) {
				return t == reflect.TypeFor[time.Time]()
			}
		}
	}
	return true
}
