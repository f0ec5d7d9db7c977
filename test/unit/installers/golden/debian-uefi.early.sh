#!/bin/sh
# Runs in the installer as soon as it has read its answers: nothing is written yet.
# Shared by the scripts that run in the installer: GNU wget and busybox are all that there is.
url='http://192.0.2.1:8080/a/token'

# post NAME [BODY]: tells Bootwire; with patience, as it may be starting again.
post() {
  wget -q -O /dev/null --timeout=20 --tries=10 --waitretry=10 --retry-connrefused --post-data="${2:-}" "$url/$1"
}

# json: standard input as the inside of a JSON string.
json() {
  tr '\t' ' ' | tr -d '\r' | awk '{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); gsub(/[\001-\037]/, ""); printf "%s\\n", $0 }'
}

# fail REASON: tells Bootwire, with the installer's log, and starts the machine again: its dialogs would wait for ever.
fail() {
  reason=$(echo "$1" | json)
  log=$(tail -n 200 /var/log/syslog | json)
  post failed "{\"reason\": \"${reason%\\n}\", \"log\": \"$log\"}" || true
  sleep 60
  reboot
  # Until that takes effect.
  sleep 600
  exit 1
}

post started
