#!/bin/sh
# Install Chromium and the DejaVu fonts, with which tests open the page of a report, where root and apt
# allow it. Tests that want them skip where they are absent.
set -eu
if command -v chromium >/dev/null && [ -d /usr/share/fonts/truetype/dejavu ]; then
	echo "browser: chromium and the DejaVu fonts are here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	[ -n "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] || apt-get update -qq >/dev/null 2>&1 || true
	echo "browser: installing chromium and fonts-dejavu-core with apt"
	apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1 ||
		echo "browser: could not be installed; its tests skip"
else
	echo "browser: chromium is not here and cannot be installed without root; its tests skip"
fi
