package nats

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// workFor is the variable that makes this test binary a worker of the server
// with that address.
const workFor = "TRIGRID_TEST_NATS"

func TestMain(m *testing.M) {
	if url := os.Getenv(workFor); url != "" {
		err := Work(context.Background(), WorkOptions{URL: url, Workers: 1, Store: os.Getenv(storeIn)})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if folder := os.Getenv(runIn); folder != "" {
		if err := coordinate(folder, os.Getenv(listenOn)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testsolver.Main(m, "")
}
