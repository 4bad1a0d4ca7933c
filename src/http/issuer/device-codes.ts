import { createHash } from "node:crypto";
import type { Form } from "./client-authentication.ts";
import { required } from "./client-authentication.ts";
import type { IssuerClient } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import { type IssuerSettings, issuerLimits } from "./settings.ts";
import { type Consent, resourceOf, secretText } from "./tokens.ts";

/** A device sign-in (RFC 8628) that waits for its user, or has an outcome. */
export interface DeviceSignIn {
  readonly clientId: string;
  readonly tenantId: string;
  readonly scope: string;
  readonly expiresAtMs: number;
  readonly outcome?: "declined" | { readonly userId: string; readonly hasMfa: boolean };
}

interface Polling {
  readonly lastAtMs: number;
  readonly intervalS: number;
}

/** Letters that can't be mistaken for one another and spell no word (RFC 8628 section 6.1). */
const letters = "BCDFGHJKLMNPQRSTVWXZ";
const userCodeLength = 8;
/** An ended sign-in is remembered for a while, so that it can be told from one that never was. */
const afterlifeMs = 3_600_000;

const hashOf = (code: string): string => createHash("sha256").update(code).digest("base64url");

/** A user code as typed, in the form it is stored in. */
export const normalUserCode = (typed: string): string => typed.toUpperCase().replace(/[^A-Z]/g, "");

function newUserCode(settings: IssuerSettings): string {
  let code = "";
  while (code.length < userCodeLength) {
    for (const byte of settings.random.bytes(userCodeLength)) {
      const isFair = byte < Math.floor(256 / letters.length) * letters.length;
      if (isFair && code.length < userCodeLength) code += letters[byte % letters.length];
    }
  }
  return code;
}

/** Begins a device sign-in: the answer of the device authorization endpoint. */
export async function beginDeviceSignIn(
  settings: IssuerSettings,
  client: IssuerClient,
  form: Form,
): Promise<Readonly<Record<string, string | number>>> {
  const { clock, store } = settings;
  const scope = form.scope ?? "";
  resourceOf(settings, scope, form.resource);
  const lifetimeS = issuerLimits.deviceCodeLifetimeS;
  const expiresAtMs = clock.now() + lifetimeS * 1000;
  const signIn: DeviceSignIn = {
    clientId: client.clientId,
    tenantId: client.tenantId,
    scope,
    expiresAtMs,
  };
  const deviceCode = secretText(settings);
  const userCode = newUserCode(settings);
  const forgottenAtMs = expiresAtMs + afterlifeMs;
  await store.put("device-code", hashOf(deviceCode), JSON.stringify(signIn), forgottenAtMs);
  await store.put("user-code", userCode, hashOf(deviceCode), expiresAtMs);
  const shownCode = `${userCode.slice(0, 4)}-${userCode.slice(4)}`;
  const page = `${settings.baseUrl()}/devicelogin`;
  return {
    device_code: deviceCode,
    user_code: shownCode,
    verification_uri: page,
    verification_uri_complete: `${page}?user_code=${shownCode}`,
    expires_in: lifetimeS,
    interval: issuerLimits.devicePollIntervalS,
    message: `To sign in, open ${page} in a web browser and enter the code ${shownCode}.`,
  };
}

/** The waiting sign-in that a user code names, or undefined. */
export async function findByUserCode(
  settings: IssuerSettings,
  userCode: string,
): Promise<{ readonly key: string; readonly signIn: DeviceSignIn } | undefined> {
  const key = await settings.store.get("user-code", userCode);
  const text = key && (await settings.store.get("device-code", key));
  return key && text ? { key, signIn: JSON.parse(text) as DeviceSignIn } : undefined;
}

/** Writes down what the user decided; the user code is spent. False where somebody was faster. */
export async function decideDeviceSignIn(
  settings: IssuerSettings,
  userCode: string,
  outcome: NonNullable<DeviceSignIn["outcome"]>,
): Promise<boolean> {
  const key = await settings.store.take("user-code", userCode);
  const text = key && (await settings.store.get("device-code", key));
  if (!key || !text) return false;
  const signIn = JSON.parse(text) as DeviceSignIn;
  const decided = JSON.stringify({ ...signIn, outcome });
  await settings.store.put("device-code", key, decided, signIn.expiresAtMs + afterlifeMs);
  return true;
}

async function assertPatience(settings: IssuerSettings, key: string): Promise<void> {
  const { store, clock } = settings;
  const text = await store.get("device-poll", key);
  const before = text ? (JSON.parse(text) as Polling) : undefined;
  const intervalS = before?.intervalS ?? issuerLimits.devicePollIntervalS;
  const isEarly = before !== undefined && clock.now() - before.lastAtMs < intervalS * 1000;
  const polling: Polling = {
    lastAtMs: clock.now(),
    intervalS: isEarly ? intervalS + issuerLimits.slowDownS : intervalS,
  };
  const forgottenAtMs = clock.now() + issuerLimits.deviceCodeLifetimeS * 1000;
  await store.put("device-poll", key, JSON.stringify(polling), forgottenAtMs);
  if (isEarly) throw new OAuthError("slowDown");
}

/**
 * The consent behind a device code, once. Errors: pending, slowDown, declined, deviceExpired,
 * unknownDevice.
 */
export async function redeemDeviceCode(
  settings: IssuerSettings,
  client: IssuerClient,
  form: Form,
): Promise<Consent> {
  const key = hashOf(form.device_code ?? required(form, "code"));
  const text = await settings.store.get("device-code", key);
  if (text === undefined) throw new OAuthError("unknownDevice");
  const { outcome, expiresAtMs, ...signIn } = JSON.parse(text) as DeviceSignIn;
  if (signIn.clientId !== client.clientId) throw new OAuthError("unknownDevice");
  if (outcome === "declined") throw new OAuthError("declined");
  if (expiresAtMs <= settings.clock.now()) throw new OAuthError("deviceExpired");
  if (outcome === undefined) {
    await assertPatience(settings, key);
    throw new OAuthError("pending");
  }
  if ((await settings.store.take("device-code", key)) === undefined) {
    throw new OAuthError("unknownDevice");
  }
  return { ...signIn, ...outcome };
}
