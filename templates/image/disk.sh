# Finds the disk to install on and sets DISK (/dev/vda) and DISK_SIZE (bytes).

# disks: the names of all disks that an install may go to: no CD drives, no removable ones, none without a medium.
disks() {
  for folder in /sys/block/*; do
    name=${folder##*/}
    case $name in loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd*) continue ;; esac
    [ "$(cat "$folder/removable")" = 0 ] || continue
    [ "$(cat "$folder/ro")" = 0 ] || continue
    [ "$(cat "$folder/size")" -gt 0 ] && echo "$name"
  done
}

# list_disks: the same for people: "sda (10240 MiB, QEMU HARDDISK)".
list_disks() {
  list=
  for name in $(disks); do
    mib=$(($(cat "/sys/block/$name/size") / 2048))
    model=$(sed 's/ *$//' "/sys/block/$name/device/model" 2>/dev/null)
    list="$list${list:+, }/dev/$name ($mib MiB${model:+, $model})"
  done
  echo "${list:-none}"
}

choose_disk() {
  wanted=$(key bootwire.disk)
  wanted=${wanted#/dev/}
  settle_disks
  if [ -n "$wanted" ]; then
    disks | grep -qx "$wanted" || fail "the disk /dev/$wanted of the config is not there; there are: $(list_disks)"
  else
    case $(disks | wc -l) in
      0) fail "the machine has no disk that could be installed on" ;;
      1) wanted=$(disks) ;;
      *) fail "the machine has several disks, say which one with 'disk:' in the config; there are: $(list_disks)" ;;
    esac
  fi
  DISK=/dev/$wanted
  DISK_SIZE=$(($(cat "/sys/block/$wanted/size") * 512))

  needed=$(key bootwire.rawsize)
  if [ "${needed:-0}" -gt "$DISK_SIZE" ]; then
    fail "the image needs $((needed / 1048576)) MiB, but $DISK has $((DISK_SIZE / 1048576)) MiB"
  fi
  say "disk $DISK, $((DISK_SIZE / 1048576)) MiB"
}

# settle_disks: controllers look for their disks in the background. Waits until there is one (the wanted one, if any is
# named) and no more have come for two seconds; half a minute at most.
settle_disks() {
  before=
  steady=0
  for try in $(seq 30); do
    now=$(disks)
    if [ "$now" = "$before" ]; then steady=$((steady + 1)); else steady=0; fi
    before=$now
    if [ -n "$wanted" ] && echo "$now" | grep -qx "$wanted"; then break; fi
    if [ -z "$wanted" ] && [ -n "$now" ] && [ "$steady" -ge 2 ]; then break; fi
    echo "disks so far: $now (try $try)"
    sleep 1
  done
}
