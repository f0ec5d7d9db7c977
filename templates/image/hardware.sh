# Loads the drivers of what is in the machine, without udev: every device says in its `modalias` what it is.
load_drivers() {
  known=
  while :; do
    found=$(find /sys/devices -name modalias -exec cat {} + | grep -v '^dmi:' | sort -u)
    # A driver may bring forth new devices (a bus, a disk behind a controller), so look again until nothing is new.
    [ "$found" = "$known" ] && break
    known=$found
    # Most devices need no driver of ours, which is no error. The names hold * and [ as plain characters.
    # shellcheck disable=SC2086 # one word for each name
    (set -f; modprobe -a -b -q $found)
    usleep 300000
  done
  echo "modules: $(cut -d ' ' -f 1 /proc/modules | tr '\n' ' ')"
}
