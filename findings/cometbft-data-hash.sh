#!/bin/sh
# Package: github.com/cometbft/cometbft v0.38.26
# Guess: the data hash of a block is the Merkle root over its transactions, as RFC 6962 builds it
# Seen: it is the root over the SHA-256 of each transaction: leaves are hashed twice, so a proof
#   made from transactions with the same package's Merkle tree does not fit the header
# Here: relays use the ledger's own outbox root inside the application's state
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/cometbft/cometbft@v0.38.26
go_run >seen <<'EOF'
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/types"
)

func main() {
	var txs types.Txs
	var plain, hashed [][]byte
	for _, s := range []string{"one", "two", "three"} {
		h := sha256.Sum256([]byte(s))
		txs = append(txs, types.Tx(s))
		plain, hashed = append(plain, []byte(s)), append(hashed, h[:])
	}
	fmt.Println("over transactions:", bytes.Equal(txs.Hash(), merkle.HashFromByteSlices(plain)))
	fmt.Println("over their hashes:", bytes.Equal(txs.Hash(), merkle.HashFromByteSlices(hashed)))
}
EOF
same <<'EOF'
over transactions: false
over their hashes: true
EOF
