kernel media/alpine/vmlinuz-virt
initrd media/alpine/initramfs-virt
ip=dhcp
BOOTIF=01-52-54-00-00-00-01
alpine_repo=http://mirror.example.org/alpine/v3.22/main
modloop=http://192.0.2.1:8080/media/alpine/modloop-virt
apkovl=http://192.0.2.1:8080/a/token/answers/bootwire.apkovl.tar.gz
modules=loop,squashfs,sd-mod,virtio_net
console=ttyS0,115200
console=tty0
