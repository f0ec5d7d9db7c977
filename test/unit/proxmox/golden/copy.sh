keys=$(mktemp)
cat >"$keys" <<'KEYS'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab
KEYS
qm clone 9000 107 \
  --name copy \
  --full 1 \
  --storage tank
qm set 107 \
  --memory 2048 \
  --cores 2 \
  --net0 virtio=BC:24:11:00:00:07,bridge=vmbr1 \
  --agent enabled=1 \
  --ide2 tank:cloudinit \
  --ciuser admin \
  --sshkeys "$keys" \
  --ipconfig0 ip=10.0.0.7/24,gw=10.0.0.1 \
  --nameserver '10.0.0.1 10.0.0.2' \
  --searchdomain lab.example
qm disk resize 107 scsi0 32G
rm "$keys"
