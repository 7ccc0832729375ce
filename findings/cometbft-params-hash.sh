#!/bin/sh
# Package: github.com/cometbft/cometbft v0.38.26
# Guess: nodes with other consensus parameters, or other results of a block, disagree on the
#   hashes of the header
# Seen: the consensus hash covers the block's MaxBytes and MaxGas only: another evidence age, key
#   type of validators or start of vote extensions gives the same hash; the hash of results covers
#   code, data and gas, so other logs, events and codespaces stay unnoticed, while gas counts
# Here: all nodes build the genesis document from one value, and the application's hash is the
#   ledger's own header
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/cometbft/cometbft@v0.38.26
go_run >seen <<'EOF'
package main

import (
	"bytes"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"
)

func main() {
	base := types.DefaultConsensusParams().Hash()
	params := func(what string, change func(*types.ConsensusParams)) {
		p := types.DefaultConsensusParams()
		change(p)
		fmt.Println(what, p.ValidateBasic(), "same hash:", bytes.Equal(p.Hash(), base))
	}
	params("largest block", func(p *types.ConsensusParams) { p.Block.MaxBytes /= 2 })
	params("evidence age", func(p *types.ConsensusParams) { p.Evidence.MaxAgeNumBlocks = 3 })
	params("vote extensions", func(p *types.ConsensusParams) { p.ABCI.VoteExtensionsEnableHeight = 7 })
	params("key types", func(p *types.ConsensusParams) {
		p.Validator.PubKeyTypes = []string{types.ABCIPubKeyTypeSecp256k1}
	})

	hash := func(r abci.ExecTxResult) []byte {
		return types.NewResults([]*abci.ExecTxResult{&r}).Hash()
	}
	first := hash(abci.ExecTxResult{Code: 1, GasUsed: 2})
	result := func(what string, r abci.ExecTxResult) {
		fmt.Println(what, "same hash:", bytes.Equal(hash(r), first))
	}
	result("gas", abci.ExecTxResult{Code: 1, GasUsed: 3})
	result("log", abci.ExecTxResult{Code: 1, GasUsed: 2, Log: "refused"})
	result("codespace", abci.ExecTxResult{Code: 1, GasUsed: 2, Codespace: "market"})
	result("events", abci.ExecTxResult{Code: 1, GasUsed: 2, Events: []abci.Event{{Type: "trade"}}})
}
EOF
same <<'EOF'
largest block <nil> same hash: false
evidence age <nil> same hash: true
vote extensions <nil> same hash: true
key types <nil> same hash: true
gas same hash: false
log same hash: true
codespace same hash: true
events same hash: true
EOF
