package jsontree_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/jsontree"
)

// sample has one value of every kind.
const sample = `{
	"null": null, "true": true, "one": 1, "zero": 0, "half": 0.5, "word": "west", "blank": "",
	"list": [1, 2], "mixed": [1, "x"], "empty": [], "object": {"x": 1}
}`

type value = jsontree.Value

var inf = math.Inf(1)

// Each reader is given a value it cannot take: it says so in one line and
// returns what the caller can go on with.
func TestEveryReaderSaysWhatItWantsAndStandsIn(t *testing.T) {
	for _, c := range []struct {
		key     string
		read    func(v value) any
		standIn any
		want    string
	}{
		{"none", func(v value) any { return v.Text() }, "", `$.none: is missing, want a text`},
		{"null", func(v value) any { return v.Text() }, "", `$.null: is null, want a text`},
		{"blank", func(v value) any { return v.Text() }, "", `$.blank: is "", want a text`},
		{"object", func(v value) any { return v.Text() }, "", `$.object: is an object, want a text`},
		{"half", func(v value) any { return v.TextOr("x") }, "", `$.half: is 0.5, want a text`},

		{"word", func(v value) any { return v.Object() }, false, `$.word: is "west", want an object`},
		{"none", func(v value) any { return v.Object() }, false, `$.none: is missing, want an object`},
		{"list", func(v value) any { v.Members(func(string, value) { panic("no members") }); return nil }, nil, `$.list: is a list of 2, want an object`},
		{"true", func(v value) any { return v.List() }, []value(nil), `$.true: is true, want a list`},
		{"none", func(v value) any { return v.List() }, []value(nil), `$.none: is missing, want a list`},
		{"object", func(v value) any { return v.ListOrNone() }, []value(nil), `$.object: is an object, want a list`},

		{"word", func(v value) any { return v.OneOf("east", "south") }, 0, `$.word: is "west", want one of ["east" "south"]`},
		{"one", func(v value) any { return v.OneOf("east", "south") }, 0, `$.one: is 1, want one of ["east" "south"]`},
		{"blank", func(v value) any { return v.OneOf("east", "south") }, 0, `$.blank: is "", want one of ["east" "south"]`},

		{"word", func(v value) any { return v.Number(-inf, inf) }, 0.0, `$.word: is "west", want a number`},
		{"one", func(v value) any { return v.Number(2, inf) }, 2.0, `$.one: is 1, want a number of at least 2`},
		{"one", func(v value) any { return v.Number(-inf, -2) }, -2.0, `$.one: is 1, want a number of at most -2`},
		{"one", func(v value) any { return v.Number(-1, 0.5) }, 0.0, `$.one: is 1, want a number from -1 to 0.5`},
		{"none", func(v value) any { return v.Number(3, 4) }, 3.0, `$.none: is missing, want a number from 3 to 4`},
		{"true", func(v value) any { return v.NumberOr(3.5, 3, 4) }, 3.0, `$.true: is true, want a number from 3 to 4`},

		{"half", func(v value) any { return v.Count(0, 9) }, 0, `$.half: is 0.5, want a whole number`},
		{"one", func(v value) any { return v.Count(2, 9) }, 2, `$.one: is 1, want a number from 2 to 9`},
		{"null", func(v value) any { return v.Count(2, 9) }, 2, `$.null: is null, want a number from 2 to 9`},
		{"word", func(v value) any { return v.CountOr(5, 2, 9) }, 2, `$.word: is "west", want a number from 2 to 9`},

		{"one", func(v value) any { return v.FlagOr(false) }, false, `$.one: is 1, want true or false`},
		{"word", func(v value) any { return v.FlagOr(true) }, true, `$.word: is "west", want true or false`},
		{"half", func(v value) any { return v.SwitchOr(false) }, false, `$.half: is 0.5, want true or false, 1 or 0`},
		{"word", func(v value) any { return v.SwitchOr(true) }, true, `$.word: is "west", want true or false, 1 or 0`},

		{"list", func(v value) any { return v.Numbers(3, 1, 9) }, []float64{1, 1, 1}, `$.list: is a list of 2, want a list of 3 numbers, one per step`},
		{"one", func(v value) any { return v.Numbers(2, -1, 9) }, []float64{0, 0}, `$.one: is 1, want a list of 2 numbers, one per step`},
		{"none", func(v value) any { return v.Numbers(1, -1, 9) }, []float64{0}, `$.none: is missing, want a list of 1 numbers, one per step`},
		{"mixed", func(v value) any { return v.Numbers(2, 0, 9) }, []float64{1, 0}, `$.mixed[1]: is "x", want a number from 0 to 9`},
		{"half", func(v value) any { return v.NumbersOrOne(2, 1, 9) }, []float64{1, 1}, `$.half: is 0.5, want a number from 1 to 9`},
		{"word", func(v value) any { return v.NumbersOrOne(2, 1, 9) }, []float64{1, 1}, `$.word: is "west", want a list of 2 numbers, one per step, or one number for all`},

		{"empty", func(v value) any { return v.Pair(1, 9) }, [2]float64{1, 1}, `$.empty: is a list of 0, want a pair of numbers`},
		{"object", func(v value) any { return v.Pair(-inf, inf) }, [2]float64{}, `$.object: is an object, want a pair of numbers`},
		{"mixed", func(v value) any { return v.Pair(-inf, inf) }, [2]float64{1, 0}, `$.mixed[1]: is "x", want a number`},
	} {
		t.Run(c.want, func(t *testing.T) {
			root := parse(t, sample)
			assert.Equal(t, c.standIn, c.read(root.At(c.key)))
			require.Len(t, root.Found(), 1)
			require.EqualError(t, root.Found()[0], c.want)
		})
	}
}

func TestEveryReaderReads(t *testing.T) {
	root := parse(t, sample)
	at := root.At
	assert.Equal(t, "west", at("word").Text())
	assert.Equal(t, "west", at("word").TextOr("x"))
	assert.Equal(t, "x", at("none").TextOr("x"))
	assert.Equal(t, "x", at("null").TextOr("x"))

	assert.True(t, at("object").Object())
	assert.Len(t, at("list").List(), 2)
	assert.Len(t, at("list").ListOrNone(), 2)
	assert.Empty(t, at("empty").List())
	assert.Empty(t, at("none").ListOrNone())
	for _, key := range []string{"none", "null"} {
		at(key).Members(func(string, value) { t.Error("no members") })
	}

	assert.Equal(t, 1, at("word").OneOf("east", "west"))
	assert.Equal(t, 0, at("none").OneOf("east", "west"))

	assert.Equal(t, 0.5, at("half").Number(0.5, 0.5), "both limits are allowed")
	assert.Equal(t, 0.5, at("half").Number(-inf, inf))
	assert.Equal(t, 0.5, at("half").NumberOr(3, 0, inf))
	assert.Equal(t, 3.0, at("null").NumberOr(3, 0, 1), "a default need not keep to the limits")
	assert.Equal(t, 1, at("one").Count(1, 1))
	assert.Equal(t, 1, at("one").CountOr(7, 0, 1))
	assert.Equal(t, 7, at("none").CountOr(7, 0, 1))

	assert.True(t, at("true").FlagOr(false))
	assert.True(t, at("none").FlagOr(true))
	assert.True(t, at("true").SwitchOr(false))
	assert.True(t, at("one").SwitchOr(false))
	assert.False(t, at("zero").SwitchOr(true))
	assert.True(t, at("null").SwitchOr(true))
	assert.False(t, at("none").SwitchOr(false))

	assert.Equal(t, []float64{1, 2}, at("list").Numbers(2, 1, 2))
	assert.Equal(t, []float64{}, at("empty").Numbers(0, 1, 2))
	assert.Equal(t, []float64{1, 2}, at("list").NumbersOrOne(2, 1, 2))
	assert.Equal(t, []float64{0.5, 0.5, 0.5}, at("half").NumbersOrOne(3, 0, 1))
	assert.Equal(t, [2]float64{1, 2}, at("list").Pair(1, 2))
	assert.Empty(t, root.Found())
}

func TestWhatAValueIs(t *testing.T) {
	root := parse(t, sample)
	at := root.At
	for _, c := range []struct {
		key                    string
		given, missing, object bool
		length                 int
	}{
		{"none", false, true, false, 0},
		{"null", false, false, false, 0},
		{"zero", true, false, false, 0},
		{"word", true, false, false, 0},
		{"list", true, false, false, 2},
		{"empty", true, false, false, 0},
		{"object", true, false, true, 1},
	} {
		v := at(c.key)
		assert.Equal(t, c.given, v.Given(), c.key)
		assert.Equal(t, c.missing, v.Missing(), c.key)
		assert.Equal(t, c.object, v.IsObject(), c.key)
		assert.Equal(t, c.length, v.Len(), c.key)
		assert.Equal(t, "$."+c.key, v.Path())
	}
	assert.True(t, at("true").Is(true))
	assert.True(t, at("half").Is(0.5))
	assert.True(t, at("word").Is("west"))
	assert.False(t, at("word").Is("east"))
	assert.False(t, at("one").Is(true), "1 is not true")
	assert.False(t, at("null").Is(""))
	assert.False(t, at("list").Is([]value{}), "only single values are compared")
	assert.Empty(t, root.Found(), "asking what a value is records nothing")
}

func TestWhatIsBelowAnAbsentOrOtherValueIsAbsentToo(t *testing.T) {
	root := parse(t, sample)
	for path, v := range map[string]value{
		"$.none.x.y": root.At("none").At("x").At("y"),
		"$.word.x":   root.At("word").At("x"),
		"$.list.x":   root.At("list").At("x"),
		"$.null.x":   root.At("null").At("x"),
	} {
		assert.True(t, v.Missing(), path)
		assert.Equal(t, path, v.Path())
	}
	assert.Empty(t, root.Found())
	root.At("none").At("x").Number(0, 1)
	require.EqualError(t, root.Found()[0], "$.none.x: is missing, want a number from 0 to 1")
}
