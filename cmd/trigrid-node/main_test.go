//go:build !js

package main

import (
	"os"
	"testing"

	"github.com/trigrid/trigrid/internal/command"
)

// child makes the test binary behave as the command. Tests start it as
// processes of their own.
const child = "TRIGRID_NODE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		command.Main(run)
	}
	os.Exit(m.Run())
}
