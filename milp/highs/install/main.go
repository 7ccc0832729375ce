// Command install fetches the WebAssembly build of HiGHS into the user's cache folder, where
// package milp/highs finds it. It needs npm and no root, and does nothing where the build is
// already there.
//
//	go run github.com/trigrid/trigrid/milp/highs/install
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/trigrid/trigrid/milp/highs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := highs.Install(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("HiGHS for WebAssembly is in", folder)
}
