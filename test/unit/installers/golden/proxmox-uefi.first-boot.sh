#!/bin/sh
# Runs once, when the installed system has come up for the first time.
# Tells Bootwire what came up: the host name, and the users that people log in as.
url='http://192.0.2.1:8080/a/token'

# send NAME BODY: posts a form, with whatever of curl, wget and python3 is there.
send() {
  for try in 1 2 3 4 5; do
    if command -v curl >/dev/null; then
      curl -fsS -o /dev/null --max-time 10 --data "$2" "$url/$1"
    elif command -v wget >/dev/null; then
      wget -q -O /dev/null -T 10 --post-data "$2" "$url/$1"
    else
      python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], sys.argv[2].encode(), 10)' "$url/$1" "$2"
    fi && return
    echo "bootwire: '$1' was not taken (try $try)" >&2
    sleep 5
  done
  return 1
}

users=
while IFS=: read -r name _ uid _; do
  if [ "$uid" -ge 1000 ] && [ "$uid" -lt 60000 ]; then users="$users${users:+,}$name"; fi
done </etc/passwd
send report "hostname=$(cat /proc/sys/kernel/hostname)&users=$users"

# Without a subscription the enterprise repositories answer with an error, and Debian's are enough.
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y qemu-guest-agent
send booted "hostname=$(cat /proc/sys/kernel/hostname)"
