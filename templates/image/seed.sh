# Gives the installed system its cloud-init seed (data source NoCloud), on its own root file system.
#
# On a system with SELinux these files have no label. Its cloud-init runs unconfined and reads them all the same, so
# nothing is relabelled (which would cost an extra boot).

# fetch_seed: before anything is written, so that a server without answers costs no disk.
fetch_seed() {
  mkdir -p "$RUN/seed"
  for name in user-data meta-data network-config; do fetch "$name" "$RUN/seed/$name"; done
}

write_seed() {
  mkdir -p /mnt/root
  find_root
  say "root file system on $part ($type)"
  post progress "percent=97&text=writing+the+cloud-init+seed"
  [ -d "$root/etc/cloud" ] || fail "the image has no cloud-init (no /etc/cloud): use an image that has, or 'seed: none'"

  target=$var/lib/cloud/seed/nocloud
  rm -rf "$var"/lib/cloud/seed/nocloud*
  if ! { mkdir -p "$target" "$root/etc/cloud/cloud.cfg.d" &&
    chmod 700 "$target" &&
    cp "$RUN"/seed/* "$target/" &&
    chmod 600 "$target"/*; }; then
    fail "cannot write the seed to $part"
  fi
  let_cloud_init_run || fail "cannot write to /etc/cloud on $part"
  sync
  umount /mnt/root || fail "cannot unmount $part"
}

# let_cloud_init_run: an image that was made from an installed system may have cloud-init switched off (Ubuntu's
# installer leaves it so after the first boot), or look for its seed elsewhere.
let_cloud_init_run() {
  rm -f "$root/etc/cloud/cloud-init.disabled"
  for file in "$root"/etc/cloud/cloud.cfg.d/*.cfg; do
    if grep -q '^network: *{ *config: *disabled' "$file" 2>/dev/null; then
      say "removing ${file#"$root"}, which forbids cloud-init to set up the network"
      rm "$file"
    fi
  done
  # The last file wins, and others begin with 99.
  {
    echo "# Written by Bootwire: the seed is in /var/lib/cloud/seed/nocloud."
    echo "datasource_list: [NoCloud, None]"
  } >"$root/etc/cloud/cloud.cfg.d/zz-bootwire.cfg"
}

# find_root: mounts the file system that has /etc/os-release on /mnt/root, and sets `part`, `type`, `root` (where / of
# the installed system is) and `var` (where its /var is). On btrfs both are usually subvolumes.
find_root() {
  for try in 1 2 3 4 5; do
    for part in $(partitions); do
      for type in ext4 xfs btrfs; do
        mount -t "$type" "$part" /mnt/root 2>/dev/null || continue
        for root in /mnt/root /mnt/root/@ /mnt/root/root /mnt/root/@rootfs; do
          if [ -e "$root/etc/os-release" ] || [ -L "$root/etc/os-release" ]; then
            find_var
            return
          fi
        done
        umount /mnt/root
      done
    done
    echo "no root file system yet (try $try)"
    sleep 1
  done
  fail "no partition of $DISK has a root file system that can be read (ext4, xfs, btrfs; not LVM, not encrypted)"
}

# partitions: of the disk, or the disk itself when it has none.
partitions() {
  name=${DISK#/dev/}
  found=
  for folder in "/sys/block/$name/$name"*; do
    [ -d "$folder" ] && found="$found /dev/${folder##*/}"
  done
  echo "${found:-$DISK}"
}

# find_var: /var may be a file system of its own, by /etc/fstab. A btrfs subvolume beside the root is found.
find_var() {
  var=$root/var
  options=$(awk '$1 !~ /^#/ && $2 == "/var" {print $4}' "$root/etc/fstab" 2>/dev/null)
  [ -n "$options" ] || return 0
  volume=$(echo "$options" | tr ',' '\n' | sed -n 's/^subvol=\/*//p')
  [ -n "$volume" ] && [ -d "/mnt/root/$volume" ] && var=/mnt/root/$volume && return 0
  fail "the image has /var on a file system of its own, which is not supported: use another image, or 'seed: none'"
}
