#!/bin/sh
# Runs in the installer when the system is complete, in /target: users, and what the config wants run at the end.
set -e
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

trap '[ $? = 0 ] || fail "late.sh did not come to its end: see the log"' EXIT

post progress "percent=90&text=making+users" || true

### admin
curtin in-target --target=/target -- useradd --create-home --shell /bin/bash --password '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/' 'admin'
curtin in-target --target=/target -- usermod --append --groups sudo 'admin'
home=$(chroot /target getent passwd 'admin' | cut -d : -f 6)
mkdir -p "/target$home/.ssh"
cat >"/target$home/.ssh/authorized_keys" <<'KEYS'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab
KEYS
chmod 700 "/target$home/.ssh"
chmod 600 "/target$home/.ssh/authorized_keys"
chroot /target chown -R 'admin': "$home/.ssh"
if [ -e /target/etc/sudoers.d/bootwire ]; then chmod 440 /target/etc/sudoers.d/bootwire; fi
curtin in-target --target=/target -- systemctl enable qemu-guest-agent.service || true
post "done"
