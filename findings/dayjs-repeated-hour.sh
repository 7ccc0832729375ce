#!/bin/sh
# Package: npm dayjs 1.11.23 with its plugins utc and timezone
# Guess: adding an hour to a time in a zone moves it by an hour, on each machine
# Seen: from 02:30+02:00 in Berlin, before the clocks go back, one hour more is 03:30+02:00 on a
#   machine in UTC, an offset that is over, and 02:30+02:00 on a machine in Berlin: no movement,
#   so a loop of such additions stays in that hour
# Here: steps are counted from the first instant; local labels are derived from it
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get dayjs@1.11.23
cat >run.mjs <<'EOF'
import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone.js";
import utc from "dayjs/plugin/utc.js";
dayjs.extend(utc);
dayjs.extend(timezone);
const first = dayjs("2025-10-26T00:30:00Z").tz("Europe/Berlin");
const next = first.add(1, "hour");
console.log(process.env.TZ, first.format(), "plus one hour", next.format(), "minutes", next.diff(first, "minute"));
EOF
for zone in UTC Europe/Berlin; do TZ=$zone node run.mjs; done >seen
same <<'EOF'
UTC 2025-10-26T02:30:00+02:00 plus one hour 2025-10-26T03:30:00+02:00 minutes 60
Europe/Berlin 2025-10-26T02:30:00+02:00 plus one hour 2025-10-26T02:30:00+02:00 minutes 0
EOF
