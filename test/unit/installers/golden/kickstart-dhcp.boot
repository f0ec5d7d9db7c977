kernel media/Rocky-9.6-x86_64-dvd.iso/images/pxeboot/vmlinuz
initrd media/Rocky-9.6-x86_64-dvd.iso/images/pxeboot/initrd.img
inst.stage2=http://192.0.2.1:8080/media/Rocky-9.6-x86_64-dvd.iso
inst.ks=http://192.0.2.1:8080/a/token/answers/ks.cfg
inst.ks.sendmac
ip=dhcp
BOOTIF=01-52-54-00-00-00-01
inst.text
inst.cmdline
