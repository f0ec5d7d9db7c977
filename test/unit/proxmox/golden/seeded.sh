keys=$(mktemp)
cat >"$keys" <<'KEYS'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab
KEYS
qm create 105 \
  --name seeded \
  --memory 2048 \
  --cores 4 \
  --ostype l26 \
  --bios seabios \
  --scsihw virtio-scsi-single \
  --scsi0 tank:32,iothread=1,discard=on \
  --ide2 tank:cloudinit \
  --net0 virtio=BC:24:11:00:00:05,bridge=vmbr1 \
  --boot 'order=net0;scsi0' \
  --agent enabled=1 \
  --ciuser admin \
  --sshkeys "$keys" \
  --ipconfig0 ip=dhcp
rm "$keys"
