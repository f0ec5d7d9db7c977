/**
 * An error that an admin can meet. `code` is stable and documented, `message` says what happened,
 * `hint` says what to do about it. The product-free libraries (net, dhcp, tftp, iso9660) do not know this class:
 * whoever wires them translates.
 */
export class BootwireError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "BootwireError";
    this.code = code;
    this.hint = hint;
  }
}
