kernel media/other.iso/boot/vmlinuz
initrd join/media/other.iso/boot/initrd.img/+/media/extra.cpio
ip=dhcp
config=http://192.0.2.1:8080/a/token/answers/report.sh
host=app-1.lab
