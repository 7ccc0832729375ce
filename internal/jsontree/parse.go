// Package jsontree reads JSON documents whose every value is checked: it knows where each value stands,
// gathers all that is wrong instead of stopping at the first, and refuses keys that nobody asked for.
package jsontree

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Value is one place in a document: a value that is there, or one that is absent but has a path.
// Reading a value of the wrong kind records a violation and returns a harmless stand-in.
type Value struct {
	doc     *document
	path    string
	content any // nil, bool, string, float64, []Value or *object
	present bool
}

type document struct {
	violations []error
	refused    map[string]bool // paths of values that are not what was wanted
}

type object struct {
	names  []string
	values map[string]Value
	asked  map[string]bool
}

// tooDeep bounds the nesting of a document.
const tooDeep = 64

// Parse reads one JSON value and nothing after it. Its error is about the text: not JSON, broken off, a
// key given twice. What the values mean is checked while they are read; [Value.Violations] returns what was
// wrong, and [Value.Found] does for a format that others extend by keys of their own.
func Parse(r io.Reader) (Value, error) {
	d := &document{refused: map[string]bool{}}
	decoder := json.NewDecoder(r)
	root, err := d.next(decoder, "$", 0)
	if err != nil {
		return Value{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Value{}, errors.New("$: the text goes on after the end of its JSON value")
	}
	return root, nil
}

func (d *document) next(decoder *json.Decoder, path string, depth int) (Value, error) {
	broken := func(err error) (Value, error) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the text ends here")
		}
		return Value{}, fmt.Errorf("%s: %w (at byte %d)", path, err, decoder.InputOffset())
	}
	if depth > tooDeep {
		return broken(fmt.Errorf("nested more than %d deep", tooDeep))
	}
	token, err := decoder.Token()
	if err != nil {
		return broken(err)
	}
	v := Value{doc: d, path: path, content: token, present: true}
	switch token {
	case json.Delim('{'):
		o := &object{values: map[string]Value{}, asked: map[string]bool{}}
		for decoder.More() {
			key, err := decoder.Token()
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
			o.values[name] = member
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
	default:
		return v, nil
	}
	if _, err := decoder.Token(); err != nil { // the closing bracket
		return broken(err)
	}
	return v, nil
}

// Violations returns everything that was found wrong with the document, keys that nobody asked for
// included, joined into one error; nil where nothing was. Call it on the root after everything is read.
func (v Value) Violations() error {
	return errors.Join(append(v.Found(), v.unasked()...)...)
}

// Found returns the violations that reading has recorded so far, in the whole document and in the order in
// which they were found. Keys that nobody asked for are not among them.
func (v Value) Found() []error { return slices.Clip(v.doc.violations) }

// unasked returns a violation for every member that was never asked for; what lies below such a member, or
// below a value that is not what was wanted, is not looked at.
func (v Value) unasked() []error {
	var out []error
	if v.doc.refused[v.path] {
		return nil
	}
	switch content := v.content.(type) {
	case *object:
		for _, name := range content.names {
			if content.asked[name] {
				out = append(out, content.values[name].unasked()...)
				continue
			}
			known := make([]string, 0, len(content.asked))
			for k := range content.asked {
				known = append(known, k)
			}
			slices.Sort(known)
			out = append(out, content.values[name].violation("unknown key; known here: %v", known))
		}
	case []Value:
		for _, item := range content {
			out = append(out, item.unasked()...)
		}
	}
	return out
}
