package jsontree

import "slices"

// The methods of this file inspect and change a document without reading it.
// Except for Ignore, they mark no key as read; none records a violation.

// Peek returns a member of an object, and false if v is no object or has no
// such member.
func (v Value) Peek(name string) (Value, bool) {
	if o, ok := v.content.(*object); ok {
		member, ok := o.values[name]
		return member, ok
	}
	return Value{}, false
}

// Names returns the keys of an object in the order of the text, or nil for
// other values.
func (v Value) Names() []string {
	if o, ok := v.content.(*object); ok {
		return slices.Clone(o.names)
	}
	return nil
}

// Items returns the items of a list, or nil for other values.
func (v Value) Items() []Value {
	items, _ := v.content.([]Value)
	return items
}

// Rename gives a member of an object another key. The member keeps its path, so
// that violations name the key that stands in the text. It returns false and
// changes nothing if v is no object, if it has no member of the old key, or if
// it has one of the new key already.
func (v Value) Rename(from, to string) bool {
	// Objects are shared by all copies of a Value, so that every copy sees the
	// new key.
	member, ok := v.Peek(from)
	if _, taken := v.Peek(to); !ok || taken {
		return false
	}
	o := v.content.(*object)
	o.names[slices.Index(o.names, from)] = to
	o.values[to], o.keys[to] = member, o.keys[from]
	delete(o.values, from)
	delete(o.keys, from)
	return true
}

// Ignore marks all keys below v as read, if the keys of the format there are
// open.
func (v Value) Ignore() { v.doc.rejected[v.path] = true }

// Span returns the bytes of a text, a number or a constant, and of the opening
// bracket of other values.
func (v Value) Span() Span { return v.span }

// KeySpan returns the bytes of the key of a member of an object. It is empty if
// there is no such member.
func (v Value) KeySpan(name string) Span {
	if o, ok := v.content.(*object); ok {
		return o.keys[name]
	}
	return Span{}
}
