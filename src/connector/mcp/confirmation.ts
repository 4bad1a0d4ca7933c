import { createHash } from "node:crypto";
import type { Clock, Random } from "../../runtime/index.ts";
import type { Tool, ToolInput } from "./tool.ts";

/** Asks the person behind an agent; undefined where the agent's program can't. */
export type AskPerson = (question: string) => Promise<"yes" | "no" | undefined>;

/** May a write take place? */
export type Consent =
  | { readonly isGiven: true }
  | { readonly isGiven: false; readonly explanation: string };

interface Pending {
  readonly fingerprint: string;
  readonly expiresAt: number;
}

const lifetimeMs = 600_000;
const mostPending = 100;
const longestSummary = 1_500;
const codeBytes = 6;

/** The name of the argument that carries a confirmation code. */
export const confirmationName = "confirmation";

const fingerprintOf = (tool: Tool, input: ToolInput): string =>
  createHash("sha256")
    .update(`${tool.name}\n${JSON.stringify(input)}`)
    .digest("base64url");

function question(tool: Tool, input: ToolInput): string {
  const values = JSON.stringify(input, undefined, 2);
  const shown = values.length > longestSummary ? `${values.slice(0, longestSummary)}\n…` : values;
  const warning = tool.effect === "final" ? "\nThis can't be undone." : "";
  return `${tool.title}?${warning}\n${shown}`;
}

/**
 * Confirms writes. Where the agent's program can ask its person, it does (elicitation). Where it
 * can't, the first call changes nothing and answers a code, and only the very same call with that
 * code takes place, once, within ten minutes.
 */
export class Confirmation {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  async obtain(
    tool: Tool,
    input: ToolInput,
    code: unknown,
    askPerson: AskPerson,
  ): Promise<Consent> {
    const answer = await askPerson(question(tool, input));
    if (answer === "yes") return { isGiven: true };
    if (answer === "no") {
      return { isGiven: false, explanation: "The person said no: nothing was changed." };
    }
    if (typeof code === "string" && this.#redeem(code, fingerprintOf(tool, input))) {
      return { isGiven: true };
    }
    const fresh = this.#issue(fingerprintOf(tool, input));
    return {
      isGiven: false,
      explanation:
        `Nothing was changed yet. Show the person what would be done, and only where they agree ` +
        `call ${tool.name} again with the same arguments and ${confirmationName}: "${fresh}".\n\n` +
        question(tool, input),
    };
  }

  #issue(fingerprint: string): string {
    if (this.#pending.size >= mostPending) {
      const oldest = this.#pending.keys().next();
      if (!oldest.done) this.#pending.delete(oldest.value);
    }
    const code = Buffer.from(this.#random.bytes(codeBytes)).toString("base64url");
    this.#pending.set(code, { fingerprint, expiresAt: this.#clock.now() + lifetimeMs });
    return code;
  }

  #redeem(code: string, fingerprint: string): boolean {
    const pending = this.#pending.get(code);
    if (!pending || pending.fingerprint !== fingerprint) return false;
    this.#pending.delete(code);
    return pending.expiresAt > this.#clock.now();
  }
}
