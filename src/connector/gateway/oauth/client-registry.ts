import { createHash, timingSafeEqual } from "node:crypto";
import type { Random } from "../../../runtime/index.ts";
import type { DocumentStore } from "../../../storage/port.ts";
import { gatewayClientId } from "../../package/properties.ts";

/** An app that may ask the gateway for tokens. */
export interface GatewayClient {
  readonly clientId: string;
  /** Absent for an app that can't keep a secret; it needs PKCE. */
  readonly clientSecret?: string;
  /** Where codes may be sent: the very text, or a loopback address with any port. */
  readonly redirectUris: readonly string[];
}

const secretKey = ["gateway-client-secret", gatewayClientId] as const;
const loopback = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?=\/|$)/;
/** Newer connectors get a redirect address of their own below the shared one. */
const consentRedirect = /^https:\/\/global\.consent\.azure-apim\.net\/redirect(?:\/[\w-]{1,200})?$/;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
const withoutPort = (uri: string): string =>
  uri.replace(loopback, (origin) => origin.replace(/:\d+$/, ""));

/** Whom the gateway gives tokens to: Power Platform, and the apps that an operator names. */
export class ClientRegistry {
  readonly #store: DocumentStore;
  readonly #random: Random;
  readonly #others: readonly GatewayClient[];

  constructor(store: DocumentStore, random: Random, others: readonly GatewayClient[] = []) {
    this.#store = store;
    this.#random = random;
    this.#others = others;
  }

  /** Makes Power Platform's secret where there is none yet; undefined where there is one. */
  async firstSecret(): Promise<string | undefined> {
    return (await this.#store.get(...secretKey)) === undefined ? this.newSecret() : undefined;
  }

  /** Gives Power Platform a new secret and keeps its hash only: it is shown once. */
  async newSecret(): Promise<string> {
    const secret = Buffer.from(this.#random.bytes(32)).toString("base64url");
    await this.#store.put(...secretKey, JSON.stringify(digest(secret).toString("base64url")));
    return secret;
  }

  isKnown(clientId: string): boolean {
    return clientId === gatewayClientId || this.#other(clientId) !== undefined;
  }

  isConfidential(clientId: string): boolean {
    return clientId === gatewayClientId || this.#other(clientId)?.clientSecret !== undefined;
  }

  /** True where codes for this client may be sent to that address. */
  allowsRedirect(clientId: string, redirectUri: string): boolean {
    if (clientId === gatewayClientId && consentRedirect.test(redirectUri)) return true;
    const known = this.#other(clientId)?.redirectUris ?? [];
    return known.some(
      (uri) =>
        uri === redirectUri ||
        (loopback.test(uri) && withoutPort(uri) === withoutPort(redirectUri)),
    );
  }

  /** True where the secret is the client's, or the client has none and sends none. */
  async proves(clientId: string, secret: string | undefined): Promise<boolean> {
    const expected = await this.#expectedDigest(clientId);
    if (expected === undefined) return this.isKnown(clientId) && secret === undefined;
    return secret !== undefined && timingSafeEqual(digest(secret), expected);
  }

  #other(clientId: string): GatewayClient | undefined {
    return this.#others.find((client) => client.clientId === clientId);
  }

  async #expectedDigest(clientId: string): Promise<Buffer | undefined> {
    const configured = this.#other(clientId)?.clientSecret;
    if (configured !== undefined) return digest(configured);
    if (clientId !== gatewayClientId) return undefined;
    const text = await this.#store.get(...secretKey);
    // Without a stored hash nothing matches: 32 zero bytes are nobody's digest.
    return text === undefined ? Buffer.alloc(32) : Buffer.from(JSON.parse(text), "base64url");
  }
}
