#!/bin/sh
# Package: npm @date-fns/tz 1.5.0, date-fns 4.4.0
# Guess: TZDate of a stated zone gives the same results in each zone of the machine
# Seen: on 2025-10-26 in Berlin, the local time 02:30 is the second hour on a machine in UTC and
#   the first on one in Berlin; there, startOfHour of the second hour moves into the first one
# Here: steps are counted from the first instant; local labels are derived from it
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get @date-fns/tz@1.5.0 date-fns@4.4.0
cat >run.mjs <<'EOF'
import { startOfHour } from "date-fns";
import { TZDate } from "@date-fns/tz";
const zone = "Europe/Berlin";
console.log(process.env.TZ, new TZDate(2025, 9, 26, 2, 30, zone).toISOString(),
	"start of the second hour", startOfHour(new TZDate("2025-10-26T01:30:00Z", zone)).toISOString());
EOF
for machine in UTC Europe/Berlin; do TZ=$machine node run.mjs; done >seen
same <<'EOF'
UTC 2025-10-26T02:30:00.000+01:00 start of the second hour 2025-10-26T02:00:00.000+01:00
Europe/Berlin 2025-10-26T02:30:00.000+02:00 start of the second hour 2025-10-26T02:00:00.000+02:00
EOF
