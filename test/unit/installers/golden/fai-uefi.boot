kernel media/fai/vmlinuz
initrd media/fai/initrd.img
root=live:http://192.0.2.1:8080/media/fai/nfsroot.squashfs
rd.neednet=1
ip=dhcp
BOOTIF=01-52-54-00-00-00-03
rd.live.image
rd.live.overlay.overlayfs=1
FAI_ACTION=install
FAI_FLAGS=verbose,reboot
FAI_CONFIG_SRC=http://192.0.2.1:8080/a/token/answers/BOOTWIRE.tar.gz
hostname=app-1
console=tty0
console=ttyS0,115200
