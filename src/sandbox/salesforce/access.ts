import type { Clock, Random } from "../../runtime/index.ts";
import { SalesforceError } from "./errors.ts";

/** A connected app that gets its tokens with a secret, and the user that it runs as. */
export interface SalesforceClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
}

const sessionMs = 2 * 3_600_000;
const dayMs = 86_400_000;

/** What the access check is set up with. */
export interface AccessOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Tokens that hold for as long as the sandbox runs, with the name of the user behind each. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly clients: readonly SalesforceClient[];
  /** API calls of the whole organisation in any 24 hours. */
  readonly dailyCalls: number;
}

/** Who is calling, and whether the organisation's calls of the day are used up. */
export class Access {
  readonly #options: AccessOptions;
  readonly #sessions = new Map<string, { readonly user: string; readonly endsAtMs: number }>();
  #callTimes: number[] = [];

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** The names of all users that can call. */
  get users(): readonly string[] {
    const { tokens, clients } = this.#options;
    return [...new Set([...Object.values(tokens), ...clients.map(({ name }) => name)])];
  }

  /** Issues a token to an app; undefined where its secret is wrong. */
  issue(clientId: string, clientSecret: string): string | undefined {
    const client = this.#options.clients.find(
      (each) => each.clientId === clientId && each.clientSecret === clientSecret,
    );
    if (!client) return undefined;
    const token = `00DdL0!${Buffer.from(this.#options.random.bytes(24)).toString("base64url")}`;
    const endsAtMs = this.#options.clock.now() + sessionMs;
    this.#sessions.set(token, { user: client.name, endsAtMs });
    return token;
  }

  /** Makes every issued token expire now. */
  expireTokens(): void {
    this.#sessions.clear();
  }

  /** The user behind a session id, or undefined. */
  userOfSession(token: string): string | undefined {
    const fixed = this.#options.tokens;
    if (Object.hasOwn(fixed, token)) return fixed[token];
    const session = this.#sessions.get(token);
    return session && session.endsAtMs > this.#options.clock.now() ? session.user : undefined;
  }

  /** The user behind an Authorization header. Errors: 401. */
  userOf(authorization: string | undefined): string {
    const token = /^(?:Bearer|OAuth) (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    const user = this.userOfSession(token);
    if (user !== undefined) return user;
    throw new SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid");
  }

  /** `used/allowed` of the last 24 hours. */
  get usage(): { readonly used: number; readonly allowed: number } {
    const since = this.#options.clock.now() - dayMs;
    this.#callTimes = this.#callTimes.filter((time) => time > since);
    return { used: this.#callTimes.length, allowed: this.#options.dailyCalls };
  }

  /** Counts a call. Errors: 403 where the day's calls are used up. */
  count(): void {
    const { allowed, used } = this.usage;
    if (used >= allowed) {
      throw new SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }
    this.#callTimes.push(this.#options.clock.now());
  }
}
