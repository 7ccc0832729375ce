#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: a message id is compared with messages that the stream still holds, per subject
# Seen: an id counts for the whole stream: a message with another subject and body but a known id
#   is acknowledged and dropped; after a purge the stream is empty, and sending its messages again
#   is acknowledged with old sequences while nothing is stored
# Here: the ledger's intake compares client, number and digest of the request
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
	stream := must(js.CreateStream(ctx, jetstream.StreamConfig{
		Name: "bids", Subjects: []string{"bid.>"}, Duplicates: time.Minute,
	}))
	publish := func(what, subject, body string) {
		ack := must(js.Publish(ctx, subject, []byte(body), jetstream.WithMsgID("1")))
		stored := must(stream.Info(ctx)).State.Msgs
		fmt.Println(what, "sequence", ack.Sequence, "duplicate", ack.Duplicate, "stored", stored)
	}
	publish("first:", "bid.north", "5 MW")
	publish("other subject and body:", "bid.south", "9 MW")
	if err := stream.Purge(ctx); err != nil {
		panic(err)
	}
	publish("again after a purge:", "bid.north", "5 MW")
}
EOF
same <<'EOF'
first: sequence 1 duplicate false stored 1
other subject and body: sequence 1 duplicate true stored 1
again after a purge: sequence 1 duplicate true stored 0
EOF
