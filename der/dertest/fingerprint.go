package dertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fingerprint writes out all data that v reaches, unexported fields included, so that two states of a
// value can be compared. Functions and channels are left out.
func fingerprint(v reflect.Value) string {
	var b strings.Builder
	write(&b, v, map[uintptr]bool{})
	return b.String()
}

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
		slices.Sort(entries)
		fmt.Fprint(b, entries)
	default:
		fmt.Fprint(b, v)
	}
}
