kernel media/debian/linux
initrd media/debian/initrd.gz
auto=true
priority=critical
url=http://192.0.2.1:8080/a/token/answers/preseed.cfg
interface=auto
BOOTIF=01-52-54-00-12-34-56
netcfg/get_hostname=db1
netcfg/hostname=db1
netcfg/get_domain=lab.example
netcfg/get_nameservers=192.0.2.53
netcfg/no_default_route=true
netcfg/disable_autoconfig=true
netcfg/get_ipaddress=192.0.2.20
netcfg/get_netmask=255.255.255.0
netcfg/get_gateway=192.0.2.254
netcfg/confirm_static=true
---
quiet
