package der_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// fill sets every number of a struct to a different value.
func fill(v reflect.Value, next *float64) {
	switch v.Kind() {
	case reflect.Float64:
		*next++
		v.SetFloat(*next)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[optional.Float]() {
			*next++
			v.Set(reflect.ValueOf(optional.Of(*next)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct || v.Type().Elem().Kind() == reflect.Float64 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), next)
		}
	}
}

// number returns the number at a path of fields, the first of a list.
func number(t *testing.T, v reflect.Value, path string) float64 {
	for field := range strings.SplitSeq(path, ".") {
		if v.Kind() == reflect.Slice {
			v = v.Index(0)
		}
		v = v.FieldByName(field)
		require.True(t, v.IsValid(), "%s: no field %s", path, field)
	}
	if v.Kind() == reflect.Slice {
		v = v.Index(0)
	}
	if x, ok := v.Interface().(optional.Float); ok {
		return x.Or(-1)
	}
	if v.Kind() == reflect.Struct { // the one price of a list
		for _, name := range []string{"Wear", "Cost"} {
			if f := v.FieldByName(name); f.IsValid() {
				return f.Float()
			}
		}
	}
	return v.Float()
}

// Every listed quantity is the number of the field that it names, and every
// field whose comment-free name is a power, an energy or a price of the kind is
// listed once.
func TestQuantitiesAreTheNumbersOfTheirFields(t *testing.T) {
	want := map[string]int{ // by hand: fields in MW, MWh and currency
		"Wind": 3, "PV": 4, "Storage": 9, "Thermal": 12, "Load": 1, "DemandResponse": 5, "ShiftableLoad": 2,
		"TransferableLoad": 3, "CHP": 7, "ExtractionCHP": 8, "GasBoiler": 5, "ElectricBoiler": 5, "PowerToGas": 5,
		"CarbonCapture": 14, "EVFleet": 4, "HeatPump": 5, "Reservoir": 2, "RunOfRiver": 2, "Sequestration": 1, "GasSupply": 1, "GridConnection": 3, "HeatDump": 2,
	}
	for _, d := range []der.Measured{
		&der.Wind{}, &der.PV{}, &der.Storage{}, &der.Thermal{}, &der.Load{}, &der.DemandResponse{}, &der.ShiftableLoad{},
		&der.TransferableLoad{}, &der.CHP{}, &der.ExtractionCHP{}, &der.GasBoiler{}, &der.ElectricBoiler{}, &der.PowerToGas{},
		&der.CarbonCapture{}, &der.Sequestration{}, &der.GasSupply{}, &der.GridConnection{}, &der.HeatDump{},
		&der.EVFleet{}, &der.HeatPump{}, &der.Reservoir{}, &der.RunOfRiver{},
	} {
		v, next := reflect.ValueOf(d).Elem(), 0.0
		fill(v, &next)
		kind, seen := v.Type().Name(), map[string]bool{}
		for _, q := range d.Quantities() {
			assert.False(t, seen[q.Field], "%s.%s stands twice", kind, q.Field)
			seen[q.Field] = true
			require.Len(t, q.Values, 1)
			assert.Equal(t, number(t, v, q.Field), q.Values[0], "%s.%s", kind, q.Field)
			assert.NotZero(t, q.Of)
		}
		assert.Len(t, seen, want[kind], kind)
	}
	// An absent number is not listed; the prices of a cost curve are its
	// slopes.
	assert.Len(t, (&der.Wind{}).Quantities(), 2)
	curve := (&der.Thermal{Curve: []der.CurvePoint{{Output: 2, Cost: 110}, {Output: 4, Cost: 170}, {Output: 6, Cost: 250}}}).Quantities()
	assert.Equal(t, []float64{30}, curve[len(curve)-2].Values)
	assert.Equal(t, []float64{40}, curve[len(curve)-1].Values)
}
