#!/bin/sh
# Makes sure there is a Chromium for the browser tests: one that is here, else the system's package, else Playwright's own.
set -eu
python=${1:-python3}

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    if [ "$(id -u)" != 0 ]; then as_root="sudo -n"; fi
    if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; then
        exit 0
    fi
fi

exec "$python" -m playwright install --with-deps chromium
