kernel media/Leap-16.0-online-installer-x86_64.install.iso/boot/x86_64/loader/linux
initrd media/Leap-16.0-online-installer-x86_64.install.iso/boot/x86_64/loader/initrd
root=live:http://192.0.2.1:8080/media/Leap-16.0-online-installer-x86_64.install.iso
rd.neednet=1
ip=dhcp
BOOTIF=01-52-54-00-00-00-01
inst.auto=http://192.0.2.1:8080/a/token/answers/profile.json
inst.finish=reboot
console=ttyS0,115200
console=tty0
