kernel media/debian/linux
initrd media/debian/initrd.gz
auto=true
priority=critical
url=http://192.0.2.1:8080/a/token/answers/preseed.cfg
interface=auto
BOOTIF=01-52-54-00-12-34-56
netcfg/get_hostname=app1
netcfg/hostname=app1
netcfg/get_domain=lab.example
netcfg/get_nameservers=192.0.2.1
netcfg/no_default_route=true
---
quiet
