package cometbft

import (
	_ "github.com/cometbft/cometbft/node"
	_ "github.com/cometbft/cometbft/privval"
	_ "github.com/trigrid/trigrid/ledger"
	_ "github.com/trigrid/trigrid/ledger/ledgertest"
)
