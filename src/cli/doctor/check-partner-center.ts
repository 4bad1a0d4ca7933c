import type { TokenCredential } from "@azure/core-auth";
import { decodeJwt } from "jose";
import { type SignInStatus, WebhookRegistrationClient } from "../../client/index.ts";
import { ReferralsError, type WebhookRegistration, webhookEvents } from "../../contract/index.ts";
import { webhookPath } from "../../operations/index.ts";
import { fetchHttp, systemClock } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";
import { partnerCenterCredential } from "../start/connections.ts";
import { judgeSkew } from "./clock-skew.ts";
import { type Finding, findingsOf, sentenceOf } from "./finding.ts";

const area = "Partner Center";
const { good, warn, bad } = findingsOf(area);
const timeoutMs = 20_000;
const signIn = "referrals sign-in";
/** Entra's number for "this call needs multifactor authentication". */
const mfaNumber = "900421";

interface Claims {
  readonly account?: string;
  readonly roles: readonly string[];
  /** Undefined where the token doesn't tell. */
  readonly hasMfa?: boolean;
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** What a token says of its account. It is shown, never trusted: the service decides. */
export function claimsOf(token: string): Claims {
  try {
    const { upn, preferred_username: name, roles, amr, idtyp } = decodeJwt(token);
    const account = [upn, name].find((value) => typeof value === "string");
    const isApp = idtyp === "app";
    return {
      roles: strings(roles),
      ...(typeof account === "string" ? { account } : {}),
      ...(Array.isArray(amr) && !isApp ? { hasMfa: amr.includes("mfa") } : {}),
    };
  } catch {
    // An opaque token tells nothing.
    return { roles: [] };
  }
}

function tokenFindings(claims: Claims, status: SignInStatus | undefined): Finding[] {
  const account = claims.account ?? status?.account;
  const roles = claims.roles.length > 0 ? ` · ${claims.roles.join(", ")}` : "";
  const left = status?.daysLeft === undefined ? "" : ` · sign-in good for ${status.daysLeft} days`;
  const who = account === undefined ? "signed in" : `signed in as ${account}`;
  const findings = [good(`${who}${roles}${left}`)];
  if (status?.expiresSoon) {
    findings.push(warn(`the sign-in ends in ${status.daysLeft ?? 0} days`, signIn));
  }
  if (claims.hasMfa === true) findings.push(good("multifactor authentication was done"));
  if (claims.hasMfa === false) {
    const detail = "Partner Center refuses such tokens from 2026 on.";
    findings.push(bad("the sign-in was made without multifactor authentication", signIn, detail));
  }
  return findings;
}

/** One real call tells whether the account may list referrals, and what time it is there. */
async function callFindings(config: Config, token: string, roles: readonly string[]) {
  const url = `${config.partnerCenter.referralsUrl}?$top=1`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetchHttp({ method: "GET", url, headers, timeoutMs });
  const skew = judgeSkew(area, answer.headers.date, systemClock.now());
  const { status, body } = answer;
  if (status === 200) {
    const isUser = roles.includes("Referrals user") && !roles.includes("Referrals admin");
    const role = isUser
      ? warn(
          "the account is Referrals user: it sees its own locations' referrals only",
          "give it the role Referrals admin in Partner Center (Account settings → User management)",
        )
      : good("referrals can be listed");
    return [role, ...skew];
  }
  if (status === 401 && body.includes(mfaNumber)) {
    const remedy = `${signIn}, and complete the second factor`;
    return [bad("Partner Center wants multifactor authentication (900421)", remedy), ...skew];
  }
  if (status === 403) {
    const remedy = "give the account the role Referrals admin in Partner Center";
    return [bad("the account may not see referrals (403)", remedy), ...skew];
  }
  const remedy = status === 404 ? "check partnerCenter.referralsUrl" : "try again in a few minutes";
  return [bad(`listing referrals was answered with ${status}`, remedy), ...skew];
}

/** Who has a tenant's events, next to who wants them. */
export function webhookFindings(
  registration: WebhookRegistration | undefined,
  ownUrl: string | undefined,
): Finding[] {
  const events = registration?.WebhookEvents.filter((name) => name !== "test-created") ?? [];
  const isTaken = registration !== undefined && events.length > 0;
  if (isTaken && registration.WebhookUrl !== ownUrl) {
    const shown = addressOf(registration.WebhookUrl);
    const detail =
      "Taking them over would silence that tool. Polling works without: leaving it is fine.";
    const remedy = "referrals webhooks take-over --event <name>, or leave it as it is";
    return [warn(`${events.join(", ")} go to ${shown} (another tool)`, remedy, detail)];
  }
  if (ownUrl === undefined) return [good("no webhooks wanted; changes are found by polling")];
  const missing = webhookEvents.filter((name) => name !== "test-created" && !events.includes(name));
  if (missing.length === 0) return [good(`webhooks come to ${addressOf(ownUrl)}`)];
  const remedy = "they are registered when it starts: referrals start";
  return [warn(`not registered yet: ${missing.join(", ")}`, remedy)];
}

/** An address without its query, which in a flow's address is a secret. */
function addressOf(address: string): string {
  if (!URL.canParse(address)) return "an address that can't be read";
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

/** The address at which a configuration wants webhooks, where it wants them. */
export function ownWebhookUrl({ partnerCenter: { webhook } }: Config): string | undefined {
  return webhook === undefined ? undefined : new URL(webhookPath, webhook.publicUrl).href;
}

async function checkWebhooks(config: Config, credential: TokenCredential) {
  const { webhook } = config.partnerCenter;
  try {
    const client = new WebhookRegistrationClient({
      credential,
      ...(webhook ? { endpoint: webhook.registrationUrl } : {}),
    });
    return webhookFindings(await client.getRegistration(), ownWebhookUrl(config));
  } catch (error) {
    const remedy = "grant the app the Partner Center API as well, or poll without webhooks";
    return [warn(`webhook registrations can't be read: ${sentenceOf(error)}`, remedy)];
  }
}

/** Token, multifactor authentication, role, clock and webhook ownership. */
export async function checkPartnerCenter(config: Config): Promise<readonly Finding[]> {
  const { scope, webhook, referralsUrl } = config.partnerCenter;
  try {
    const credential = await partnerCenterCredential(config);
    const access = await credential.getToken(scope);
    if (access === null) return [bad("there is no token", signIn)];
    const claims = claimsOf(access.token);
    const status = await credential.status?.();
    // A sandbox's registrations are where its referrals are, and only the configuration knows that.
    const isReal = new URL(referralsUrl).host === "api.partner.microsoft.com";
    const webhooks = webhook || isReal ? await checkWebhooks(config, credential) : [];
    const calls = await callFindings(config, access.token, claims.roles);
    return [...tokenFindings(claims, status), ...calls, ...webhooks];
  } catch (error) {
    const needsPerson =
      error instanceof ReferralsError && ["signInRequired", "mfaRequired"].includes(error.code);
    const remedy = needsPerson
      ? signIn
      : "check partnerCenter in the configuration, and the network";
    return [bad(sentenceOf(error), remedy)];
  }
}
