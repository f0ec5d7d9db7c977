# Gets an address by DHCP on the network card that the machine booted from.
start_network() {
  bootif=$(key BOOTIF)
  # pxelinux's notation: 01-52-54-00-12-34-56, where 01 stands for Ethernet.
  mac=$(echo "${bootif#01-}" | tr 'A-F-' 'a-f:')
  card=
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    for folder in /sys/class/net/*; do
      [ "$(cat "$folder/address")" = "$mac" ] && card=${folder##*/}
    done
    [ -n "$card" ] && break
    echo "no network card $mac yet (try $try)"
    sleep 1
  done
  [ -n "$card" ] || fail "no network card has the address $mac; there are: $(cat /sys/class/net/*/address | tr '\n' ' ')"

  ip link set lo up
  ip link set "$card" up
  # A switch port may take half a minute until it lets anything through. The client stays and renews the lease.
  udhcpc -i "$card" -s /lib/bootwire/udhcpc.sh -t 30 -T 2 -n || fail "no DHCP server answers on $card ($mac)"
  say "network card $card ($mac), address $(ip -4 -o addr show dev "$card" | awk '{print $4}')"
}
