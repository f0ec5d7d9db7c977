vmid=$(pvesh get /cluster/nextid)
keys=$(mktemp)
cat >"$keys" <<'KEYS'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab
KEYS
qm clone 9000 "$vmid" \
  --name next \
  --full 1 \
  --storage tank
qm set "$vmid" \
  --memory 2048 \
  --cores 2 \
  --net0 virtio=BC:24:11:00:00:08,bridge=vmbr1 \
  --agent enabled=1 \
  --ide2 tank:cloudinit \
  --ciuser admin \
  --sshkeys "$keys" \
  --ipconfig0 ip=dhcp
rm "$keys"
