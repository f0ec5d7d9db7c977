import { existsSync } from "node:fs";

/** UEFI firmware for VMs: the code, and the variables that each VM gets a copy of. */
export interface Ovmf {
  readonly code: string;
  readonly variables: string;
}

/** Where distributions put it: Debian and Ubuntu (new, old), Fedora, Arch. The 4 MB build first: Proxmox uses it. */
const PLACES: readonly Ovmf[] = [
  { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
  {
    code: "/usr/share/pve-edk2-firmware/OVMF_CODE_4M.fd",
    variables: "/usr/share/pve-edk2-firmware/OVMF_VARS_4M.fd",
  },
  { code: "/usr/share/OVMF/OVMF_CODE.fd", variables: "/usr/share/OVMF/OVMF_VARS.fd" },
  { code: "/usr/share/edk2/ovmf/OVMF_CODE.fd", variables: "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
  { code: "/usr/share/edk2/x64/OVMF_CODE.4m.fd", variables: "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
];

/** The UEFI firmware of this machine, or `undefined` when none is installed. */
export function findOvmf(): Ovmf | undefined {
  return PLACES.find(({ code, variables }) => existsSync(code) && existsSync(variables));
}
