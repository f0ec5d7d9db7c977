# Looks whether the image can start with this machine's firmware. Images for the other one are the usual reason why a
# machine that was installed well does not come up. It is a warning only: somebody may boot their disk otherwise.
check_boot() {
  if [ -d /sys/firmware/efi ]; then
    has_efi_loader || warn "the image has no EFI boot loader, but the machine has UEFI firmware"
  elif [ -z "$(head -c 440 "$RUN/first-mib" | tr -d '\000')" ]; then
    # The first 440 bytes of a disk are the code that a BIOS starts.
    warn "the image has no boot record, but the machine has BIOS firmware"
  fi
}

warn() {
  say "WARNING: $1"
  post progress "percent=96&text=WARNING:+$(printf '%s' "$1" | encode)"
}

has_efi_loader() {
  mkdir -p /mnt/efi
  for part in $(partitions); do
    mount -t vfat -o ro "$part" /mnt/efi 2>/dev/null || continue
    loader=$(find /mnt/efi -iname '*.efi' | head -n 1)
    umount /mnt/efi
    [ -n "$loader" ] && return
  done
  return 1
}
