import { z } from "zod";
import type { Clock, Random } from "../runtime/index.ts";

const share = z.number().min(0).max(1).default(0);
const milliseconds = z.number().int().min(0).max(600_000);

/**
 * Which faults strike, each by the share of calls (0 to 1) that it strikes. The kit carries out the
 * ones of the transport; the service asks for listLag, eTagChurn and those of the webhooks where
 * they belong.
 */
export const faultProfileSchema = z.strictObject({
  /** Waits between latencyMinMs and latencyMaxMs before the call is looked at. */
  latency: share,
  latencyMinMs: milliseconds.default(50),
  latencyMaxMs: milliseconds.default(500),
  /** Answers 429 with Retry-After: retryAfterS. */
  tooManyRequests: share,
  retryAfterS: z.number().int().min(0).max(3_600).default(1),
  /** Answers 500; nothing is done. */
  serverError: share,
  /** Holds the connection for hangMs without an answer; nothing is done. */
  timeoutBefore: share,
  /** Does the work, then holds the connection for hangMs without an answer. */
  timeoutAfter: share,
  hangMs: milliseconds.default(120_000),
  /** Resets the connection; nothing is done. */
  resetBefore: share,
  /** Does the work, then resets the connection. */
  resetAfter: share,
  /** A list answers with what was there listLagMs ago. */
  listLag: share,
  listLagMs: milliseconds.default(5_000),
  /** A read gives a referral a new eTag though nothing of it changed. */
  eTagChurn: share,
  webhookLost: share,
  webhookDoubled: share,
  webhookLate: share,
  webhookLateMs: milliseconds.default(30_000),
});

/** A complete fault profile. */
export type FaultProfile = z.infer<typeof faultProfileSchema>;

/** The faults that strike by chance. */
export const faultNames = [
  "latency",
  "tooManyRequests",
  "serverError",
  "timeoutBefore",
  "timeoutAfter",
  "resetBefore",
  "resetAfter",
  "listLag",
  "eTagChurn",
  "webhookLost",
  "webhookDoubled",
  "webhookLate",
] as const;

/** The name of a fault. */
export type FaultName = (typeof faultNames)[number];

/** The profile in which nothing ever fails. */
export const noFaults: FaultProfile = faultProfileSchema.parse({});

/** Decides by seeded chance which calls a fault strikes, and counts them. */
export class FaultInjector {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #counts = new Map<FaultName, number>();
  #profile: FaultProfile = noFaults;
  #isActive = false;

  constructor(options: { readonly clock: Clock; readonly random: Random }) {
    this.clock = options.clock;
    this.#random = options.random;
  }

  /** False where no fault can strike: then nothing else needs to be asked. */
  get isActive(): boolean {
    return this.#isActive;
  }

  get profile(): FaultProfile {
    return this.#profile;
  }

  set profile(profile: FaultProfile) {
    this.#profile = profile;
    this.#isActive = faultNames.some((name) => profile[name] > 0);
  }

  /** How often each fault has struck since the counts were last taken to zero. */
  get counts(): Readonly<Record<FaultName, number>> {
    const entries = faultNames.map((name) => [name, this.#counts.get(name) ?? 0]);
    return Object.fromEntries(entries) as Record<FaultName, number>;
  }

  resetCounts(): void {
    this.#counts.clear();
  }

  /** True where a fault strikes this time, which is counted. A fault that is off uses no chance. */
  strikes(name: FaultName): boolean {
    const part = this.#profile[name];
    if (part === 0 || this.#random.fraction() >= part) return false;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return true;
  }

  /** A whole number of milliseconds within the profile's latency. */
  latencyMs(): number {
    const { latencyMinMs, latencyMaxMs } = this.#profile;
    const span = Math.max(0, latencyMaxMs - latencyMinMs);
    return latencyMinMs + Math.floor(this.#random.fraction() * (span + 1));
  }
}
