package unitcommitment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// document is a JSON file as a tree that knows where each value stands, and what was found wrong with
// it so far. Its own decoder keeps the order of members, refuses a key given twice and says where a
// truncated file breaks off.
type document struct {
	errs []error
}

// value is one value of the tree.
type value struct {
	doc     *document
	path    string
	content any // nil, bool, string, float64, []value or members
	present bool
}

type members struct {
	names  []string
	values map[string]value
}

// tooDeep bounds the nesting of a file; both formats need less than ten levels.
const tooDeep = 64

// parse reads one JSON value and nothing after it.
func parse(r io.Reader) (value, error) {
	doc := &document{}
	dec := json.NewDecoder(r)
	root, err := doc.next(dec, "$", 0)
	if err != nil {
		return value{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return value{}, errors.New("unitcommitment: the file goes on after the end of its JSON value")
	}
	return root, nil
}

func (d *document) next(dec *json.Decoder, path string, depth int) (value, error) {
	broken := func(err error) (value, error) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends here")
		}
		return value{}, fmt.Errorf("unitcommitment: %s: %w", path, err)
	}
	if depth > tooDeep {
		return broken(fmt.Errorf("nested more than %d deep", tooDeep))
	}
	token, err := dec.Token()
	if err != nil {
		return broken(err)
	}
	v := value{doc: d, path: path, content: token, present: true}
	switch token {
	case json.Delim('{'):
		all := members{values: map[string]value{}}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return broken(err)
			}
			name := key.(string)
			if _, twice := all.values[name]; twice {
				return broken(fmt.Errorf("key %q is given twice", name))
			}
			member, err := d.next(dec, path+"."+name, depth+1)
			if err != nil {
				return value{}, err
			}
			all.names = append(all.names, name)
			all.values[name] = member
		}
		v.content = all
	case json.Delim('['):
		list := []value{}
		for dec.More() {
			item, err := d.next(dec, path+"["+strconv.Itoa(len(list))+"]", depth+1)
			if err != nil {
				return value{}, err
			}
			list = append(list, item)
		}
		v.content = list
	default:
		return v, nil
	}
	if _, err := dec.Token(); err != nil { // the closing bracket
		return broken(err)
	}
	return v, nil
}

// bad records that something is wrong at this place.
func (v value) bad(format string, args ...any) {
	v.doc.errs = append(v.doc.errs, fmt.Errorf("unitcommitment: %s: %s", v.path, fmt.Sprintf(format, args...)))
}

// wrong records that the value is not what was expected.
func (v value) wrong(want string) {
	switch content := v.content.(type) {
	case nil:
		if !v.present {
			v.bad("is missing, want %s", want)
			return
		}
		v.bad("is null, want %s", want)
	case bool, float64:
		v.bad("is %v, want %s", content, want)
	case string:
		v.bad("is %q, want %s", content, want)
	case []value:
		v.bad("is a list of %d, want %s", len(content), want)
	case members:
		v.bad("is an object of %d, want %s", len(content.names), want)
	}
}

// at returns a member of an object. What is absent is a value too: not present, with its path.
func (v value) at(name string) value {
	if all, ok := v.content.(members); ok {
		if member, ok := all.values[name]; ok {
			return member
		}
	}
	return value{doc: v.doc, path: v.path + "." + name}
}

// has reports whether an object has a member that is not null.
func (v value) has(name string) bool { return v.at(name).content != nil }

// each calls f for every member of an object in the order of the file; absent is empty.
func (v value) each(f func(name string, member value)) {
	if !v.present {
		return
	}
	all, ok := v.content.(members)
	if !ok {
		v.wrong("an object")
		return
	}
	for _, name := range all.names {
		f(name, all.values[name])
	}
}

// list returns the items of a list.
func (v value) list() []value {
	items, ok := v.content.([]value)
	if !ok {
		v.wrong("a list")
	}
	return items
}

// number returns a number of at least least.
func (v value) number(least float64) float64 {
	x, ok := v.content.(float64)
	if !ok || x < least {
		want := "a number"
		if !math.IsInf(least, -1) {
			want = fmt.Sprintf("a number of at least %v", least)
		}
		v.wrong(want)
		return max(0, least)
	}
	return x
}

// numberOr returns a number of at least least, or a default where it is absent or null.
func (v value) numberOr(least, otherwise float64) float64 {
	if v.content == nil {
		return otherwise
	}
	return v.number(least)
}

// flag reads a Boolean, written as such or as 0 or 1.
func (v value) flag(otherwise bool) bool {
	switch content := v.content.(type) {
	case nil:
		return otherwise
	case bool:
		return content
	case float64:
		if content == 0 || content == 1 {
			return content == 1
		}
	}
	v.wrong("true or false, 1 or 0")
	return otherwise
}

// text returns a string.
func (v value) text() string {
	s, ok := v.content.(string)
	if !ok {
		v.wrong("a text")
	}
	return s
}

// numbers returns a list of n numbers of at least least.
func (v value) numbers(n int, least float64) []float64 {
	out := make([]float64, n)
	items, ok := v.content.([]value)
	if !ok || len(items) != n {
		v.wrong(fmt.Sprintf("a list of %d numbers, one per time step", n))
		return out
	}
	for i, item := range items {
		out[i] = item.number(least)
	}
	return out
}
