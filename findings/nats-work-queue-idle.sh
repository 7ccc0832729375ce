#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: a work queue whose consumer has nothing pending and nothing unacknowledged is empty
# Seen: after MaxDeliver failed deliveries the job stays in the stream, while both counts are 0;
#   with one message per subject, its subject refuses every new job from then on
# Here: the consumer of sweep/nats has no limit of deliveries, and its coordinator counts answers
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

nats_get
go_run >seen <<'EOF'
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	ctx, js := context.Background(), start()
	stream := must(js.CreateStream(ctx, jetstream.StreamConfig{
		Name: "jobs", Subjects: []string{"job.>"}, Retention: jetstream.WorkQueuePolicy,
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
	}))
	worker := must(stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: 2,
	}))
	must(js.Publish(ctx, "job.7", nil))
	for range 2 {
		if err := must(worker.Next()).Nak(); err != nil {
			panic(err)
		}
	}
	_, err := worker.Next(jetstream.FetchMaxWait(time.Second))
	info := must(worker.Info(ctx))
	fmt.Println("third delivery:", err)
	fmt.Println("pending", info.NumPending, "unacknowledged", info.NumAckPending,
		"in the stream", must(stream.Info(ctx)).State.Msgs)
	_, err = js.Publish(ctx, "job.7", nil)
	var refused *jetstream.APIError
	fmt.Println("new job refused:", errors.As(err, &refused))
}
EOF
same <<'EOF'
third delivery: nats: timeout
pending 0 unacknowledged 0 in the stream 1
new job refused: true
EOF
