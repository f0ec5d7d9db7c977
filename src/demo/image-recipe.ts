/**
 * What the demo's disk image is made of. It is a small Debian that boots on BIOS and UEFI and sets itself up by cloud-init,
 * like the cloud images that distributions publish. Plain data: its hash names the finished image in the cache.
 */

/** Label of the root file system. */
export const ROOT_LABEL = "bootwire-root";

/** 704 MiB: little more than what is in it. cloud-init lets the root grow to the size of the disk. */
const SECTORS = 704 * 2048;

export const RECIPE = {
  /** Meta-package of the kernel, init, what cloud-init needs, and what the report of the installed system is sent with. */
  packages: [
    ...["systemd-sysv", "udev", "dbus", "iproute2", "netbase", "sudo", "curl"],
    ...["linux-image-cloud-amd64", "initramfs-tools", "zstd"],
    ...["cloud-init", "cloud-guest-utils", "fdisk"],
  ],
  /** Needed for making the boot loaders, gone afterwards. */
  buildPackages: ["grub-pc-bin", "grub-efi-amd64-bin"],
  excludedPaths: ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"],

  /** Files that have to be there before packages are configured: the initrd gets these drivers, and no others. */
  earlyFiles: {
    "etc/initramfs-tools/conf.d/bootwire": "MODULES=list\nCOMPRESS=zstd\n",
    "usr/share/initramfs-tools/modules.d/bootwire":
      "virtio_pci\nvirtio_blk\nvirtio_scsi\nsd_mod\nahci\nnvme\next4\ncrc32c_generic\n",
  },
  files: {
    "etc/fstab": `LABEL=${ROOT_LABEL} / ext4 errors=remount-ro 0 1\n`,
    "etc/hostname": "unconfigured\n",
    // No other source of data is looked for: with network ones a boot takes minutes.
    "etc/cloud/cloud.cfg.d/10_bootwire_image.cfg": `datasource_list: [NoCloud, None]
cloud_init_modules: [seed_random, bootcmd, write-files, growpart, resizefs, set_hostname, update_hostname, update_etc_hosts, users-groups]
cloud_config_modules: [locale, set-passwords, timezone, runcmd]
cloud_final_modules: [package-update-upgrade-install, write-files-deferred, scripts-user, phone-home, final-message]
`,
    "boot/grub/grub.cfg": `set timeout=0
linux /vmlinuz root=LABEL=${ROOT_LABEL} ro console=tty0 console=ttyS0,115200 quiet mitigations=off
initrd /initrd.img
boot
`,
  },
  enabledUnits: ["systemd-networkd.service"],
  /** What would only make the first minutes slower. */
  maskedUnits: [
    ...[
      "apt-daily.timer",
      "apt-daily-upgrade.timer",
      "dpkg-db-backup.timer",
      "e2scrub_all.timer",
      "fstrim.timer",
    ],
    ...["e2scrub_reap.service", "systemd-networkd-wait-online@.service"],
  ],

  /** What GRUB does before it has found its configuration on the disk. */
  grubEarly: `search --no-floppy --set=root --label ${ROOT_LABEL}\nconfigfile /boot/grub/grub.cfg\n`,
  grubModules: {
    common: ["normal", "configfile", "search", "search_label", "part_gpt", "ext2", "linux", "echo"],
    "i386-pc": ["biosdisk"],
    "x86_64-efi": ["fat", "all_video"],
  },

  /** Where things lie in the image, in sectors of 512 bytes. Numbers as in Debian's cloud images: the root is last. */
  sectors: SECTORS,
  partitions: {
    bios: { number: 14, start: 2048, size: 2048, type: "21686148-6449-6E6F-744E-656564454649" },
    esp: { number: 15, start: 4096, size: 32768, type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" },
    root: {
      number: 1,
      start: 36864,
      size: SECTORS - 36864 - 2048,
      type: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
    },
  },
} as const;

/** Bytes of a sector. */
export const SECTOR = 512;
