#!/bin/sh
# Package: github.com/cometbft/cometbft v0.38.26
# Guess: a subscription and a later search with one query, such as "trade.price < 3", give the same
#   transactions
# Seen: they read numbers in two ways: a price of -5 is below 3 for the search and no number for
#   the subscription, "12.5 MWh" is 12.5 for the subscription and no number for the search, and 1e3
#   is 1 for the subscription and 1000 for the search; a query cannot name a negative number
# Here: contracts emit no events; participants read amounts as whole minor units by key, with proofs
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/cometbft/cometbft@v0.38.26
go_run >seen <<'EOF'
package main

import (
	"context"
	"fmt"

	db "github.com/cometbft/cometbft-db"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/pubsub/query"
	"github.com/cometbft/cometbft/state/txindex/kv"
)

func main() {
	if _, err := query.New("trade.price < -1"); err != nil {
		fmt.Println("a negative number in a query is an error")
	}
	for _, price := range []string{"5", "-5", "12.5 MWh", "1e3"} {
		attribute := abci.EventAttribute{Key: "price", Value: price, Index: true}
		event := abci.Event{Type: "trade", Attributes: []abci.EventAttribute{attribute}}
		index := kv.NewTxIndex(db.NewMemDB())
		tx := &abci.TxResult{Height: 1, Tx: []byte(price), Result: abci.ExecTxResult{Events: []abci.Event{event}}}
		if err := index.Index(tx); err != nil {
			panic(err)
		}
		for _, text := range []string{"trade.price < 3", "trade.price > 3"} {
			q := query.MustCompile(text)
			live, err := q.Matches(map[string][]string{"trade.price": {price}})
			if err != nil {
				panic(err)
			}
			found, err := index.Search(context.Background(), q)
			if err != nil {
				panic(err)
			}
			fmt.Printf("price %s: %s: subscription %t, search %t\n", price, text, live, len(found) == 1)
		}
	}
}
EOF
same <<'EOF'
a negative number in a query is an error
price 5: trade.price < 3: subscription false, search false
price 5: trade.price > 3: subscription true, search true
price -5: trade.price < 3: subscription false, search true
price -5: trade.price > 3: subscription false, search false
price 12.5 MWh: trade.price < 3: subscription false, search false
price 12.5 MWh: trade.price > 3: subscription true, search false
price 1e3: trade.price < 3: subscription true, search false
price 1e3: trade.price > 3: subscription false, search true
EOF
