#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: NakWithDelay(d) delivers again after d, and AckWait is the value that was set
# Seen: with BackOff, the server replaces AckWait by its first entry (10 s becomes 0.2 s) without
#   an error, and from the second Nak on NakWithDelay adds the difference between that delivery's
#   entry and the first: 0.1 s becomes 1.9 s
# Here: the consumer of sweep/nats has an AckWait and no BackOff
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
	stream := must(js.CreateStream(ctx, jetstream.StreamConfig{Name: "jobs", Subjects: []string{"job.>"}}))
	worker := must(stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: 5, AckWait: 10 * time.Second,
		BackOff: []time.Duration{200 * time.Millisecond, 2 * time.Second, 4 * time.Second},
	}))
	fmt.Println("AckWait", must(worker.Info(ctx)).Config.AckWait)
	must(js.Publish(ctx, "job.1", nil))
	m := must(worker.Next())
	for range 2 {
		begin := time.Now()
		if err := m.NakWithDelay(100 * time.Millisecond); err != nil {
			panic(err)
		}
		m = must(worker.Next())
		fmt.Println("delivery", must(m.Metadata()).NumDelivered,
			"after more than 1.5 s:", time.Since(begin) > 1500*time.Millisecond)
	}
}
EOF
same <<'EOF'
AckWait 200ms
delivery 2 after more than 1.5 s: false
delivery 3 after more than 1.5 s: true
EOF
