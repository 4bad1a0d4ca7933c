import { Throttle } from "../../http/index.ts";
import type { Clock, Random } from "../../runtime/index.ts";
import { DataverseError, errorCodes } from "./errors.ts";

/** An application user that gets its tokens with a secret. */
export interface SandboxClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The name that stands under "modified by". */
  readonly name: string;
}

/** Service protection limits, per user. */
export interface ProtectionLimits {
  readonly requests: number;
  readonly windowSeconds: number;
  readonly concurrent: number;
}

/** Dataverse's own numbers, per web server. */
export const standardLimits: ProtectionLimits = {
  requests: 6000,
  windowSeconds: 300,
  concurrent: 52,
};

const tokenLifeSeconds = 3600;

interface Grant {
  readonly user: string;
  readonly expiresAtMs: number;
}

/** What the access check is set up with. */
export interface AccessOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Tokens that hold for as long as the sandbox runs, with the name of the user behind each. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly clients: readonly SandboxClient[];
  readonly limits: ProtectionLimits;
}

/** Who is calling, and whether they may call now. */
export class Access {
  readonly #options: AccessOptions;
  readonly #throttle: Throttle;
  readonly #grants = new Map<string, Grant>();
  readonly #running = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#throttle = new Throttle({
      clock: options.clock,
      limit: options.limits.requests,
      windowMs: options.limits.windowSeconds * 1000,
    });
  }

  /** The names of all users that can call. */
  get users(): readonly string[] {
    const { tokens, clients } = this.#options;
    return [...new Set([...Object.values(tokens), ...clients.map(({ name }) => name)])];
  }

  /** Issues a token to a client; undefined where its secret is wrong. */
  issue(clientId: string, clientSecret: string): { token: string; seconds: number } | undefined {
    const client = this.#options.clients.find(
      (each) => each.clientId === clientId && each.clientSecret === clientSecret,
    );
    if (!client) return undefined;
    const token = Buffer.from(this.#options.random.bytes(24)).toString("base64url");
    const expiresAtMs = this.#options.clock.now() + tokenLifeSeconds * 1000;
    this.#grants.set(token, { user: client.name, expiresAtMs });
    return { token, seconds: tokenLifeSeconds };
  }

  /** Makes every issued token expire now. */
  expireTokens(): void {
    this.#grants.clear();
  }

  /** The user behind an Authorization header. Errors: 401. */
  userOf(authorization: string | undefined): string {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    const fixed = Object.hasOwn(this.#options.tokens, token)
      ? this.#options.tokens[token]
      : undefined;
    if (fixed !== undefined) return fixed;
    const grant = this.#grants.get(token);
    if (grant && grant.expiresAtMs > this.#options.clock.now()) return grant.user;
    throw new DataverseError(
      401,
      errorCodes.unauthenticated,
      "The access token is missing, unknown or expired.",
    );
  }

  /** Runs a call within the user's limits. Errors: 429. */
  async within<T>(user: string, call: () => Promise<T>): Promise<T> {
    const { requests, windowSeconds, concurrent } = this.#options.limits;
    const running = this.#running.get(user) ?? 0;
    if (running >= concurrent) {
      throw new DataverseError(
        429,
        errorCodes.throttledConcurrency,
        `Number of concurrent requests exceeded the limit of ${concurrent}.`,
        1,
      );
    }
    const wait = this.#throttle.take(user);
    if (wait > 0) {
      throw new DataverseError(
        429,
        errorCodes.throttledRequests,
        `Number of requests exceeded the limit of ${requests} over time window of ` +
          `${windowSeconds} seconds.`,
        wait,
      );
    }
    this.#running.set(user, running + 1);
    try {
      return await call();
    } finally {
      this.#running.set(user, (this.#running.get(user) ?? 1) - 1);
    }
  }
}
