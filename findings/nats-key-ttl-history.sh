#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: a key that is created with a TTL of 1 s is gone after 1 s, in each key-value bucket
# Seen: in a bucket with LimitMarkerTTL and a history of more than one value, the server raises a
#   shorter TTL to the one of the markers without an error: with a history of 1 the key is gone
#   after 1 s, with a history of 2 it holds for an hour; the TTL of a purge is raised as well
# Here: sweep/nats uses no TTL of keys; a worker's group is delivered again after a missed AckWait
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
	for _, history := range []uint8{1, 2} {
		name := fmt.Sprint("leaders", history)
		bucket := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, History: history, LimitMarkerTTL: time.Hour,
		}))
		must(bucket.Create(ctx, "vpp", []byte("node1"), jetstream.KeyTTL(time.Second)))
		must(bucket.Put(ctx, "der", []byte("node1")))
		if err := bucket.Purge(ctx, "der", jetstream.PurgeTTL(time.Second)); err != nil {
			panic(err)
		}
		stream := must(js.Stream(ctx, "KV_"+name))
		ttl := func(key string) string {
			return must(stream.GetLastMsgForSubject(ctx, "$KV."+name+"."+key)).Header.Get("Nats-TTL")
		}
		fmt.Println("history", history, "TTL of the key:", ttl("vpp"), "of the purge:", ttl("der"))
		time.Sleep(3 * time.Second)
		_, err := bucket.Get(ctx, "vpp")
		fmt.Println("  after 3 s:", err)
	}
}
EOF
same <<'EOF'
history 1 TTL of the key: 1s of the purge: 1s
  after 3 s: nats: key not found
history 2 TTL of the key: 3600 of the purge: 3600
  after 3 s: <nil>
EOF
