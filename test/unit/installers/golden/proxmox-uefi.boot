kernel media/proxmox-ve_9.2-1.iso/boot/linux26
initrd join/media/proxmox-ve_9.2-1.iso/boot/initrd.img/+/proxmox-iso/http/192.0.2.1:8080/a/token/answers/answer.toml/@/media/proxmox-ve_9.2-1.iso/=/proxmox.iso
ramdisk_size=16777216
rw
quiet
splash=silent
proxmox-start-auto-installer
