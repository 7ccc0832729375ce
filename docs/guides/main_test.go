package guides_test

import (
	"testing"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// TestMain skips the tests of the guides that need a solver if the machine has
// none.
func TestMain(m *testing.M) {
	testsolver.Main(m, "^(TestCharger|ExampleCharger|ExampleTakeOrPay|ExampleEqual|Example_instances)")
}
