import { expect, test } from "vitest";
import { type Clock, type Http, HttpFailure } from "../../runtime/index.ts";
import { type SignIn, tokenSource } from "./token-source.ts";

const minuteMs = 60_000;

function signIn(answers: Partial<SignIn> = {}) {
  let now = 0;
  const clock: Clock = { now: () => now, sleep: async () => {} };
  const pass = (ms: number): void => {
    now += ms;
  };
  const asked: string[] = [];
  const http: Http = async ({ body = "" }) => {
    asked.push(body);
    const token = { access_token: `token-${asked.length}`, expires_in: 3600 };
    return { status: 200, headers: {}, body: JSON.stringify(token) };
  };
  const getToken = tokenSource({
    ...{ clock, http, tokenUrl: "https://login.example/token", name: "the sign-in" },
    grant: { grant_type: "client_credentials", client_secret: "a secret" },
    refused: { what: "the CRM refuses the app", remedy: "check its secret" },
    ...answers,
  });
  return { asked, getToken, pass };
}

test("a token is kept until shortly before it expires, and renewed when it is refused", async () => {
  const { asked, getToken, pass } = signIn();
  expect([await getToken({}), await getToken({})]).toEqual(["token-1", "token-1"]);
  expect(asked).toEqual(["grant_type=client_credentials&client_secret=a+secret"]);
  expect(await getToken({ rejected: "token-1" })).toBe("token-2");
  expect(await getToken({ rejected: "token-1" })).toBe("token-2");
  pass(54 * minuteMs);
  expect(await getToken({})).toBe("token-2");
  pass(minuteMs);
  expect(await getToken({})).toBe("token-3");
});

test("who asks at the same moment shares one request; one who gives up doesn't end it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let requests = 0;
  const { getToken } = signIn({
    http: async () => {
      requests += 1;
      await promise;
      return { status: 200, headers: {}, body: JSON.stringify({ access_token: "shared" }) };
    },
    renewAfterMs: minuteMs,
  });
  const stop = new AbortController();
  const first = getToken({ signal: stop.signal });
  const second = getToken({});
  stop.abort(new Error("the first gave up"));
  await expect(first).rejects.toThrow("the first gave up");
  resolve();
  expect(await second).toBe("shared");
  expect(requests).toBe(1);
});

test.each([
  [400, "unauthorized", "the CRM refuses the app (400); check its secret"],
  [429, "unavailable", "the sign-in answered 429"],
  [503, "unavailable", "the sign-in answered 503"],
])("a sign-in that answers %i is %s", async (status, code, message) => {
  const { getToken } = signIn({ http: async () => ({ status, headers: {}, body: "a secret" }) });
  await expect(getToken({})).rejects.toMatchObject({ code, message });
});

test("a sign-in that can't be reached is unavailable, and asked anew the next time", async () => {
  let isDown = true;
  const { getToken } = signIn({
    http: async () => {
      if (isDown) throw new HttpFailure("unreachable", "nobody there");
      return { status: 200, headers: {}, body: JSON.stringify({ access_token: "token" }) };
    },
  });
  await expect(getToken({})).rejects.toMatchObject({ code: "unavailable" });
  isDown = false;
  expect(await getToken({})).toBe("token");
});
