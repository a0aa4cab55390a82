#!/bin/sh
# Installs the browser that tests/serve/test_browser.py drives, from Debian or Ubuntu.
set -eu
command -v chromium >/dev/null && exit 0
SUDO=$([ "$(id -u)" = 0 ] || echo sudo)
$SUDO apt-get update -q
$SUDO apt-get install -q -y --no-install-recommends chromium
