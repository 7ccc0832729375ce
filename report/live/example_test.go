package live_test

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report/live"
)

// Half of the programs are solved. The page has the same texts.
func ExamplePage() {
	page := &live.Page{Region: "Hill"}
	page.Observe(trigrid.Progress{
		Stage: trigrid.Coalitions, Done: 32, Total: 64,
		VPP: "VPP1", Members: []string{"W1", "T1"}, Working: 3 * time.Second, Best: -123.4, Bound: -120,
		Profile: trigrid.Profile{"W1": "VPP1", "T1": "outside"}, Welfare: -150, WelfareBound: -120,
		Elapsed: 20 * time.Second, Remaining: 25 * time.Second,
	})
	text := page.State().Text
	for _, key := range []string{"stage", "program", "value", "profile", "welfare", "time"} {
		fmt.Println(text[key])
	}
	// Output:
	// coalitions, 32 of 64 done
	// VPP1 {W1 T1} for 3s
	// best -123.40, at most -120.00
	// VPP1: W1
	// outside: T1
	// -150.00, at most -120.00
	// 20s, about 25s left in this stage
}
