#!/bin/sh
# Called by udhcpc: puts what the DHCP server said into force.
# shellcheck disable=SC2154 # these variables are udhcpc's
case $1 in
  deconfig)
    ip addr flush dev "$interface"
    ip link set "$interface" up
    ;;
  bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    for gateway in ${router:-}; do
      # A gateway outside of the network (a /32 lease) is reached over the wire directly.
      ip route replace "$gateway" dev "$interface"
      ip route replace default via "$gateway" dev "$interface"
      break
    done
    for server in ${dns:-}; do echo "nameserver $server"; done >/etc/resolv.conf
    ;;
esac
