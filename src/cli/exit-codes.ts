/** What a command ends with; scripts may rely on these. */
export const EXIT = {
  ok: 0,
  /** It was tried, and failed or was refused. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** The config cannot be used. */
  config: 3,
  /** No daemon answers. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
