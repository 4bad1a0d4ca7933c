import type { Command } from "commander";

/** Adds one command, with its options, to the program; `all` are those that there are. */
export type RegisterCommand = (program: Command, all: readonly CommandModule[]) => void;

/** A command as `referrals --help` shows it; its code is loaded only when it runs. */
export interface CommandModule {
  readonly name: string;
  /** Under which heading it is listed. */
  readonly group: string;
  readonly summary: string;
  /** What to type and what for, where the command doesn't say so itself. */
  readonly examples?: readonly (readonly [typed: string, purpose: string])[];
  readonly load: () => Promise<RegisterCommand>;
}
