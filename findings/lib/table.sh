#!/bin/sh
# Renews the table of README.md from the headers of the scripts; run by `make findings`.
set -eu
cd "$(dirname "$0")/.."
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed '/^| script/,$d' README.md >"$new"
{
	echo '| script | package | surprise | here |'
	echo '|---|---|---|---|'
	for f in *.sh; do
		awk -v name="${f%.sh}" '
			function end() { if (key != "") { gsub(/\|/, "\\|", text); field[key] = text } key = "" }
			/^# (Package|Guess|Seen|Here): / {
				end()
				key = $2; sub(/:$/, "", key)
				text = $0; sub(/^# [A-Za-z]+: */, "", text)
				next
			}
			key != "" && /^#   / { sub(/^# +/, ""); text = text " " $0; next }
			{ end() }
			END {
				printf "| %s | %s | %s. Guess: %s. | %s |\n",
					name, field["Package"], field["Seen"], field["Guess"], field["Here"]
			}' "$f"
	done
} >>"$new"
cat "$new" >README.md
