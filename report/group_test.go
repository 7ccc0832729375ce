package report

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
)

// A group has DERs of one kind, also if DERs of several kinds are numbered
// through.
func TestGroupsHaveOneKind(t *testing.T) {
	var units []der.DER
	for i := range 4 {
		units = append(units, &der.Wind{ID: fmt.Sprintf("unit %d", i)}, &der.Storage{ID: fmt.Sprintf("unit %d", 10+i)},
			&der.PV{ID: fmt.Sprint(100 + i)}, &der.Load{ID: fmt.Sprintf("town %d", i)}, &der.Storage{ID: fmt.Sprintf("PV %d", i)})
	}
	units = append(units, &der.Wind{ID: "hill"}, &der.Wind{ID: "coast"}, &der.Wind{ID: "sea"})
	groups := groupsOf(units)
	assert.Equal(t, "unit (wind)", groups["unit 0"])
	assert.Equal(t, "unit (storage)", groups["unit 10"])
	assert.Equal(t, "town", groups["town 2"])
	assert.Equal(t, "PV (PV)", groups["100"])
	assert.Equal(t, "PV (storage)", groups["PV 1"])
	assert.Empty(t, groups["hill"], "there is room for it")
}
