import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { ReferralsClient } from "./referrals-client.ts";
import { createReferralsPort } from "./referrals-port.ts";
import { jumpingClock, type Step, scriptedHttp, storedReferral } from "./testing/scripted-world.ts";

const ok: Step = { status: 200, body: storedReferral("r1") };
const expiresInMs = 3_600_000;

test("a late 401 of an old token doesn't throw away the new one", async () => {
  const clock = jumpingClock();
  let asked = 0;
  const credential = {
    getToken: async () => {
      asked += 1;
      return { token: `token-${asked}`, expiresOnTimestamp: clock.now() + expiresInMs };
    },
  };
  let refuseLate = (): void => {};
  const isLate = new Promise<void>((resolve) => {
    refuseLate = resolve;
  });
  const answer = { headers: {}, body: JSON.stringify(storedReferral("r1")) };
  const client = new ReferralsClient({
    credential,
    clock,
    random: seededRandom(1),
    http: async ({ url, headers }) => {
      if (headers.authorization !== "Bearer token-1") return { ...answer, status: 200 };
      if (url.endsWith("/slow")) await isLate;
      return { ...answer, status: 401 };
    },
  });
  const slow = client.getReferral("slow");
  await Promise.all([client.getReferral("quick"), client.getReferral("quick")]);
  expect(asked).toBe(2);
  refuseLate();
  await slow;
  expect(asked).toBe(2);
});

test("the claims of a challenge are handed to the credential", async () => {
  const clock = jumpingClock();
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
  const challenge = `Bearer error="insufficient_claims", claims="${btoa(claims)}"`;
  const { http } = scriptedHttp({ status: 401, headers: { "www-authenticate": challenge } }, ok);
  const seen: unknown[] = [];
  const credential = {
    getToken: async (_scopes: unknown, options: { claims?: string } = {}) => {
      seen.push(options.claims);
      return { token: `t${seen.length}`, expiresOnTimestamp: clock.now() + expiresInMs };
    },
  };
  await new ReferralsClient({ credential, http, clock }).getReferral("r1");
  expect(seen).toEqual([undefined, claims]);
});

test("while the issuer is down, a token that still lives goes on serving", async () => {
  const clock = jumpingClock();
  const { http, requests } = scriptedHttp(ok, ok);
  let isDown = false;
  const credential = {
    getToken: async () => {
      if (isDown) throw new Error("issuer is down");
      return { token: "t1", expiresOnTimestamp: clock.now() + expiresInMs };
    },
  };
  const port = createReferralsPort({ credential, http, clock });
  await port.get("r1");
  isDown = true;
  clock.advance(expiresInMs - 60_000);
  await port.get("r1");
  expect(requests[1]?.headers.authorization).toBe("Bearer t1");
  clock.advance(60_000);
  await expect(port.get("r1")).rejects.toThrow("issuer is down");
});

test("a caller who has given up before the token came leaves no unhandled rejection", async () => {
  const clock = jumpingClock();
  const { http } = scriptedHttp();
  const credential = {
    getToken: async () => {
      throw new Error("refused later");
    },
  };
  const port = createReferralsPort({ credential, http, clock });
  const abortSignal = AbortSignal.abort(new Error("gone"));
  await expect(port.get("r1", { abortSignal })).rejects.toThrow("gone");
  await new Promise((resolve) => setImmediate(resolve));
});

test("a credential that gives no token is named as the cause", async () => {
  const credential = { getToken: async () => null };
  const port = createReferralsPort({ credential, http: scriptedHttp().http });
  await expect(port.get("r1")).rejects.toThrow("gave no access token");
});
