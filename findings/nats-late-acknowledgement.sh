#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: once a message was delivered again, only the holder of the new delivery can acknowledge
# Seen: a late acknowledgement of the first worker removes the message, and the DoubleAck of the
#   second succeeds as well, so both count the job as theirs; a late Nak of the first worker starts
#   a third delivery while the second works
# Here: in sweep/nats the first answer of a job counts; later ones are counted and dropped
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
		Name: "jobs", Subjects: []string{"job.>"}, Retention: jetstream.WorkQueuePolicy,
	}))
	worker := must(stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Second,
	}))
	left := func() uint64 { return must(stream.Info(ctx)).State.Msgs }

	must(js.Publish(ctx, "job.1", nil))
	first := must(worker.Next())
	second := must(worker.Next()) // after AckWait
	fmt.Println("late DoubleAck of the first:", first.DoubleAck(ctx), "left", left())
	fmt.Println("DoubleAck of the second:", second.DoubleAck(ctx))

	must(js.Publish(ctx, "job.2", nil))
	first = must(worker.Next())
	must(worker.Next())
	begin := time.Now()
	fmt.Println("late Nak of the first:", first.Nak())
	third := must(must(worker.Next()).Metadata())
	fmt.Println("delivery", third.NumDelivered, "before AckWait", time.Since(begin) < 700*time.Millisecond)
}
EOF
same <<'EOF'
late DoubleAck of the first: <nil> left 0
DoubleAck of the second: <nil>
late Nak of the first: <nil>
delivery 3 before AckWait true
EOF
