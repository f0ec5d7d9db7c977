kernel media/flatcar/flatcar_production_pxe.vmlinuz
initrd media/flatcar/flatcar_production_pxe_image.cpio.gz
flatcar.first_boot=1
ignition.config.url=http://192.0.2.1:8080/a/token/answers/live.ign
BOOTIF=01-52-54-00-00-00-01
console=ttyS0,115200
console=tty0
