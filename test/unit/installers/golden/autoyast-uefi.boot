kernel media/openSUSE-Leap-15.6-DVD-x86_64.iso/boot/x86_64/loader/linux
initrd media/openSUSE-Leap-15.6-DVD-x86_64.iso/boot/x86_64/loader/initrd
install=http://192.0.2.1:8080/media/openSUSE-Leap-15.6-DVD-x86_64.iso/
autoyast=http://192.0.2.1:8080/a/token/answers/autoinst.xml
BOOTIF=01-52-54-00-00-00-03
textmode=1
console=ttyS0,115200
console=tty0
