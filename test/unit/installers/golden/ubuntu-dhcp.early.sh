#!/bin/sh
# Runs in the installer before it looks at disks: nothing is written yet.
# Shared by the scripts that run in the installer.
url='http://192.0.2.1:8080/a/token'

# post NAME [FORM]: tells Bootwire; with patience, as it may be starting again.
post() {
  curl -fsS -o /dev/null --max-time 20 --retry 10 --retry-delay 3 --retry-connrefused --data "${2:-}" "$url/$1"
}

# fail REASON: tells Bootwire, with the installer's log, and starts the machine again: its shell would wait for ever.
fail() {
  echo "Bootwire: $1"
  journalctl -b --no-pager -n 300 >/tmp/bootwire-failure.log 2>&1
  curl -fsS -o /dev/null --max-time 20 --retry 10 --retry-delay 3 --retry-connrefused \
    --data-urlencode "reason=$1" --data-urlencode log@/tmp/bootwire-failure.log "$url/failed"
  sleep 60
  systemctl reboot --force
  # Until that takes effect.
  sleep 600
  exit 1
}

post started
disk=
disks=$(lsblk --nodeps --noheadings --paths --output NAME,TYPE,RO | awk '$2 == "disk" && $3 == 0 && $1 !~ /zram|nbd|\/fd/ { print $1 }' | tr '\n' ' ')
if [ -z "$disk" ]; then
  case $(echo "$disks" | wc -w) in
    0) fail "the machine has no disk that could be installed on" ;;
    1) ;;
    *) fail "the machine has several disks, say which one with 'disk:' in the config; there are: $disks" ;;
  esac
elif [ ! -b "$disk" ]; then
  fail "the disk $disk of the config is not there; there are: $disks"
fi
