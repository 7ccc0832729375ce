#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: a key-value bucket that mirrors another one of the same account returns its values
# Seen: the mirror holds the value and a Put through it reaches the origin, but Get, Keys and
#   History of the mirror find no key, without an error at its creation: the values lie under
#   the origin's subjects, the client reads those of the mirror; a bucket with the origin as
#   its source returns the value
# Here: sweep/nats keeps studies in one object store and mirrors nothing
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

nats_get
go_run >seen <<'EOF'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	ctx, js := context.Background(), start()
	origin := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "origin"}))
	must(origin.Put(ctx, "price", []byte("50")))
	from := &jetstream.StreamSource{Name: "origin"}
	mirror := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "mirror", Mirror: from}))
	sourced := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "sourced", Sources: []*jetstream.StreamSource{from},
	}))
	must(mirror.Put(ctx, "price", []byte("60")))
	fmt.Println("origin", string(must(origin.Get(ctx, "price")).Value()))
	for _, bucket := range []jetstream.KeyValue{mirror, sourced} {
		value := func() string {
			entry, err := bucket.Get(ctx, "price")
			if err != nil {
				return err.Error()
			}
			return string(entry.Value())
		}
		// Both copies are complete within a second or two.
		for range 50 {
			if value() == "60" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		keys, err := bucket.Keys(ctx)
		values := must(bucket.Status(ctx)).Values()
		fmt.Println(bucket.Bucket(), "values", values, "get:", value(), "keys:", keys, err)
	}
	stream := must(js.Stream(ctx, "KV_mirror"))
	message := must(stream.GetLastMsgForSubject(ctx, "$KV.origin.price"))
	fmt.Println("in the mirror's stream:", string(message.Data))
}
EOF
same <<'EOF'
origin 60
mirror values 1 get: nats: key not found keys: [] nats: no keys found
sourced values 1 get: 60 keys: [price] <nil>
in the mirror's stream: 60
EOF
