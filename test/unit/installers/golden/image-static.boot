kernel assets/installer/linux
initrd assets/installer/initrd.gz
bootwire.url=http://192.0.2.1:8080/a/token
bootwire.image=http://192.0.2.1:8080/media/debian-12.raw.zst
bootwire.format=zst
bootwire.seed=nocloud
bootwire.deadline=3600
bootwire.sha256=abababababababababababababababababababababababababababababababab
bootwire.size=524288000
bootwire.rawsize=2147483648
bootwire.disk=/dev/sda
BOOTIF=01-52-54-00-12-34-56
console=tty0
console=ttyS0,115200
panic=30
loglevel=4
printk.devkmsg=on
