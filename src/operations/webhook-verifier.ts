import { verify, X509Certificate } from "node:crypto";
import type { Clock, Http } from "../runtime/index.ts";

/** Whose webhooks are believed. */
export interface WebhookTrust {
  /** PEM certificates that may end a chain. */
  readonly roots: readonly string[];
  /** Hosts that certificates are fetched from. */
  readonly certificateHosts: readonly string[];
  /** The organisation that the signing certificate must name: `Microsoft Corporation`. */
  readonly organization: string;
  /** True only where the sender is a sandbox on this machine. */
  readonly allowsHttp?: boolean;
}

/** Why a delivery was not believed; a code for the log, never content. */
export type WebhookDistrust =
  | "no-signature"
  | "algorithm"
  | "certificate-address"
  | "certificate-unavailable"
  | "certificate-untrusted"
  | "signature";

/** The headers of a delivery, names in lower case. */
export type DeliveryHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Decides whether a delivery was signed by whom it claims. */
export type WebhookVerifier = (
  body: Buffer,
  headers: DeliveryHeaders,
) => Promise<WebhookDistrust | undefined>;

const maxChain = 5;
const maxCached = 16;
const certificateTimeoutMs = 10_000;
const pemPattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function header(headers: DeliveryHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

/** The signature's base64: Partner Center sends it in one of two headers. */
function signatureOf(headers: DeliveryHeaders): Buffer | undefined {
  const candidates = ["x-ms-signature", "authorization"].map((name) => header(headers, name));
  const match = candidates
    .map((text) => /^Signature\s+([A-Za-z0-9+/=]+)$/.exec(text.trim()))
    .find((found) => found !== null);
  return match?.[1] === undefined ? undefined : Buffer.from(match[1], "base64");
}

function isValidAt(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** True where the certificate leads to a root, through the others that were sent with it. */
function leadsToRoot(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): boolean {
  let current = leaf;
  for (let step = 0; step < maxChain; step += 1) {
    if (!isValidAt(current, now)) return false;
    const child = current;
    if (roots.some((root) => isValidAt(root, now) && isIssuedBy(child, root))) return true;
    const next = sent.find((candidate) => candidate.ca && isIssuedBy(child, candidate));
    if (!next || next === current) return false;
    current = next;
  }
  return false;
}

function namesOrganization(certificate: X509Certificate, organization: string): boolean {
  return certificate.subject.split("\n").includes(`O=${organization}`);
}

function isAllowedAddress(text: string, trust: WebhookTrust): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const schemes = trust.allowsHttp ? ["https:", "http:"] : ["https:"];
  return schemes.includes(url.protocol) && trust.certificateHosts.includes(url.host);
}

/**
 * A verifier of Partner Center's webhooks: RSA-SHA256 (PKCS#1 v1.5) over the raw bytes, with a
 * certificate from a listed
 * host that names the organisation and leads to a root. Certificates are cached; their address is
 * never followed elsewhere.
 */
export function createWebhookVerifier(
  trust: WebhookTrust,
  world: { readonly http: Http; readonly clock: Clock },
): WebhookVerifier {
  const roots = trust.roots.map((pem) => new X509Certificate(pem));
  const cache = new Map<string, readonly X509Certificate[]>();

  async function fetchChain(url: string): Promise<readonly X509Certificate[]> {
    const known = cache.get(url);
    if (known) return known;
    const request = { method: "GET", url, headers: {}, timeoutMs: certificateTimeoutMs } as const;
    const response = await world.http(request);
    if (response.status !== 200) return [];
    const chain = [...response.body.matchAll(pemPattern)].map(([pem]) => new X509Certificate(pem));
    if (cache.size >= maxCached) cache.clear();
    if (chain.length > 0) cache.set(url, chain);
    return chain;
  }

  return async (body, headers) => {
    const signature = signatureOf(headers);
    if (!signature) return "no-signature";
    if (header(headers, "x-ms-signature-algorithm").toLowerCase() !== "rsa-sha256") {
      return "algorithm";
    }
    const address = header(headers, "x-ms-certificate-url");
    if (!isAllowedAddress(address, trust)) return "certificate-address";
    const chain = await fetchChain(address).catch(() => []);
    const [leaf] = chain;
    if (!leaf) return "certificate-unavailable";
    const isTrusted =
      namesOrganization(leaf, trust.organization) &&
      leadsToRoot(leaf, chain.slice(1), roots, world.clock.now());
    if (!isTrusted) return "certificate-untrusted";
    const isGenuine =
      leaf.publicKey.asymmetricKeyType === "rsa" &&
      verify("sha256", body, leaf.publicKey, signature);
    return isGenuine ? undefined : "signature";
  };
}
