package codec_test

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Reading is a reading of an electricity meter.
type Reading struct {
	Meter string
	Wh    int64
	Tags  []string
}

// Layout describes both directions.
func (r *Reading) Layout(c *codec.Coder) {
	c.String(&r.Meter, 16)
	codec.Int64(c, &r.Wh)
	codec.Strings(c, &r.Tags, 4, 8)
}

// A string is its length in four bytes and its text, an integer has eight
// bytes.
func ExampleEncode() {
	r := Reading{Meter: "M1", Wh: -2}
	fmt.Printf("% x\n", codec.Encode(r.Layout))
	// Output: 00 00 00 02 4d 31 ff ff ff ff ff ff ff fe 00 00 00 00
}

// A decoder accepts exactly the bytes of one value.
func ExampleDecode() {
	sent := Reading{Meter: "M1", Wh: 1500, Tags: []string{"solar"}}
	bytes := codec.Encode(sent.Layout)

	var got Reading
	fmt.Println(codec.Decode(bytes, got.Layout), got)
	fmt.Println(errors.Is(codec.Decode(bytes[:9], new(Reading).Layout), codec.ErrTruncated))
	fmt.Println(errors.Is(codec.Decode(append(bytes, 0), new(Reading).Layout), codec.ErrTrailing))
	// Output:
	// <nil> {M1 1500 [solar]}
	// true
	// true
}

// A list has its number of elements in four bytes, then the elements.
func ExampleList() {
	hours := []uint16{7, 8}
	fmt.Printf("% x\n", codec.Encode(func(c *codec.Coder) {
		codec.List(c, &hours, 24, (*codec.Coder).Uint16)
	}))
	// Output: 00 00 00 02 00 07 00 08
}

// Fail rejects values that the layout admits, here an hour above 23. It has no
// effect on encoding.
func ExampleCoder_Fail() {
	layout := func(hour *uint16) func(*codec.Coder) {
		return func(c *codec.Coder) {
			c.Uint16(hour)
			if *hour > 23 {
				c.Fail(errors.New("meter: hour above 23"))
			}
		}
	}
	hour := uint16(24)
	bytes := codec.Encode(layout(&hour))
	fmt.Println(codec.Decode(bytes, layout(new(uint16))))
	// Output: meter: hour above 23
}
