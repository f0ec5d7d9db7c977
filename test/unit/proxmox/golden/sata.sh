vmid=$(pvesh get /cluster/nextid)
qm create "$vmid" \
  --name sata \
  --memory 2048 \
  --cores 4 \
  --ostype l26 \
  --machine pc \
  --bios seabios \
  --sata0 tank:32,discard=on \
  --net0 virtio=BC:24:11:00:00:04,bridge=vmbr1 \
  --boot 'order=net0;sata0' \
  --agent enabled=0
