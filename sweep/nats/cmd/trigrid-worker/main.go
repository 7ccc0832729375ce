// Command trigrid-worker solves programs for a coordinator, such as
// trigrid-sweep.
//
//	trigrid-worker -nats nats://10.0.0.1:4222
//
// It reads the data of each study from the coordinator, and refuses a study if
// its own build of trigrid or of the solver gives another digest. It ends with
// an interrupt; a worker that is killed loses nothing but the programs that it
// was solving.
//
//	-nats URL        server of the coordinator; required
//	-workers n       programs at a time; default: one per core
//	-store folder    solutions that the workers of a machine share; default: none
//	-creds file      credentials of the connection
//	-user, -password of an embedded server with a password
//	-ca file         certificate authority of the server; with it the connection uses TLS
//	-cert, -key      certificate and key of this worker
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/sweep/nats"
	"github.com/trigrid/trigrid/sweep/nats/internal/connection"
)

func main() { command.Main(run) }

// run works until ctx ends.
func run(ctx context.Context, args []string, _, stderr io.Writer) error {
	flags := flag.NewFlagSet("trigrid-worker", flag.ContinueOnError)
	var f connection.Flags
	f.Add(flags)
	workers := flags.Int("workers", 0, "programs at a time; 0: one per core")
	folder := flags.String("store", "", "`folder` for solutions that the workers of a machine share")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if f.URL == "" {
		return command.Misused("name the server with -nats, such as -nats nats://10.0.0.1:4222")
	}
	config, err := f.Client()
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "works for %s until an interrupt; the first connection is tried for 30 s\n", f.URL)
	err = nats.Work(ctx, nats.WorkOptions{
		URL: f.URL, TLS: config, Credentials: f.Credentials, Username: f.User, Password: f.Password, Workers: *workers, Store: *folder,
	})
	if errors.Is(err, context.Cause(ctx)) {
		return nil // an interrupt is the regular end
	}
	return err
}
