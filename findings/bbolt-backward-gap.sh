#!/bin/sh
# Package: go.etcd.io/bbolt v1.5.0
# Guess: within a write transaction, a cursor sees the same keys forwards and backwards, also after
#   keys were deleted
# Seen: after k0500 to k1499 of 2000 keys were deleted, a loop from First with Next sees 1000 keys
#   and one from Last with Prev ends at the gap after 500, since Prev returns nil on a page that
#   became empty; Stats still counts 2000 keys, Inspect 1000; after the commit all four are 1000
# Here: the node's store reads and deletes single keys and has no cursor
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
		b, err := tx.CreateBucket([]byte("b"))
		must(err)
		for i := range 2000 {
			must(b.Put(key(i), []byte("v")))
		}
		count("all keys", b)
		return nil
	}))
	must(db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("b"))
		for i := 500; i < 1500; i++ {
			must(b.Delete(key(i)))
		}
		count("after deletions", b)
		return nil
	}))
	must(db.View(func(tx *bbolt.Tx) error {
		count("after commit", tx.Bucket([]byte("b")))
		return nil
	}))
}

func count(what string, b *bbolt.Bucket) {
	var forwards, backwards int
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		forwards++
	}
	for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
		backwards++
	}
	fmt.Printf("%s: forwards %d, backwards %d, Stats %d, Inspect %d\n",
		what, forwards, backwards, b.Stats().KeyN, b.Inspect().KeyN)
}

func key(i int) []byte { return fmt.Appendf(nil, "k%04d", i) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
same <<'EOF'
all keys: forwards 2000, backwards 2000, Stats 0, Inspect 2000
after deletions: forwards 1000, backwards 500, Stats 2000, Inspect 1000
after commit: forwards 1000, backwards 1000, Stats 1000, Inspect 1000
EOF
