# Streams the image from the server onto the disk. Nothing of it is kept in memory, so its size does not matter.
#
#   wget ─► tee ─► unpack ─► disk
#            └──► sha256sum
#
# The first MiB of the disk, without which nothing boots, is written last, when the checksum is known to be right.

MIB=1048576
# Seconds without a byte after which a download counts as dead.
STALL=60

write_image() {
  say "writing $(key bootwire.image) to $DISK"
  for try in 1 2 3 4 5 6 7 8; do
    wipe_disk
    if stream_image; then
      check_sum
      finish_disk
      return
    fi
    reason=$(tail -n 1 "$RUN/fetch.err")
    case $reason in *' 4'[0-9][0-9]' '*) spoiled "the server does not give the image: $reason" ;; esac
    say "the download broke off (try $try): $reason"
    sleep 2
    # The server may be starting again. It gets the same patience as elsewhere.
    post_surely progress "percent=0&text=starting+over" || spoiled "the download broke off, and the server does not answer any more"
  done
  spoiled "the download broke off $try times, at last with: $reason"
}

# wipe_disk: what was on the disk is gone from here on, its boot record and both partition tables first. Storage that
# can (thin volumes) gets all its space back.
wipe_disk() {
  timeout 300 blkdiscard "$DISK" || echo "$DISK cannot discard"
  wipe_ends
}

wipe_ends() {
  dd if=/dev/zero of="$DISK" bs=$MIB count=1 conv=notrunc,fsync
  dd if=/dev/zero of="$DISK" bs=512 seek=$(((DISK_SIZE - MIB) / 512)) count=$((MIB / 512)) conv=notrunc,fsync
}

# stream_image: one try. Fails when the download breaks off; what cannot be mended by trying again calls `fail`.
stream_image() {
  rm -f "$RUN"/status.* "$RUN/sum.pipe"
  mkfifo "$RUN/sum.pipe"
  sha256sum <"$RUN/sum.pipe" >"$RUN/sum" &
  summer=$!
  { download; echo $? >"$RUN/status.fetch"; } | /usr/bin/tee "$RUN/sum.pipe" | store &
  stream=$!
  watch_stream
  wait

  # A break in one place breaks its neighbours too: look for the first cause.
  [ "$(cat "$RUN/status.write")" = 0 ] || spoiled "cannot write to $DISK: $(tail -n 1 "$RUN/write.err")"
  case $(cat "$RUN/status.fetch") in
    # 141: ended because nobody reads any more, so the cause is behind it.
    0 | 141) ;;
    *) return 1 ;;
  esac
  [ "$(cat "$RUN/status.unpack")" = 0 ] || spoiled "cannot unpack the image: $(tail -n 1 "$RUN/unpack.err")"
}

download() {
  # Through a shell that becomes wget, so that the watcher knows its process id.
  sh -c 'echo $$ >"$RUN/fetch.pid"; exec wget -q -O - "$0"' "$(key bootwire.image)" 2>"$RUN/fetch.err"
}

# store: what comes in goes unpacked onto the disk. An image that is not packed saves the way through one more pipe.
store() {
  format=$(key bootwire.format)
  if [ "$format" = raw ]; then
    echo 0 >"$RUN/status.unpack"
    write_disk
  else
    { unpack; echo $? >"$RUN/status.unpack"; } | write_disk
  fi
  echo $? >"$RUN/status.write"
}

unpack() {
  case $format in
    gz) gunzip -c ;;
    # With their paths, since this shell would take busybox's own xz.
    xz) /bin/xz -dc ;;
    zst) /bin/zstd -dcq ;;
    *) echo "unknown format '$format'" >&2; false ;;
  esac 2>"$RUN/unpack.err"
}

write_disk() {
  {
    dd of="$RUN/first-mib" bs=$MIB count=1 iflag=fullblock &&
      dd of="$DISK" bs=$MIB seek=1 conv=notrunc,fsync
  } 2>"$RUN/write.err"
}

# watch_stream: tells the server how far it is, every few seconds, and ends a download that has died silently.
watch_stream() {
  size=$(key bootwire.size)
  last=0
  still=0
  told=-1
  second=0
  while kill -0 "$stream" 2>/dev/null; do
    sleep 1
    second=$((second + 1))
    # What sha256sum has read is exactly what has come over the wire.
    bytes=$(awk '/^rchar:/ {print $2}' "/proc/$summer/io" 2>/dev/null)
    bytes=${bytes:-$last}
    if [ "$bytes" = "$last" ]; then still=$((still + 1)); else still=0; fi
    last=$bytes
    # With everything received, only the disk is still busy.
    if [ "$still" -ge "$STALL" ] && [ "$bytes" -lt "${size:-0}" ]; then
      say "nothing has come for $STALL seconds"
      kill "$(cat "$RUN/fetch.pid")"
      still=0
    fi
    [ "${size:-0}" -gt 0 ] || continue
    # The last five percent are for checking and for the seed.
    percent=$((bytes * 95 / size))
    [ "$percent" -le 95 ] || percent=95
    if [ $((second % 3)) = 0 ] && [ "$percent" != "$told" ]; then
      told=$percent
      post progress "percent=$percent&text=writing+the+image" || echo "progress not taken: $(cat "$RUN/post.err")"
      [ $((second % 15)) = 0 ] && say "$percent %"
    fi
  done
}

check_sum() {
  expected=$(key bootwire.sha256)
  actual=$(cut -d ' ' -f 1 "$RUN/sum")
  if [ -z "$expected" ]; then
    say "SHA-256 $actual (the server named none to compare with)"
  elif [ "$actual" = "$expected" ]; then
    say "SHA-256 $actual is right"
  else
    spoiled "the image has SHA-256 $actual instead of $expected"
  fi
  # "QFI" and 0xfb: a qcow2 file by another name. Written as it is, it is a disk of rubbish.
  if [ "$(head -c 3 "$RUN/first-mib")" = QFI ]; then
    spoiled "the image is qcow2, whatever its name says: give it the ending .qcow2"
  fi
}

# spoiled REASON: fails, and leaves nothing on the disk that could boot.
spoiled() {
  wipe_ends
  sync
  fail "$1"
}

finish_disk() {
  dd if="$RUN/first-mib" of="$DISK" bs=$MIB conv=notrunc,fsync || fail "cannot write to $DISK"
  post progress "percent=95&text=image+written+and+checked"
  # The kernel refuses while it still looks at the disk itself.
  for try in 1 2 3 4 5; do
    blockdev --rereadpt "$DISK" && return
    echo "partition table not read again (try $try)"
    sleep 1
  done
  fail "the partition table of $DISK cannot be read again"
}
