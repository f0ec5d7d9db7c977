kernel media/ubuntu-24.04.3-live-server-amd64.iso/casper/vmlinuz
initrd media/ubuntu-24.04.3-live-server-amd64.iso/casper/initrd
ip=dhcp
BOOTIF=01-52-54-00-00-00-02
url=http://192.0.2.1:8080/media/ubuntu-24.04.3-live-server-amd64.iso
cloud-config-url=/dev/null
autoinstall
ds=nocloud-net;s=http://192.0.2.1:8080/a/token/answers/
---
