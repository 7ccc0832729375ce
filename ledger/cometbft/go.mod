module github.com/trigrid/trigrid/ledger/cometbft

go 1.26.0

require github.com/trigrid/trigrid v0.0.0

require github.com/cometbft/cometbft v0.38.26 // indirect

// The library has no published version yet, so this module is built against the checkout it lies in.
replace github.com/trigrid/trigrid => ../..
