package dertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fingerprint returns a text of all data that v reaches, unexported fields
// included. Two states of a value are equal if their fingerprints are.
// Functions and channels are left out. For example, a pointer to struct{A int;
// B []int}{1, []int{2, 3}} gives "{1 [2 3 ] }".
func fingerprint(v reflect.Value) string {
	var b strings.Builder
	write(&b, v, map[uintptr]bool{})
	return b.String()
}

// write appends the data of v. open holds the pointers on the path to v, so
// that cycles end. Equal data behind different pointers give equal texts.
func write(b *strings.Builder, v reflect.Value, open map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Invalid, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		b.WriteByte('-')
	case reflect.Pointer:
		if v.IsNil() || open[v.Pointer()] {
			b.WriteByte('-')
			return
		}
		open[v.Pointer()] = true
		write(b, v.Elem(), open)
		delete(open, v.Pointer())
	case reflect.Interface:
		write(b, v.Elem(), open)
	case reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			write(b, v.Field(i), open)
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			write(b, v.Index(i), open)
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Map:
		var entries []string
		for _, key := range v.MapKeys() {
			entries = append(entries, fingerprint(key)+":"+fingerprint(v.MapIndex(key)))
		}
		slices.Sort(entries) // the order of a map is random
		fmt.Fprint(b, entries)
	default:
		fmt.Fprint(b, v)
	}
}
