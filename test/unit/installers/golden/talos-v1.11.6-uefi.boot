kernel media/talos/vmlinuz-amd64
initrd media/talos/initramfs-amd64.xz
talos.platform=metal
talos.config=http://192.0.2.1:8080/a/token/answers/machine.yaml
init_on_alloc=1
slab_nomerge
pti=on
consoleblank=0
printk.devkmsg=on
BOOTIF=01-52-54-00-00-00-03
console=ttyS0,115200
console=tty0
