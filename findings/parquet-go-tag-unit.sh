#!/bin/sh
# Package: github.com/parquet-go/parquet-go v0.32.0
# Guess: the tags "date" on a time.Time and "time(millisecond)" on a time.Duration convert the
#   value to days and milliseconds, as "timestamp(millisecond)" does, or are refused
# Seen: both store the lowest 32 bits of a nanosecond count: a date of 2025 is read back as the
#   year 2178462, and 90 minutes as 340 hours
# Here: the library has no Parquet columns; durations in case files carry their unit in the key
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/parquet-go/parquet-go@v0.32.0
go_run >seen <<'EOF'
package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	Day      time.Time     `parquet:"day,date"`
	Duration time.Duration `parquet:"duration,time(millisecond)"`
}

func main() {
	var b bytes.Buffer
	in := row{time.Date(2025, 10, 26, 1, 30, 0, 0, time.UTC), 90 * time.Minute}
	if err := parquet.Write(&b, []row{in}); err != nil {
		panic(err)
	}
	out, err := parquet.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	fmt.Println(out[0].Day.Year(), out[0].Duration)
}
EOF
same <<'EOF'
2178462 340h35m8.928s
EOF
