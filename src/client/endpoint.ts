import { encodeOptionValue } from "../odata/index.ts";
import type { ListQuery } from "./port.ts";

/** The referrals API of Microsoft's public cloud. */
export const defaultEndpoint = "https://api.partner.microsoft.com";

/** The delegated scope that the referrals API asks for. */
export const defaultScope = "https://api.partner.microsoft.com/.default";

/** The webhook registrations of Microsoft's public cloud: another host, with tokens of its own. */
export const defaultWebhookEndpoint = "https://api.partnercenter.microsoft.com";

/** The delegated scope that webhook registrations ask for. */
export const defaultWebhookScope = "https://api.partnercenter.microsoft.com/.default";

const registrationPath = "/webhooks/v1/registration";
const referralsPath = "/v1.0/engagements/referrals";

/**
 * Where the referrals live: the collection's URL without a slash at its end, and the one host that
 * gets our token.
 */
export interface Endpoint extends Server {
  readonly referralsUrl: string;
}

/** Where webhooks are registered. */
export interface WebhookEndpoint extends Server {
  readonly registrationUrl: string;
}

/** The one host that gets our token, and whether it is reached by plain http. */
export interface Server {
  readonly host: string;
  readonly isInsecure: boolean;
}

/**
 * True for an address that never leaves the machine: the only place where plain http may carry a
 * token.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Reads an endpoint: a bare origin stands for its `/v1.0/engagements/referrals`, a longer URL is
 * the collection itself. Throws a TypeError for anything but https, save http on loopback.
 */
export function parseEndpoint(text: string): Endpoint {
  const { url, ...server } = collectionAt(text, referralsPath);
  return { referralsUrl: url, ...server };
}

/** Reads the endpoint of webhook registrations, by the same rules. */
export function parseWebhookEndpoint(text: string): WebhookEndpoint {
  const { url, ...server } = collectionAt(text, registrationPath);
  return { registrationUrl: url, ...server };
}

function collectionAt(text: string, path: string): Server & { readonly url: string } {
  const url = new URL(text);
  requireSecure(url);
  const given = url.pathname.replace(/\/+$/, "");
  return {
    url: `${url.origin}${given === "" ? path : given}`,
    host: url.host,
    isInsecure: url.protocol === "http:",
  };
}

/** Throws a TypeError unless the URL is https, or http on loopback. */
export function requireSecure(url: URL): void {
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${url.host}: an endpoint holds no user name or password`);
  }
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLoopback(url.hostname)) return;
  throw new TypeError(`${url.origin}: only https, or http on loopback, may carry a token`);
}

/** The URL of one referral; the id is escaped, so no id can reach another path. */
export function referralUrl(endpoint: Endpoint, id: string): string {
  if (id === "" || id === "." || id === "..") {
    throw new TypeError(`"${id}" is not a referral id`);
  }
  return `${endpoint.referralsUrl}/${encodeURIComponent(id)}`;
}

const queryOptions = ["filter", "orderby", "select", "expand", "top", "skip", "count"] as const;

/** The URL of a query's first page. */
export function listUrl(endpoint: Endpoint, query: ListQuery): string {
  const parts = queryOptions.flatMap((name) => {
    const value = query[name];
    return value === undefined || value === ""
      ? []
      : [`$${name}=${encodeOptionValue(String(value))}`];
  });
  return parts.length === 0 ? endpoint.referralsUrl : `${endpoint.referralsUrl}?${parts.join("&")}`;
}

/** Why a next link was not followed. */
export type NextLinkRefusal = "malformed" | "foreignHost";

/**
 * The URL to ask for a next page: on the endpoint's own host, over https (http only where the
 * endpoint itself is on loopback). Public samples carry http links, so these are raised to https;
 * any other host is refused, since the call would hand it our token.
 */
export function resolveNextLink(endpoint: Endpoint, link: string): URL | NextLinkRefusal {
  if (!URL.canParse(link, endpoint.referralsUrl)) return "malformed";
  const url = new URL(link, endpoint.referralsUrl);
  if (url.protocol === "http:" && !endpoint.isInsecure) url.protocol = "https:";
  const expectedProtocol = endpoint.isInsecure ? "http:" : "https:";
  const isOurs = url.host === endpoint.host && url.protocol === expectedProtocol;
  if (!isOurs || url.username !== "" || url.password !== "") return "foreignHost";
  return url;
}
