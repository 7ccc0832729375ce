#!/bin/sh
# Package: npm dayjs 1.11.23 with its plugin duration, iso8601-duration 2.1.4, luxon 3.7.2,
#   moment 2.31.0, duration-fns 3.0.2
# Guess: libraries agree on a gate closure of -PT15M and on PT1,5H, whose comma ISO 8601 allows,
#   and a library reads the text that it wrote
# Seen: -PT15M, which Day.js writes for -15 minutes, is 15 for Day.js itself and for
#   iso8601-duration, and -15 for the others; PT1,5H is 90 for Moment and iso8601-duration, 0 for
#   Day.js and NaN for Luxon, without an error; duration-fns refuses it
# Here: durations in case files are numbers with the unit in the key
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get dayjs@1.11.23 iso8601-duration@2.1.4 luxon@3.7.2 moment@2.31.0 duration-fns@3.0.2
cat >run.mjs <<'EOF'
import dayjs from "dayjs";
import plugin from "dayjs/plugin/duration.js";
import { toMinutes } from "duration-fns";
import { parse, toSeconds } from "iso8601-duration";
import { Duration } from "luxon";
import moment from "moment";
dayjs.extend(plugin);
console.log("dayjs writes", dayjs.duration(-15, "minutes").toISOString());
const readers = {
	dayjs: (s) => dayjs.duration(s).asMinutes(),
	"iso8601-duration": (s) => toSeconds(parse(s)) / 60,
	luxon: (s) => Duration.fromISO(s).as("minutes"),
	moment: (s) => moment.duration(s).asMinutes(),
	"duration-fns": (s) => toMinutes(s),
};
for (const [name, read] of Object.entries(readers)) {
	const seen = ["PT15M", "-PT15M", "PT1,5H"].map((s) => {
		try {
			return read(s);
		} catch {
			return "refused";
		}
	});
	console.log(name, ...seen);
}
EOF
node run.mjs >seen
same <<'EOF'
dayjs writes -PT15M
dayjs 15 15 0
iso8601-duration 15 15 90
luxon 15 -15 NaN
moment 15 -15 90
duration-fns 15 -15 refused
EOF
