package jsontree_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/jsontree"
)

func parse(tb testing.TB, text string) jsontree.Value {
	tb.Helper()
	root, err := jsontree.Parse(strings.NewReader(text))
	require.NoError(tb, err)
	return root
}

// The byte, counted by hand, is where the last whole token ended, or where the
// one began that could not be read.
func TestBrokenTextIsRefusedWithPathAndByte(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, `$: the text ends here (at byte 0)`},
		{"blank", "  \n", `$: the text ends here (at byte 0)`},
		{"ends in an object", `{"a": {"b": 1`, `$.a: the text ends here (at byte 13)`},
		{"ends before a value", `{"a": {"b":`, `$.a.b: the text ends here (at byte 11)`},
		{"ends in a list", `{"a": [1, 2`, `$.a: the text ends here (at byte 11)`},
		{"ends in a text", `{"a": [1, "tw`, `$.a[1]: the text ends here (at byte 10)`},
		{"no value", `{"a": [1, two]}`, `$.a[1]: invalid character 'w' in literal true (expecting 'r') (at byte 10)`},
		{"no number", `{"a": {"b": NaN}}`, `$.a.b: invalid character 'N' looking for beginning of value (at byte 12)`},
		{"number too large", `{"a": 1e999}`, `$.a: json: cannot unmarshal number 1e999`},
		{"no key", `{"a": 1, 2: 3}`, `$: invalid character '2'`},
		{"wrong bracket", `{"a": [1}`, `$.a: invalid character '}' after array element`},
		{"twice", `{"a": {"b": 1, "c": 2, "b": 3}}`, `$.a: key "b" is given twice (at byte 26)`},
		{"twice, written differently", `{"a": 1, "\u0061": 2}`, `$: key "a" is given twice (at byte 17)`},
		{"goes on", `{"a": 1} {}`, `$: the text goes on after the end of its JSON value`},
		{"goes on with a bracket", `{"a": 1}}`, `$: the text goes on after the end of its JSON value`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := jsontree.Parse(strings.NewReader(c.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
			assert.True(t, strings.HasPrefix(err.Error(), "$"), "an error begins with its path: %v", err)
		})
	}
}

func TestOneKeyMayStandInSeveralObjects(t *testing.T) {
	root := parse(t, `{"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}`)
	assert.Equal(t, 1.0, root.At("a").At("a").Number(0, 9))
	assert.Equal(t, 2.0, root.At("b").List()[0].At("a").Number(0, 9))
	assert.Equal(t, 3.0, root.At("b").List()[1].At("a").Number(0, 9))
	require.NoError(t, root.Violations())
}

// The innermost of n lists lies n-1 deep, and 64 deep is the last that is read.
func TestNestingIsBounded(t *testing.T) {
	lists := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	parse(t, lists(65))
	_, err := jsontree.Parse(strings.NewReader(lists(66)))
	require.ErrorContains(t, err, "$"+strings.Repeat("[0]", 65)+": nested more than 64 deep")
	_, err = jsontree.Parse(strings.NewReader(strings.Repeat(`{"a":`, 100_000)))
	require.ErrorContains(t, err, "nested more than 64 deep")
}

func TestUnknownKeysAreReportedWhereverTheyStand(t *testing.T) {
	root := parse(t, `{"name": "x", "nmae": "y", "units": [{"mw": 1, "wm": {"deep": 1}}, {"mw": 2}, [{"mw": 3, "mv": 4}]], "note": {"text": 1}}`)
	root.At("name").Text()
	units := root.At("units").List()
	units[0].At("mw").Number(0, 9)
	units[0].At("cost").NumberOr(0, 0, 9)
	units[1].At("mw").Number(0, 9)
	units[2].List()[0].At("mw").Number(0, 9)
	want := strings.Join([]string{
		`$.nmae: unknown key; known here: [name units]`,
		`$.units[0].wm: unknown key; known here: [cost mw]`,
		`$.units[2][0].mv: unknown key; known here: [mw]`,
		`$.note: unknown key; known here: [name units]`,
	}, "\n")
	require.EqualError(t, root.Violations(), want)
	require.EqualError(t, root.Violations(), want, "asking again adds nothing")
	assert.Empty(t, root.Found(), "unknown keys are no violation of a format that others extend")
}

// An object or a list of objects in the place of a text is one fault, not one
// more for every member.
func TestWhatLiesBelowAWrongValueIsNoUnknownKey(t *testing.T) {
	root := parse(t, `{"name": {"first": 1, "last": {"x": 2}}, "kind": [{"a": 1}], "series": {"mw": 1}, "mv": 2}`)
	root.At("name").Text()
	root.At("kind").Number(0, 1)
	root.At("series").At("mw").Number(0, 1)
	require.EqualError(t, root.Violations(), strings.Join([]string{
		`$.name: is an object, want a text`,
		`$.kind: is a list of 1, want a number from 0 to 1`,
		`$.mv: unknown key; known here: [kind name series]`,
	}, "\n"))
}

func TestMembersThatAreCalledAreKnown(t *testing.T) {
	root := parse(t, `{"z": 1, "a": 2, "m": {"x": 3}}`)
	var names []string
	root.Members(func(name string, member jsontree.Value) {
		names = append(names, name+" at "+member.Path())
		member.Given()
	})
	assert.Equal(t, []string{"z at $.z", "a at $.a", "m at $.m"}, names, "in the order of the text")
	require.EqualError(t, root.Violations(), "$.m.x: unknown key; known here: []")
}

func TestViolationsComeInTheOrderOfReading(t *testing.T) {
	root := parse(t, `{"a": -1, "b": "x", "c": 1}`)
	root.At("b").Number(0, 1)
	assert.Len(t, root.Found(), 1)
	early := root.Found()
	root.At("a").Number(0, 1)
	root.At("a").Bad("and %d more", 2)
	assert.Len(t, early, 1)
	assert.Len(t, root.At("c").Found(), 3, "those of the whole document, from any place in it")
	require.EqualError(t, root.Violations(), "$.b: is \"x\", want a number from 0 to 1\n$.a: is -1, want a number from 0 to 1\n$.a: and 2 more")
}

func TestNothingWrongIsNil(t *testing.T) {
	root := parse(t, `{"a": [1, 2]}`)
	root.At("a").Numbers(2, 0, 9)
	require.NoError(t, root.Violations())
	assert.Empty(t, root.Found())
}

// FuzzParse holds Parse against the standard library's decoder and then reads
// every place of the document in every way, whatever stands there.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		``, `null`, `true`, `-1.5e3`, `"text"`, `[]`, `{}`, `[1, [2, {"a": null}], "b"]`, `{"a": {"b": [1, 2]}, "c": 0}`,
		`{"a": 1, "a": 2}`, `{"": {"": 1}}`, `[1,]`, `[,]`, `{"a" 1}`, `{"a":}`, `{1: 2}`, `[1 2]`, `1 2`, `[}`, `"\ud800"`, "\"\xff\"", `1e999`,
		strings.Repeat("[", 70),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, err := jsontree.Parse(strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "$") {
				t.Fatal("an error without its path: ", err)
			}
			return
		}
		var twin any
		if err := json.Unmarshal([]byte(text), &twin); err != nil {
			t.Fatal("read, although encoding/json refuses it: ", err)
		}
		walk(t, root, twin)
		if err := root.Violations(); err != nil && !strings.HasPrefix(err.Error(), "$") {
			t.Fatal("a violation without its path: ", err)
		}
	})
}

// walk reads a value in every way and compares it with its twin from
// encoding/json.
func walk(t *testing.T, v jsontree.Value, twin any) {
	readEverything(t, v)
	switch twin := twin.(type) {
	case nil:
		if v.Given() || v.Missing() {
			t.Fatal(v.Path(), " is null")
		}
	case map[string]any:
		names := 0
		v.Members(func(name string, member jsontree.Value) {
			content, ok := twin[name]
			if !ok {
				t.Fatalf("%s has no member %q", v.Path(), name)
			}
			walk(t, member, content)
			names++
		})
		if names != len(twin) || v.Len() != len(twin) {
			t.Fatal(v.Path(), " lost members")
		}
	case []any:
		items := v.List()
		if len(items) != len(twin) || v.Len() != len(twin) {
			t.Fatal(v.Path(), " lost items")
		}
		for i, item := range items {
			walk(t, item, twin[i])
		}
	default:
		if !v.Is(twin) {
			t.Fatalf("%s is not %v", v.Path(), twin)
		}
	}
}

// readEverything calls every reader and holds each to what it promises, right
// or wrong.
func readEverything(t *testing.T, v jsontree.Value) {
	within := func(x, least, most float64) {
		if !(least <= x && x <= most) {
			t.Fatalf("%s: %v is not in [%v, %v]", v.Path(), x, least, most)
		}
	}
	within(v.Number(-3, -2), -3, -2)
	within(v.NumberOr(5, 4, 6), 4, 6)
	within(float64(v.Count(3, 7)), 3, 7)
	within(float64(v.CountOr(-4, -5, -3)), -5, -3)
	for _, list := range [][]float64{v.Numbers(3, 1, 2), v.NumbersOrOne(3, 1, 2)} {
		if len(list) != 3 {
			t.Fatalf("%s: %d numbers instead of 3", v.Path(), len(list))
		}
		for _, x := range list {
			within(x, 1, 2)
		}
	}
	for _, x := range v.Pair(1, 2) {
		within(x, 1, 2)
	}
	within(float64(v.OneOf("a", "b")), 0, 1)
	v.Text()
	v.TextOr("")
	v.FlagOr(true)
	v.SwitchOr(true)
	v.Object()
	v.ListOrNone()
	v.At("a").At("b").Text()
}

func TestRenamedMembersKeepTheirPath(t *testing.T) {
	root := parse(t, `{"a": {"x": "one"}, "b": 2, "c": 3}`)
	assert.False(t, root.Rename("b", "c"), "c is taken")
	assert.False(t, root.Rename("none", "d"))
	require.True(t, root.Rename("a", "d"))
	assert.Equal(t, []string{"d", "b", "c"}, root.Names())
	_, ok := root.Peek("a")
	assert.False(t, ok)
	root.At("d").At("x").Number(0, 1)
	root.At("b")
	root.At("c")
	assert.EqualError(t, root.Violations(), `$.a.x: is "one", want a number from 0 to 1`)
}

// The first key begins at byte 1. The text stands behind a comma, white space,
// a key and a colon.
func TestSpansEndWithTheirToken(t *testing.T) {
	const text = `{"a": [1, "two"]}`
	root := parse(t, text)
	cut := func(s jsontree.Span) string { return text[s.From:s.To] }
	assert.Equal(t, `"a"`, cut(root.KeySpan("a")))
	list, _ := root.Peek("a")
	assert.Equal(t, `, "two"`, cut(list.Items()[1].Span()))
	assert.Equal(t, jsontree.Span{}, root.KeySpan("b"))
	assert.Empty(t, list.KeySpan("a"))
	assert.Nil(t, root.Items())
	assert.Nil(t, list.Names())
}

func TestIgnoredObjectsHaveNoUnknownKeys(t *testing.T) {
	root := parse(t, `{"a": {"x": {"y": 1}}, "b": 2}`)
	root.At("a").Ignore()
	assert.EqualError(t, root.Violations(), `$.b: unknown key; known here: [a]`)
}
