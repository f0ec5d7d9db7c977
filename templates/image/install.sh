# The steps of an install, in order. Each of them either succeeds or calls `fail`, which ends it all.
. /lib/bootwire/hardware.sh
. /lib/bootwire/network.sh
. /lib/bootwire/disk.sh
. /lib/bootwire/write-image.sh
. /lib/bootwire/check-boot.sh
. /lib/bootwire/seed.sh

load_drivers
start_network

# Before anything is written: the server must still want this install.
post_surely started || fail "the server does not want this install (any more)"

choose_disk
[ "$(key bootwire.seed)" = nocloud ] && fetch_seed
write_image
check_boot
[ "$(key bootwire.seed)" = nocloud ] && write_seed

sync
post_surely "done" || say "the disk is complete all the same"
true
