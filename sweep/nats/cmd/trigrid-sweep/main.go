// Command trigrid-sweep runs a case under a grid of weights, seeds, days and
// other keys, on this machine, as one of several shards, or with workers on a
// network.
//
//	trigrid-sweep -case case.json -weights step=0.2 -set seed=1..20 -out sweep
//	trigrid-sweep -case case.json -set seed=1..400 -journal j -shard 3/8
//	trigrid-sweep -case case.json -set seed=1..400 -journal j -listen 0.0.0.0:4222
//	trigrid-sweep -case case.json -set seed=1..400 -journal j -nats nats://10.0.0.1:4222
//
// With -listen it embeds a NATS server for the commands trigrid-worker of a
// cluster; with -nats it uses a server that runs already. A sweep that was
// killed continues with the same command and journal.
//
// docs/sweeps.md explains the flags, and has recipes for Slurm, Kubernetes and
// GNU parallel.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/trigrid/trigrid/internal/cmd/sweeping"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/sweep/nats"
	"github.com/trigrid/trigrid/sweep/nats/internal/connection"
)

func main() { command.Main(run) }

// run is the program of the flags.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("trigrid-sweep", flag.ContinueOnError)
	var (
		f sweeping.Flags
		n connection.Flags
	)
	f.Add(flags)
	n.Add(flags)
	listen := flags.String("listen", "", "`address` of an embedded server for workers, such as 0.0.0.0:4222")
	local := flags.Int("local", 0, "workers of a network run in this process")
	width := flags.Int("width", 0, "programs in flight; 0: 256")
	silent := flags.Duration("silent", 10*time.Second, "time after which a silent worker is given up")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *listen == "" && n.URL == "" {
		return f.Run(ctx, nil, stdout, stderr)
	}
	if *listen != "" && n.URL != "" {
		return command.Misused("-listen embeds a server and -nats uses another one; leave out one of them")
	}
	o := nats.Options{
		Listen: *listen, URL: n.URL, Credentials: n.Credentials, Username: n.User, Password: n.Password, Local: *local, Width: *width, AckWait: *silent,
	}
	if *listen != "" {
		o.TLS, err = n.Server()
	} else {
		o.TLS, err = n.Client()
	}
	if err != nil {
		return err
	}
	c, err := nats.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	fmt.Fprintln(stderr, "workers: trigrid-worker -nats", c.URL())
	err = f.Run(ctx, c.Farm, stdout, stderr)
	counts := c.Counts() // also after a failure, of which refusals can be the reason
	fmt.Fprintf(stderr, "%d answers in %d groups; %d duplicates, %d wrong, %d refusals\n",
		counts.Answers, counts.Groups, counts.Duplicates, counts.Wrong, counts.Refused)
	return err
}
