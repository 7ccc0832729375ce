#!/bin/sh
# Package: github.com/cometbft/cometbft v0.38.26
# Guess: a genesis file with an unknown key is refused, or its keys are matched without case as
#   by encoding/json
# Seen: keys are matched with case and unknown ones dropped: "Initial_Height" and "initial_heigth"
#   leave the height at 1 without an error, while a right key with a plain number is refused
# Here: the adapter builds the genesis document in code and compares it in InitChain
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/cometbft/cometbft@v0.38.26
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"github.com/cometbft/cometbft/types"
)

func main() {
	for _, entry := range []string{
		`"initial_height": "50"`, `"Initial_Height": "50"`, `"initial_heigth": "50"`, `"initial_height": 50`,
	} {
		doc, err := types.GenesisDocFromJSON([]byte(`{"chain_id": "grid", ` + entry + `}`))
		if err != nil {
			fmt.Println(entry, "refused")
			continue
		}
		fmt.Println(entry, "height", doc.InitialHeight)
	}
}
EOF
same <<'EOF'
"initial_height": "50" height 50
"Initial_Height": "50" height 1
"initial_heigth": "50" height 1
"initial_height": 50 refused
EOF
