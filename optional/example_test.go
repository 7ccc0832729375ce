package optional_test

import (
	"encoding/json"
	"fmt"

	"github.com/trigrid/trigrid/optional"
)

// connection limits the exchange of a VPP with the grid, MW.
type connection struct {
	Import optional.Float `json:"import_mw,omitzero"`
	Export optional.Float `json:"export_mw,omitzero"`
}

// An export limit of 0 MW forbids exports. No import limit is given.
func ExampleOf() {
	c := connection{Export: optional.Of(0)}
	fmt.Println(c.Import.Given(), c.Export.Given())
	fmt.Println(c.Export == optional.Of(0), c.Import == optional.Of(0))
	// Output:
	// false true
	// true false
}

func ExampleFloat_Get() {
	c := connection{Export: optional.Of(2.5)}
	if mw, ok := c.Export.Get(); ok {
		fmt.Println("exports are limited to", mw, "MW")
	}
	if _, ok := c.Import.Get(); !ok {
		fmt.Println("imports are not limited")
	}
	// Output:
	// exports are limited to 2.5 MW
	// imports are not limited
}

// With omitzero, JSON leaves out an absent value and keeps zero. Null is
// absent.
func ExampleFloat_UnmarshalJSON() {
	var c connection
	if err := json.Unmarshal([]byte(`{"import_mw": null, "export_mw": 0}`), &c); err != nil {
		panic(err)
	}
	fmt.Println(c.Import, c.Export)
	text, err := json.Marshal(c)
	fmt.Println(string(text), err)
	// Output:
	// absent 0
	// {"export_mw":0} <nil>
}
