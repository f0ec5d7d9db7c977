# What all steps use: reading the kernel command line, speaking to people and to the server, giving up.

# key NAME: the value of NAME= on the kernel command line; nothing when it is not there.
key() (
  # Words of the command line end at blanks; none of our values has any. `set -f`: a ? in a URL is no pattern.
  set -f
  read -r line </proc/cmdline
  for word in $line; do
    case $word in "$1"=*) echo "${word#*=}"; return ;; esac
  done
)

# say TEXT: on every console of the kernel (the screen and the serial port), and into the log.
say() {
  echo "$1"
  # <3> is a level that is shown even though the kernel's own chatter is not.
  echo "<3>bootwire: $1" >/dev/kmsg
}

# post NAME [DATA]: sends a form to the server. Fails when the server is not there or does not take it; then
# $RUN/post.err says why. This wget cannot give up by itself, so `timeout` does.
post() {
  timeout 20 wget -q -O /dev/null --post-data "${2:-}" "$URL/$1" 2>"$RUN/post.err"
}

# post_surely NAME [DATA]: the same, with patience: the server may be starting again. Gives up at once when it
# answers that it does not want this (the attempt is over, say).
post_surely() {
  tries=0
  until post "$@"; do
    tries=$((tries + 1))
    if grep -q ' 4[0-9][0-9] ' "$RUN/post.err" || [ "$tries" -ge 30 ]; then
      say "the server did not take '$1': $(cat "$RUN/post.err")"
      return 1
    fi
    sleep 3
  done
}

# fetch NAME FILE: gets an answer file of this attempt, with the same patience.
fetch() {
  tries=0
  until timeout 60 wget -q -O "$2" "$URL/answers/$1" 2>"$RUN/post.err"; do
    tries=$((tries + 1))
    if grep -q ' 4[0-9][0-9] ' "$RUN/post.err" || [ "$tries" -ge 30 ]; then
      fail "cannot get $URL/answers/$1: $(cat "$RUN/post.err")"
    fi
    sleep 3
  done
}

# fail REASON: tells people and the server, and ends the install. The server gets the reason, our log, and what the
# kernel said last.
fail() {
  say "FAILED: $1"
  echo "$1" >"$RUN/failed"
  {
    printf 'reason='
    printf '%s' "$1" | encode
    printf '&log='
    { tail -n 100 "$RUN/log"; echo; dmesg | tail -n 100; } | encode
  } >"$RUN/report"
  for try in 1 2 3 4 5 6; do
    timeout 20 wget -q -O /dev/null --post-file "$RUN/report" "$URL/failed" && break
    echo "the server did not take the failure (try $try)"
    sleep 5
  done
  exit 1
}

# encode: standard input as the value of a form field, every byte as %XX.
encode() {
  xxd -p | tr -d '\n' | sed 's/../%&/g'
}

URL=$(key bootwire.url)
