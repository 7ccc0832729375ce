#!/bin/sh
# Package: go.etcd.io/bbolt v1.5.0
# Guess: Get returns nil for a key that does not exist, and no nil for one that was put
# Seen: a key put with a nil value, as of a set of keys, is absent for Get in its own transaction
#   and there after the commit, so a check for doubles within one batch finds none; ForEach shows it
#   like a nested bucket; a key put with an empty slice is there at once
# Here: a nil value deletes in the node's store, and each Get has a transaction of its own
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get go.etcd.io/bbolt@v1.5.0
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"go.etcd.io/bbolt"
)

func main() {
	db, err := bbolt.Open("keys.db", 0o600, nil)
	must(err)
	defer db.Close()
	must(db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("seen"))
		must(err)
		must(b.Put([]byte("empty"), []byte{}))
		must(b.Put([]byte("nil"), nil))
		show("own transaction", b)
		return nil
	}))
	must(db.View(func(tx *bbolt.Tx) error {
		show("after commit", tx.Bucket([]byte("seen")))
		return nil
	}))
}

func show(what string, b *bbolt.Bucket) {
	for _, key := range []string{"absent", "empty", "nil"} {
		fmt.Printf("%s: Get of %q is nil: %t\n", what, key, b.Get([]byte(key)) == nil)
	}
	must(b.ForEach(func(k, v []byte) error {
		fmt.Printf("%s: ForEach of %q is nil: %t\n", what, k, v == nil)
		return nil
	}))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
same <<'EOF'
own transaction: Get of "absent" is nil: true
own transaction: Get of "empty" is nil: false
own transaction: Get of "nil" is nil: true
own transaction: ForEach of "empty" is nil: false
own transaction: ForEach of "nil" is nil: true
after commit: Get of "absent" is nil: true
after commit: Get of "empty" is nil: false
after commit: Get of "nil" is nil: false
after commit: ForEach of "empty" is nil: false
after commit: ForEach of "nil" is nil: false
EOF
