#!/bin/sh
# Package: github.com/cometbft/cometbft v0.38.26
# Guess: the mempool refuses a transaction that was committed, or passes it to the application for
#   a known reason
# Seen: only its cache remembers, by count: after as many newer transactions as cache_size, a
#   committed one is accepted again without an error; a transaction that failed in its block is
#   forgotten at once
# Here: the ledger's number per client decides in the application
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/cometbft/cometbft@v0.38.26
go_run >seen <<'EOF'
package main

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"
)

func main() {
	client, err := proxy.NewLocalClientCreator(abci.NewBaseApplication()).NewABCIClient()
	if err != nil {
		panic(err)
	}
	if err := client.Start(); err != nil {
		panic(err)
	}
	options := config.DefaultMempoolConfig()
	options.CacheSize = 3
	pool := mempool.NewCListMempool(options, client, 0)
	send := func(what, tx string) {
		fmt.Println(what, pool.CheckTx(types.Tx(tx), nil, mempool.TxInfo{}))
	}
	commit := func(height int64, tx string, code uint32) {
		pool.Lock()
		defer pool.Unlock()
		result := []*abci.ExecTxResult{{Code: code}}
		if err := pool.Update(height, types.Txs{types.Tx(tx)}, result, nil, nil); err != nil {
			panic(err)
		}
	}
	send("pay:", "pay")
	commit(1, "pay", 0)
	send("pay after its block:", "pay")
	for _, tx := range []string{"a", "b", "c"} {
		send(tx+":", tx)
	}
	send("pay after three more:", "pay")
	send("c again:", "c")
	commit(2, "c", 1)
	send("c after it failed in a block:", "c")
}
EOF
same <<'EOF'
pay: <nil>
pay after its block: tx already exists in cache
a: <nil>
b: <nil>
c: <nil>
pay after three more: <nil>
c again: tx already exists in cache
c after it failed in a block: <nil>
EOF
