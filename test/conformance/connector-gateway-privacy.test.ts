import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tokenKeyFromText } from "../../src/client/index.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import { type CallbackReceiver, receiveCallbacks } from "./callback-receiver.ts";
import { type RunningGateway, runGateway, type Tokens } from "./running-gateway.ts";
import { newReferral } from "./running-service.ts";

const base = "/v1.0/engagements/referrals";
/** Nobody's data: each of them is looked for wherever the gateway leaves something behind. */
const personal = {
  name: "Zyxwell deal",
  customer: "Quibbleton Works",
  person: "Ottoline",
  email: "ottoline@quibbleton.example",
  notes: "the roof leaks at stand 12",
  filter: "searched-for@quibbleton.example",
};

let folder: string;
let receiver: CallbackReceiver;
let running: RunningGateway;
let mine: Tokens;
let theirs: Tokens;
const issuerTokens: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gateway-privacy-"));
  receiver = await receiveCallbacks();
  running = await runGateway({
    database: join(folder, "gateway.sqlite"),
    pollMs: 30,
    cacheMaxAgeMs: 60_000,
    http: async (request) => {
      const answer = await fetchHttp(request);
      if (request.url.endsWith("/token")) {
        const { access_token, refresh_token } = JSON.parse(answer.body);
        issuerTokens.push(access_token, refresh_token);
      }
      return answer;
    },
  });
  mine = await running.connect();
  theirs = await running.connect(running.service.apps.user);
  await useEverything();
});
afterAll(async () => {
  await running.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each kind of call once, good and bad, with personal data wherever a caller could put some. */
async function useEverything(): Promise<void> {
  const callbackUrl = `${receiver.url}/flow?sig=callback-secret`;
  await running.call(mine, "/v1.0/engagements/triggers/referral-created", {
    method: "POST",
    body: { callbackUrl },
  });
  const { name, customer, person, email, notes } = personal;
  const team = [{ firstName: person, lastName: "Quill", email }];
  const body = newReferral({
    name,
    customerProfile: { name: customer, address: { country: "DE" }, team },
    details: { notes },
  });
  const created = (await running.call(mine, base, { method: "POST", body })).body;
  await running.call(mine, `${base}/${created.id}`);
  const filter = encodeURIComponent(`team/any(t:t/email eq '${personal.filter}')`);
  await running.call(mine, `${base}?$filter=${filter}`);
  await running.call(mine, `${base}?$filter=${encodeURIComponent(personal.filter)}`);
  await running.call(mine, `${base}/${encodeURIComponent(email)}`);
  const changes = [{ op: "replace", path: "/details/notes", value: `${notes}, again` }];
  await running.call(mine, `${base}/${created.id}`, { method: "PATCH", body: changes });
  await running.call(mine, base, { method: "POST", text: `{"name": "${name}` });
  await running.call(mine, base, { method: "POST", body: { ...body, type: email } });
  const headers = { "MS-CorrelationId": email, "client-request-id": email };
  await running.call(mine, base, { headers });
  const [first] = await receiver.until(1);
  expect(JSON.parse(first?.text ?? "{}").name).toBe(name);
}

const kept = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString("latin1"))
    .join("\n");

describe("what the gateway leaves behind", () => {
  test.each(Object.entries(personal))("never stores a referral's body: no %s", (_what, text) => {
    expect(kept()).toContain("gatewayConnections");
    expect(kept()).not.toContain(text);
  });

  test.each(Object.entries(personal))("logs no personal data: no %s", (_what, text) => {
    const logged = running.logged.join("\n");
    expect(logged).toContain("answered a call");
    expect(logged).not.toContain(text);
    expect(logged).not.toContain(encodeURIComponent(text));
  });

  test("keeps no token, name or callback address that can be read", () => {
    const { admin, user } = running.service.apps;
    const secrets = [
      ...issuerTokens,
      mine.access_token,
      mine.refresh_token,
      theirs.refresh_token,
      running.clientSecret,
      running.gateway.adminSecret,
      admin.clientSecret,
      admin.userName,
      user.userName,
      "callback-secret",
    ];
    expect(issuerTokens.length).toBeGreaterThanOrEqual(4);
    const [file, log] = [kept(), running.logged.join("\n")];
    for (const secret of secrets) {
      expect(file.includes(secret)).toBe(false);
      expect(log.includes(secret)).toBe(false);
    }
  });

  test("is of no use under another key", async () => {
    const other = await runGateway({
      service: running.service,
      database: join(folder, "gateway.sqlite"),
      keys: [tokenKeyFromText(Buffer.alloc(32, 9).toString("base64"))],
    });
    const { status, body } = await other.call(mine, base);
    await other.gateway.close();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.error.code).toBe("tokenStoreUnreadable");
  });
});

describe("a connection is of its own person only", () => {
  const currentId = async (tokens: Tokens): Promise<string> =>
    (await running.call(tokens, "/connections/current")).body.id;

  test("called in another user's name it answers 403 and says what to do", async () => {
    const { admin, user } = running.service.apps;
    for (const headers of [
      { "x-ms-client-object-id": user.userId },
      { "x-ms-client-tenant-id": running.service.apps.stranger.organizationId },
    ]) {
      const { status, body } = await running.call(mine, base, { headers });
      expect([status, body.error.code]).toEqual([403, "connectionNotShareable"]);
      expect(body.error.innerError.remedy).toBe("Create a connection of your own.");
    }
    const own = { "x-ms-client-object-id": admin.userId.toUpperCase() };
    expect((await running.call(mine, `${base}?$top=1`, { headers: own })).status).toBe(200);
  });

  test("refused uses of another one are not counted against it", async () => {
    const headers = { "x-ms-client-object-id": "somebody else" };
    for (let call = 0; call < 120; call += 1) await running.call(theirs, base, { headers });
    expect((await running.call(theirs, base)).status).toBe(200);
  });

  test("nobody else sees or ends it", async () => {
    const id = await currentId(mine);
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await running.call(theirs, `/connections/${id}`, { method });
      expect([status, body.error.code]).toEqual([403, "connectionNotShareable"]);
    }
    const listed = (await running.call(theirs, "/connections")).body.connections;
    expect(listed).toHaveLength(1);
    expect(listed[0].userId).toBe(running.service.apps.user.userId);
    expect((await running.call(mine, `${base}?$top=1`)).status).toBe(200);
  });

  test("each caller gets what the service shows to their own person", async () => {
    const [toMe, toThem] = [await running.call(mine, base), await running.call(theirs, base)];
    expect(toMe.body.value.length).toBeGreaterThan(0);
    expect(toThem.body.value).toEqual([]);
  });
});
