package dertest_test

import (
	"testing"

	"github.com/trigrid/trigrid/der/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m) }
