// Package entropy reads random bytes, either from the operating system or, in
// simulations, from a seeded reader that makes runs repeatable.
package entropy

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// Fill reads len(b) random bytes. A nil reader is the operating system's
// source.
//
// A reader that has fewer bytes left is an error.
func Fill(random io.Reader, b []byte) error {
	if random == nil {
		random = rand.Reader
	}
	if _, err := io.ReadFull(random, b); err != nil {
		return fmt.Errorf("ledger: random source: %w", err)
	}
	return nil
}

// Shuffle permutes v uniformly by the algorithm of Fisher and Yates. Each index
// is drawn by rejection, because the remainder of a division would favour low
// indices.
func Shuffle[T any](random io.Reader, v []T) error {
	for i := len(v) - 1; i > 0; i-- {
		j, err := below(random, uint32(i+1))
		if err != nil {
			return err
		}
		v[i], v[j] = v[j], v[i]
	}
	return nil
}

// below draws a uniform number in [0, n). It accepts numbers under the largest
// multiple of n that 32 bits can count.
//
// For example, n = 6 accepts numbers below 4,294,967,292.
func below(random io.Reader, n uint32) (uint32, error) {
	limit := uint32((1 << 32) / uint64(n) * uint64(n) % (1 << 32)) // 0 stands for 2^32
	for {
		var b [4]byte
		if err := Fill(random, b[:]); err != nil {
			return 0, err
		}
		x := binary.BigEndian.Uint32(b[:])
		if limit == 0 || x < limit {
			return x % n, nil
		}
	}
}
