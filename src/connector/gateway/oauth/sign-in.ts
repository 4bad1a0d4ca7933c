import { createHash, timingSafeEqual } from "node:crypto";
import {
  createMemoryTokenStore,
  finishAuthorization,
  startAuthorization,
} from "../../../client/index.ts";
import { ReferralsError } from "../../../contract/index.ts";
import type { Clock, Http, Random } from "../../../runtime/index.ts";
import type { DocumentStore } from "../../../storage/port.ts";
import type { Connection, Connections } from "../connections.ts";
import type { Sealer } from "../sealed-text.ts";
import type { UpstreamApp } from "../upstream-tokens.ts";
import type { ClientRegistry } from "./client-registry.ts";
import { type Form, required } from "./form.ts";
import { OAuthRefusal } from "./oauth-refusal.ts";

/** Where the issuer behind the gateway sends people back to, below the gateway's address. */
export const callbackPath = "/callback";

/** How long a person may take to sign in, and a client to fetch the tokens. */
export const signInLimits = { signInMs: 600_000, codeMs: 300_000 } as const;

/** What a sign-in needs. */
export interface SignInOptions {
  readonly clients: ClientRegistry;
  readonly connections: Connections;
  readonly app: UpstreamApp;
  readonly scope: string;
  readonly store: DocumentStore;
  readonly sealer: Sealer;
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly publicUrl: () => string;
}

/** What is kept, sealed, while a person signs in at the issuer. */
interface Pending {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state?: string;
  readonly codeChallenge?: string;
  readonly codeVerifier: string;
  readonly browser: string;
}

/** What a code stands for. */
export interface CodeRecord {
  readonly connectionId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge?: string;
}

/** Where the browser goes, and what it must bring back. */
export interface SignInStart {
  readonly location: string;
  /** For a cookie: only the browser that began may finish. */
  readonly browser: string;
}

const pendingKind = "gateway-sign-in";
const codeKind = "gateway-code";
const s256 = /^[\w-]{43}$/;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url");

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The client's address with the outcome; `state` is the client's own. */
export function redirectTo(
  { redirectUri, state }: Pick<Pending, "redirectUri" | "state">,
  outcome: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set("state", state);
  return url.href;
}

/** The way of a person through the gateway to the issuer behind it and back. */
export class SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** The client and address of a request; until both are known, no browser is sent anywhere. */
  trusted(form: Form): Pick<Pending, "clientId" | "redirectUri" | "state"> {
    const { clients } = this.#options;
    const clientId = required(form, "client_id");
    const redirectUri = required(form, "redirect_uri");
    if (!clients.isKnown(clientId)) throw new OAuthRefusal("invalid_client");
    if (!clients.allowsRedirect(clientId, redirectUri)) {
      throw new OAuthRefusal("invalid_request", "redirect_uri isn't one of this app's.");
    }
    return { clientId, redirectUri, ...(form.state === undefined ? {} : { state: form.state }) };
  }

  /** Begins a sign-in at the issuer. Errors: OAuthRefusal. */
  async begin(form: Form): Promise<SignInStart> {
    const { random, store, sealer, clock, clients } = this.#options;
    const client = this.trusted(form);
    if (form.response_type !== "code") throw new OAuthRefusal("unsupported_response_type");
    const codeChallenge = form.code_challenge;
    const hasChallenge = codeChallenge !== undefined;
    if (!hasChallenge && !clients.isConfidential(client.clientId)) {
      throw new OAuthRefusal("invalid_request", "code_challenge is missing: this app needs PKCE.");
    }
    if (hasChallenge && !(form.code_challenge_method === "S256" && s256.test(codeChallenge))) {
      throw new OAuthRefusal("invalid_request", "code_challenge_method must be S256.");
    }
    const start = await startAuthorization({ ...this.#upstream(), random });
    const browser = Buffer.from(random.bytes(24)).toString("base64url");
    const pending: Pending = {
      ...client,
      codeVerifier: start.codeVerifier,
      browser: sha256(browser),
      ...(hasChallenge ? { codeChallenge } : {}),
    };
    const sealed = sealer.seal(JSON.stringify(pending), pendingKind);
    const expiresAt = clock.now() + signInLimits.signInMs;
    await store.put(pendingKind, start.state, JSON.stringify(sealed), expiresAt);
    return { location: start.authorizationUrl, browser };
  }

  /** Takes the person back from the issuer: makes the connection, answers where to go with it. */
  async finish(returnedQuery: string, browser: string | undefined): Promise<string> {
    const state = new URLSearchParams(returnedQuery).get("state") ?? "";
    const pending = await this.#takePending(state);
    if (browser === undefined || !isSame(sha256(browser), pending.browser)) {
      const message = "This sign-in was begun in another browser. Start again.";
      throw new OAuthRefusal("invalid_request", message);
    }
    try {
      const connection = await this.#connect(pending, state, returnedQuery);
      return redirectTo(pending, { code: await this.#issueCode(pending, connection) });
    } catch (error) {
      if (!(error instanceof ReferralsError)) throw error;
      const isDown = error.status >= 500 || error.status === 0;
      const code = isDown ? "temporarily_unavailable" : "access_denied";
      return redirectTo(pending, { error: code, error_description: error.message });
    }
  }

  /** What a code stood for; it is spent by this. Errors: OAuthRefusal. */
  async redeem(form: Form, clientId: string): Promise<CodeRecord> {
    const code = required(form, "code");
    const text = await this.#options.store.take(codeKind, sha256(code));
    if (text === undefined) throw new OAuthRefusal("invalid_grant");
    const record = JSON.parse(text) as CodeRecord;
    const verifier = form.code_verifier ?? "";
    const isProven =
      record.codeChallenge === undefined || isSame(sha256(verifier), record.codeChallenge);
    const isMeant = record.clientId === clientId && record.redirectUri === form.redirect_uri;
    if (!(isProven && isMeant)) throw new OAuthRefusal("invalid_grant");
    return record;
  }

  #upstream() {
    const { app, scope, publicUrl } = this.#options;
    return { ...app, redirectUrl: `${publicUrl()}${callbackPath}`, scopes: scope };
  }

  async #takePending(state: string): Promise<Pending> {
    const { store, sealer } = this.#options;
    const text = state === "" ? undefined : await store.take(pendingKind, state);
    if (text === undefined) {
      const message = "This sign-in isn't known, or has taken too long. Start again.";
      throw new OAuthRefusal("invalid_request", message);
    }
    return JSON.parse(sealer.open(JSON.parse(text), pendingKind)) as Pending;
  }

  async #connect(pending: Pending, state: string, returnedQuery: string): Promise<Connection> {
    const { http, clock, connections } = this.#options;
    const upstream = this.#upstream();
    const tokenStore = createMemoryTokenStore();
    const person = await finishAuthorization({
      ...upstream,
      start: { state, codeVerifier: pending.codeVerifier },
      returnedUrl: `${upstream.redirectUrl}?${returnedQuery}`,
      tokenStore,
      http,
      clock,
    });
    const signIn = await tokenStore.load();
    if (!(person && signIn)) {
      throw new ReferralsError("signInFailed", {
        message: "The issuer doesn't tell who signed in: allow the app the scope openid.",
      });
    }
    return connections.create({ ...person, clientId: pending.clientId }, signIn);
  }

  async #issueCode(pending: Pending, connection: Connection): Promise<string> {
    const { random, store, clock } = this.#options;
    const { clientId, redirectUri, codeChallenge } = pending;
    const record: CodeRecord = {
      connectionId: connection.id,
      clientId,
      redirectUri,
      ...(codeChallenge === undefined ? {} : { codeChallenge }),
    };
    const code = Buffer.from(random.bytes(32)).toString("base64url");
    const expiresAt = clock.now() + signInLimits.codeMs;
    await store.put(codeKind, sha256(code), JSON.stringify(record), expiresAt);
    return code;
  }
}
