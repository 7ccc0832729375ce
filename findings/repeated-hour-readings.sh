#!/bin/sh
# Package: Go 1.26 package time, npm luxon 3.7.2, dayjs 1.11.23, temporal-polyfill 1.0.8
# Guess: libraries agree on which of the two hours 02:30 of an autumn night is, and one library
#   has one rule for all zones
# Seen: in Berlin, Temporal takes the first hour, Luxon, Day.js and Go the second; in New York Go
#   takes the first one and the others do as before; of the spring hour that does not exist, Go
#   makes 03:30 in Berlin and 01:30 in New York
# Here: ReadCSV takes the instant that continues the grid, in a first row the earlier one
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get luxon@3.7.2 dayjs@1.11.23 temporal-polyfill@1.0.8
cat >run.mjs <<'EOF'
import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone.js";
import utc from "dayjs/plugin/utc.js";
import { DateTime } from "luxon";
import { Temporal } from "temporal-polyfill";
dayjs.extend(utc);
dayjs.extend(timezone);
for (const [zone, local] of [["Europe/Berlin", "2025-10-26T02:30"], ["America/New_York", "2025-11-02T01:30"]]) {
	const offset = (s) => s.match(/[+-]\d\d:\d\d/)[0];
	console.log(zone, local,
		"Temporal", offset(Temporal.PlainDateTime.from(local).toZonedDateTime(zone).toString().slice(10)),
		"Luxon", offset(DateTime.fromISO(local, { zone }).toISO().slice(10)),
		"Day.js", offset(dayjs.tz(local, zone).format().slice(10)));
}
EOF
mkdir go
cat >go/main.go <<'EOF'
package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

func main() {
	for _, c := range []struct {
		zone                string
		month               time.Month
		day, hour           int
		spring, springMonth int
	}{{"Europe/Berlin", 10, 26, 2, 30, 3}, {"America/New_York", 11, 2, 1, 9, 3}} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			panic(err)
		}
		fmt.Println(c.zone, "Go", time.Date(2025, c.month, c.day, c.hour, 30, 0, 0, zone).Format("-07:00"),
			"spring 02:30 is", time.Date(2025, time.Month(c.springMonth), c.spring, 2, 30, 0, 0, zone).Format("15:04-07:00"))
	}
}
EOF
{
	TZ=UTC node run.mjs
	TZ=UTC go run go/main.go
} >seen
same <<'EOF'
Europe/Berlin 2025-10-26T02:30 Temporal +02:00 Luxon +01:00 Day.js +01:00
America/New_York 2025-11-02T01:30 Temporal -04:00 Luxon -05:00 Day.js -05:00
Europe/Berlin Go +01:00 spring 02:30 is 03:30+02:00
America/New_York Go -04:00 spring 02:30 is 01:30-05:00
EOF
