package statistics_test

import (
	"fmt"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/report/statistics"
	"github.com/trigrid/trigrid/vpp"
)

// A VPP pays 70 to its wind farm for energy, and 5 of its gain.
func ExamplePayments() {
	farm := &der.Wind{ID: "W1"}
	plan := &vpp.Plan{VPP: vpp.VPP{Name: "VPP1"}, Members: []vpp.Member{{DER: farm, Items: []der.Item{{What: "energy sold", Amount: 70}}}}}
	region := trigrid.Region{DERs: []der.DER{farm}}
	result := &trigrid.Result{Plans: []*vpp.Plan{plan}, DERs: []trigrid.DERResult{{Name: "W1", Choice: "VPP1", AllocatedGain: 5}}}
	for _, p := range statistics.Payments(region, result) {
		fmt.Printf("%s pays %s %.0f for %s\n", p.From, p.To, p.Amount, p.For)
	}
	// Output:
	// VPP1 pays W1 70 for energy sold
	// VPP1 pays W1 5 for allocated gain
}
