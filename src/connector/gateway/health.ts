import type { Clock } from "../../runtime/index.ts";
import type { Connection } from "./connections.ts";
import type { UpstreamTokens } from "./upstream-tokens.ts";

/** How a connection is. No secret and no name of a person. */
export interface ConnectionHealth {
  readonly id: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly clientId: string;
  readonly createdAt: string;
  readonly state: "healthy" | "sign-in expires soon" | "needs sign-in";
  /** The error code of the failed sign-in. */
  readonly problem?: string;
  readonly problemAt?: string;
  readonly signInExpiresAt?: string;
  readonly signInDaysLeft?: number;
  /** The last call through this process; absent where there was none since its start. */
  readonly lastCallAt?: string;
}

const mostRemembered = 10_000;
const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Tells how connections are. */
export class HealthBook {
  readonly #tokens: UpstreamTokens;
  readonly #clock: Clock;
  readonly #lastCalls = new Map<string, number>();

  constructor(tokens: UpstreamTokens, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  noteCall(connection: Connection): void {
    if (this.#lastCalls.size >= mostRemembered) this.#lastCalls.clear();
    this.#lastCalls.set(connection.id, this.#clock.now());
  }

  forget(connectionId: string): void {
    this.#lastCalls.delete(connectionId);
  }

  async of(connection: Connection): Promise<ConnectionHealth> {
    const { id, tenantId, userId, clientId, createdAt, problem, problemAt } = connection;
    const { isSignedIn, expiresAt, daysLeft, expiresSoon } =
      await this.#tokens.statusOf(connection);
    const lastCallAt = this.#lastCalls.get(id);
    const isFine = isSignedIn && problem === undefined;
    return {
      id,
      organizationId: tenantId,
      userId,
      clientId,
      createdAt: isoOf(createdAt),
      state: !isFine ? "needs sign-in" : expiresSoon ? "sign-in expires soon" : "healthy",
      ...(problem === undefined ? {} : { problem }),
      ...(problemAt === undefined ? {} : { problemAt: isoOf(problemAt) }),
      ...(expiresAt === undefined ? {} : { signInExpiresAt: expiresAt.toISOString() }),
      ...(daysLeft === undefined ? {} : { signInDaysLeft: daysLeft }),
      ...(lastCallAt === undefined ? {} : { lastCallAt: isoOf(lastCallAt) }),
    };
  }
}
