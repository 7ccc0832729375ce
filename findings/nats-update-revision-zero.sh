#!/bin/sh
# Package: github.com/nats-io/nats-server/v2 v2.15.2, github.com/nats-io/nats.go v1.55.0
# Guess: Update with revision 0 of a key-value bucket means "only if the key does not exist"
# Seen: it does for a key that was never there; for a deleted key it fails with a revision
#   mismatch, since the deletion has a revision, while Create succeeds on both
# Here: sweep/nats has no key-value bucket; keys of the ledger's state are created explicitly
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

	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	ctx, js := context.Background(), start()
	bucket := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "registry"}))
	_, err := bucket.Update(ctx, "vpp", []byte("1"), 0)
	fmt.Println("update of a new key:", err)
	if err := bucket.Delete(ctx, "vpp"); err != nil {
		panic(err)
	}
	_, err = bucket.Get(ctx, "vpp")
	fmt.Println("absent:", errors.Is(err, jetstream.ErrKeyNotFound))
	_, err = bucket.Update(ctx, "vpp", []byte("1"), 0)
	fmt.Println("update of the deleted key fails:", err != nil)
	_, err = bucket.Create(ctx, "vpp", []byte("1"))
	fmt.Println("create of the deleted key:", err)
}
EOF
same <<'EOF'
update of a new key: <nil>
absent: true
update of the deleted key fails: true
create of the deleted key: <nil>
EOF
