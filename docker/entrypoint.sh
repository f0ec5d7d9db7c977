#!/bin/sh
# Runs `bootwire ARGUMENTS` in /var/lib/bootwire, where bootwire.yaml, state/ and media/ are. A first run is one without a
# config *and* without state; only then is a starter config written. A config without state may mean that the state was
# lost: then the daemon says so, and installs nothing.
set -eu
bootwire=$(dirname "$0")/../dist/cli/main.js
if [ "${1:-}" = serve ] && [ ! -e bootwire.yaml ] && [ ! -e state ]; then
  node "$bootwire" init
fi
# The flag: little room for short-lived objects, 50 MB less memory in all.
exec node --max-semi-space-size=2 "$bootwire" "$@"
