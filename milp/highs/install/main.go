// Command install downloads the WebAssembly build of HiGHS into the user's cache folder,
// from which package milp/highs loads it. It needs npm and no root access. If the build is
// already there, it only prints the folder.
//
//	go run github.com/trigrid/trigrid/milp/highs/install
//
// An interrupt (Ctrl-C) stops the download.
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
