keys=$(mktemp)
cat >"$keys" <<'KEYS'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab
KEYS
pct create 109 local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst \
  --hostname box \
  --unprivileged 1 \
  --memory 512 \
  --cores 2 \
  --rootfs tank:8 \
  --net0 name=eth0,bridge=vmbr1,hwaddr=BC:24:11:00:00:09,ip=10.0.0.9/24,gw=10.0.0.1 \
  --nameserver '10.0.0.1 10.0.0.2' \
  --searchdomain lab.example \
  --ssh-public-keys "$keys"
rm "$keys"
