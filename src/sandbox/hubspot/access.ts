import { Throttle } from "../../http/index.ts";
import type { Clock, Random } from "../../runtime/index.ts";
import { HubSpotError } from "./errors.ts";

/** An app that gets its tokens by a refresh token. */
export interface HubSpotClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** Whose id stands under "updated by". */
  readonly name: string;
}

/** How much an app may ask. */
export interface HubSpotLimits {
  readonly perTenSeconds: number;
  readonly searchesPerSecond: number;
  readonly perDay: number;
}

/** HubSpot's numbers for private apps of Professional and Enterprise accounts. */
export const standardLimits: HubSpotLimits = {
  perTenSeconds: 190,
  searchesPerSecond: 5,
  perDay: 650_000,
};

const lifeSeconds = 1800;

/** What the access check is set up with. */
export interface AccessOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Tokens that hold for as long as the sandbox runs, with the name of the user behind each. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly clients: readonly HubSpotClient[];
  readonly limits: HubSpotLimits;
  /** Scopes that a token lacks, by token. */
  readonly withoutScopes: Readonly<Record<string, readonly string[]>>;
}

/** Who is calling, and whether they may call now. */
export class Access {
  readonly #options: AccessOptions;
  readonly #tokens = new Map<string, { readonly user: string; readonly endsAtMs: number }>();
  readonly #burst: Throttle;
  readonly #searches: Throttle;
  readonly #day: Throttle;

  constructor(options: AccessOptions) {
    this.#options = options;
    const { clock, limits } = options;
    this.#burst = new Throttle({ clock, limit: limits.perTenSeconds, windowMs: 10_000 });
    this.#searches = new Throttle({ clock, limit: limits.searchesPerSecond, windowMs: 1000 });
    this.#day = new Throttle({ clock, limit: limits.perDay, windowMs: 86_400_000 });
  }

  /** Issues a token for a refresh token; undefined where something is wrong. */
  issue(form: URLSearchParams): { readonly token: string; readonly seconds: number } | undefined {
    const client = this.#options.clients.find(
      (each) =>
        each.clientId === form.get("client_id") &&
        each.clientSecret === form.get("client_secret") &&
        each.refreshToken === form.get("refresh_token"),
    );
    if (!client) return undefined;
    const token = `CNL${Buffer.from(this.#options.random.bytes(24)).toString("base64url")}`;
    const endsAtMs = this.#options.clock.now() + lifeSeconds * 1000;
    this.#tokens.set(token, { user: client.name, endsAtMs });
    return { token, seconds: lifeSeconds };
  }

  /** Makes every issued token expire now. */
  expireTokens(): void {
    for (const [token, { user }] of this.#tokens) this.#tokens.set(token, { user, endsAtMs: 0 });
  }

  /** The user id behind an Authorization header. Errors: 401, and 403 for a missing scope. */
  userOf(authorization: string | undefined, scope?: string): string {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    const { clock, tokens, withoutScopes } = this.#options;
    const issued = this.#tokens.get(token);
    const user = Object.hasOwn(tokens, token) ? tokens[token] : issued?.user;
    if (user === undefined) {
      throw new HubSpotError(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found or invalid.",
      );
    }
    if (issued && issued.endsAtMs <= clock.now()) {
      throw new HubSpotError(401, "EXPIRED_AUTHENTICATION", "The OAuth token expired.");
    }
    if (scope !== undefined && withoutScopes[token]?.includes(scope)) {
      throw new HubSpotError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call.",
        { errors: [{ message: "One or more scopes are missing.", context: { missing: [scope] } }] },
      );
    }
    return String(100 + Object.values(tokens).indexOf(user));
  }

  /**
   * Counts a call of an app, told by its user: the ten seconds' calls are each app's own, searches
   * and the day's calls are the account's. Errors: 429 with the policy that was passed.
   */
  count(userId: string, isSearch: boolean): void {
    const refuse = (policyName: string, name: string): never => {
      const message = `You have reached your ${name} limit.`;
      throw new HubSpotError(429, "RATE_LIMITS", message, { errorType: "RATE_LIMIT", policyName });
    };
    if (isSearch && this.#searches.take("account") > 0) refuse("SECONDLY", "secondly");
    if (this.#burst.take(userId) > 0) refuse("TEN_SECONDLY_ROLLING", "ten_secondly_rolling");
    if (this.#day.take("account") > 0) refuse("DAILY", "daily");
  }
}
