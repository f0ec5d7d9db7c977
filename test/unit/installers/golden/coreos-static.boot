kernel media/fcos/fedora-coreos-live-kernel.x86_64
initrd media/fcos/fedora-coreos-live-initramfs.x86_64.img
coreos.live.rootfs_url=http://192.0.2.1:8080/media/fcos/fedora-coreos-live-rootfs.x86_64.img
ignition.firstboot
ignition.platform.id=metal
ignition.config.url=http://192.0.2.1:8080/a/token/answers/live.ign
rd.neednet=1
ip=dhcp
BOOTIF=01-52-54-00-00-00-02
console=ttyS0,115200
console=tty0
