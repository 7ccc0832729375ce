#!/bin/sh
# Package: github.com/parquet-go/parquet-go v0.32.0
# Guess: reading a column into a field that cannot hold it, or that has no column, is an error
# Seen: no error in four cases: int64 into int32 keeps the low bits (2^40 is 0), a decimal 12.34
#   into float64 is 1234, a null into float64 is 0, and a field whose tag differs from the column
#   in the case of one letter is 0
# Here: the library reads CSV; missing columns are refused by name
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/parquet-go/parquet-go@v0.32.0
go_run >seen <<'EOF'
package main

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

type number struct {
	X float64 `parquet:"x"`
}

func through[In, Out any](what string, in In) {
	var b bytes.Buffer
	if err := parquet.Write(&b, []In{in}); err != nil {
		panic(err)
	}
	out, err := parquet.Read[Out](bytes.NewReader(b.Bytes()), int64(b.Len()))
	fmt.Println(what, out, err)
}

func main() {
	type long struct {
		X int64 `parquet:"x"`
	}
	type short struct {
		X int32 `parquet:"x"`
	}
	through[long, short]("int64 into int32:", long{1 << 40})
	type cents struct {
		X int64 `parquet:"x,decimal(2:18)"`
	}
	through[cents, number]("decimal into float64:", cents{1234})
	type pointer struct {
		X *float64 `parquet:"x,optional"`
	}
	through[pointer, number]("null into float64:", pointer{})
	type upper struct {
		X float64 `parquet:"X"`
	}
	through[number, upper]("x into X:", number{7})
}
EOF
same <<'EOF'
int64 into int32: [{0}] <nil>
decimal into float64: [{1234}] <nil>
null into float64: [{0}] <nil>
x into X: [{0}] <nil>
EOF
