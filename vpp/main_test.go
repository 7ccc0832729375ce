package vpp_test

import (
	"testing"

	"github.com/trigrid/trigrid/vpp/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m) }
