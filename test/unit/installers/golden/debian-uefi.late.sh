#!/bin/sh
# Runs in the installer when the system is complete, in /target: users, and what the config wants run at the end.
set -e
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

trap '[ $? = 0 ] || fail "late.sh did not come to its end: see the log"' EXIT
post progress "percent=90&text=making+users" || true
if [ -e /target/etc/sudoers.d/bootwire ]; then chmod 440 /target/etc/sudoers.d/bootwire; fi

# The installer does not know this locale, the system does.
echo LANG='C.UTF-8' >/target/etc/default/locale

# At its first boot the system tells that it runs.
cat >/target/usr/local/sbin/bootwire-report <<'REPORT'
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

send booted "hostname=$(cat /proc/sys/kernel/hostname)"
systemctl disable bootwire-report.service
rm /etc/systemd/system/bootwire-report.service /usr/local/sbin/bootwire-report
REPORT
cat >/target/etc/systemd/system/bootwire-report.service <<'UNIT'
[Unit]
Description=Tell Bootwire that the installed system runs
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/sh /usr/local/sbin/bootwire-report

[Install]
WantedBy=multi-user.target
UNIT
in-target systemctl enable bootwire-report.service
post "done"
