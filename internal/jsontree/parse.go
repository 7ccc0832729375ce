// Package jsontree reads JSON documents in which every value is checked. It
// records the path of each value, collects all violations instead of stopping
// at the first, and reports keys that the format does not have.
//
//	root, err := jsontree.Parse(file)
//	capacity := root.At("ders").List()[2].At("capacity_mw").Number(0, 1e15)
//	err = root.Violations() // "$.ders[2].capacity_mw: is -8, want a number of at least 0"
//
// A reader calls At for every key of the format and then checks Violations
// once. A value of the wrong kind yields a stand-in that is in range, so that
// reading continues without further checks.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
)

// Value is one place in a document: a value that is present, or one that is
// absent but has a path. Reading a value of the wrong kind records a violation
// and returns a stand-in.
type Value struct {
	doc     *document
	path    string
	content any // nil, bool, string, float64, []Value or *object
	present bool
	span    Span
}

// Span is a range of bytes in the text of a document, from From up to but
// excluding To. It ends with a JSON token and may begin with the white space
// and punctuation before it.
type Span struct{ From, To int64 }

// document is the state that all values of one document share.
type document struct {
	violations []violation

	// rejected has the paths of values of the wrong kind and of values to
	// ignore. The keys below them count as read.
	rejected map[string]bool
}

// violation is one fault of a document. absent states that a value is missing
// or null, so that a misspelt key beside it can explain the fault.
type violation struct {
	path, text string
	absent     bool
}

func (x violation) Error() string { return x.path + ": " + x.text }

// object is the content of a JSON object. Its maps have one entry per member,
// except for read, which also has the keys that were read in vain: together
// they are the known keys of the format.
type object struct {
	names  []string // in the order of the text
	values map[string]Value
	keys   map[string]Span // of each key
	read   map[string]bool // keys that were read with At
}

// maxDepth bounds the nesting of a document. Each level is one recursive call,
// and without a bound a file of brackets alone would exhaust the stack.
const maxDepth = 64

// Parse reads one JSON value and rejects text after it. Its error is about the
// text: not JSON, truncated, or a key given twice. The meaning of the values is
// checked while they are read; [Value.Violations] returns the violations, and
// [Value.Found] does for formats that others extend by keys of their own. A
// byte order mark before the value is skipped; see [Text].
func Parse(r io.Reader) (Value, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Value{}, fmt.Errorf("$: %w", err)
	}
	d := &document{rejected: map[string]bool{}}
	decoder := json.NewDecoder(bytes.NewReader(Text(text)))
	root, err := d.next(decoder, "$", 0)
	if err != nil {
		return Value{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Value{}, errors.New("$: the text goes on after the end of its JSON value")
	}
	return root, nil
}

// next reads the value that follows in the text and stands at path.
func (d *document) next(decoder *json.Decoder, path string, depth int) (Value, error) {
	// broken names the path and the byte, because a decoder's own error has
	// neither.
	broken := func(err error) (Value, error) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the text ends here")
		}
		return Value{}, fmt.Errorf("%s: %w (at byte %d)", path, err, decoder.InputOffset())
	}
	if depth > maxDepth {
		return broken(fmt.Errorf("nested more than %d deep", maxDepth))
	}
	token, span, err := spanned(decoder)
	if err != nil {
		return broken(err)
	}
	v := Value{doc: d, path: path, content: token, present: true, span: span}
	switch token {
	case json.Delim('{'):
		// The decoder itself accepts a key twice and keeps the last value. A
		// person who writes a key twice means one of the two, and the choice
		// would be a guess.
		o := &object{values: map[string]Value{}, keys: map[string]Span{}, read: map[string]bool{}}
		for decoder.More() {
			key, span, err := spanned(decoder)
			if err != nil {
				return broken(err)
			}
			name := key.(string)
			if _, twice := o.values[name]; twice {
				return broken(fmt.Errorf("key %q is given twice", name))
			}
			member, err := d.next(decoder, path+"."+name, depth+1)
			if err != nil {
				return Value{}, err
			}
			o.names = append(o.names, name)
			o.values[name], o.keys[name] = member, span
		}
		v.content = o
	case json.Delim('['):
		list := []Value{}
		for decoder.More() {
			item, err := d.next(decoder, path+"["+strconv.Itoa(len(list))+"]", depth+1)
			if err != nil {
				return Value{}, err
			}
			list = append(list, item)
		}
		v.content = list
	default: // a text, a number, a constant or null
		return v, nil
	}
	if _, err := decoder.Token(); err != nil { // the closing bracket
		return broken(err)
	}
	return v, nil
}

// spanned returns the next token and its bytes. The decoder reports the end of
// a token; a span begins at the end of the token before it.
func spanned(decoder *json.Decoder) (json.Token, Span, error) {
	from := decoder.InputOffset()
	token, err := decoder.Token()
	return token, Span{from, decoder.InputOffset()}, err
}

// Violations returns every violation of the document in one error, or nil if
// there are none. Keys that were never read are violations too: call it on the
// root after everything is read.
//
// A misspelt key gives one violation. If it resembles a missing key of the same
// object, the message names that key, and the missing key is not reported as
// well.
func (v Value) Violations() error {
	var bad faults.List
	unread := v.unread()
	explained := func(x violation) bool {
		return x.absent && slices.ContainsFunc(unread, func(u misspelt) bool {
			return u.meant != "" && (x.path == u.meant || strings.HasPrefix(x.path, u.meant+"."))
		})
	}
	reported := map[violation]bool{} // a value that is read twice has one violation
	for _, x := range v.doc.violations {
		if !explained(x) && !reported[x] {
			bad.Add(x)
			reported[x] = true
		}
	}
	for _, u := range unread {
		bad.Add(u.violation)
	}
	return bad.Err()
}

// Found returns the violations that reading has recorded so far, in the whole
// document and in the order of reading, without the keys that were never read.
func (v Value) Found() []error {
	out := make([]error, len(v.doc.violations))
	for i, x := range v.doc.violations {
		out[i] = x
	}
	return out
}

// misspelt is the violation of an unknown key. meant is the path of the missing
// key that it resembles, or "".
type misspelt struct {
	violation
	meant string
}

// unread returns one violation for every member that was never read. It does
// not descend into such a member, nor into a value of the wrong kind, whose
// members cannot have been read.
func (v Value) unread() []misspelt {
	var out []misspelt
	if v.doc.rejected[v.path] {
		return nil
	}
	switch content := v.content.(type) {
	case *object:
		for _, name := range content.names {
			if content.read[name] { // its members may be unread nevertheless
				out = append(out, content.values[name].unread()...)
				continue
			}
			var known, open []string
			for k := range content.read {
				known = append(known, k)
				if !content.values[k].Given() {
					open = append(open, k)
				}
			}
			slices.Sort(known)
			slices.Sort(open)
			u := misspelt{violation: content.values[name].violation("unknown key; known here: %v", known)}
			if meant, ok := Nearest(name, open); ok {
				u.text = fmt.Sprintf("unknown key; did you mean %q? known here: %v", meant, known)
				u.meant = v.path + "." + meant
			}
			out = append(out, u)
		}
	case []Value:
		for _, item := range content {
			out = append(out, item.unread()...)
		}
	}
	return out
}
