// Command sweep runs a small sweep on an embedded server with two worker processes, and on
// goroutines, and compares the tables.
//
//	go run ./examples/sweep -case ../../examples/threelevel/case.json -set seed=1..2
//
// It prints the table once if both are equal, and the time per program of both.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/trigrid/trigrid/internal/cmd/sweeping"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/sweep/nats"
)

// workFor is the variable that makes this program a worker of a server.
const workFor = "TRIGRID_EXAMPLE_NATS"

// storeIn has the folder of solutions that both workers share.
const storeIn = "TRIGRID_EXAMPLE_STORE"

func main() { command.Main(run) }

// run runs the sweep twice.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if url := os.Getenv(workFor); url != "" {
		return nats.Work(ctx, nats.WorkOptions{URL: url, Workers: 1, Store: os.Getenv(storeIn)})
	}
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	var f sweeping.Flags
	f.Add(flags)
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	var here, there bytes.Buffer
	f.Workers = 2
	began := time.Now()
	if err := f.Run(ctx, nil, &here, stderr); err != nil {
		return err
	}
	goroutines := time.Since(began)
	c, err := nats.Start(ctx, nats.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	defer c.Close()
	folder, err := os.MkdirTemp("", "trigrid-solved")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	own, err := os.Executable()
	if err != nil {
		return err
	}
	workers, stop := context.WithCancel(ctx)
	defer stop()
	for range 2 {
		w := exec.CommandContext(workers, own)
		w.Env = append(os.Environ(), workFor+"="+c.URL(), storeIn+"="+folder)
		if err := w.Start(); err != nil {
			return err
		}
		defer w.Wait() // after stop, which kills it
		defer stop()
	}
	began = time.Now()
	if err := f.Run(ctx, c.Farm, &there, stderr); err != nil {
		return err
	}
	network := time.Since(began)
	if here.String() != there.String() {
		return fmt.Errorf("the tables differ:\n%s\n%s", here.String(), there.String())
	}
	n := c.Counts()
	_, err = fmt.Fprintf(stdout, "%s\nequal tables; %d programs: %v each on goroutines, %v each on two processes (wall time; %d groups)\n",
		there.String(), n.Answers, goroutines/time.Duration(max(1, n.Answers)), network/time.Duration(max(1, n.Answers)), n.Groups)
	return err
}
