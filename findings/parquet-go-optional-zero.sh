#!/bin/sh
# Package: github.com/parquet-go/parquet-go v0.29.0 and v0.32.0
# Guess: "optional" on a float64 permits nulls and stores a 0 as 0, in each release
# Seen: v0.32.0 stores a price of 0 as null, v0.29.0 stores it as 0; a file of measured zeros
#   turns into missing values by an update of the library
# Here: optional quantities are a type of their own (optional.Float), in which 0 is a value
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

for version in v0.29.0 v0.32.0; do
	rm -rf go
	go_get github.com/parquet-go/parquet-go@$version
	printf '%s ' $version
	go_run <<'EOF'
package main

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	Price float64 `parquet:"price,optional"`
}

func main() {
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{0}, {5}}); err != nil {
		panic(err)
	}
	type pointer struct {
		Price *float64 `parquet:"price,optional"`
	}
	rows, err := parquet.Read[pointer](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	for _, r := range rows {
		if r.Price == nil {
			fmt.Print("null ")
		} else {
			fmt.Print(*r.Price, " ")
		}
	}
	fmt.Println()
}
EOF
done >seen
same <<'EOF'
v0.29.0 0 5 
v0.32.0 null 5 
EOF
