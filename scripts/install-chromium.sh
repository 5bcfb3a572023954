#!/usr/bin/env bash
# Makes sure of Chromium, which the tests of the report look at it with. Without it they are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit
done
[ -n "${FAULTSIM_CHROMIUM:-}" ] && [ -x "$FAULTSIM_CHROMIUM" ] && exit

if command -v apt-get >/dev/null && bash scripts/apt-install.sh chromium fonts-dejavu-core; then
    exit
fi
echo "faultsim: no Chromium here; the tests of report.html in a browser will be skipped" >&2
echo "    install it, or set FAULTSIM_CHROMIUM to its program" >&2
