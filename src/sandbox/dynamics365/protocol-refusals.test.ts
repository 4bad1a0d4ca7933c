import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../runtime/index.ts";
import { Access, standardLimits } from "./access.ts";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* Each title names the page of Microsoft's documentation whose rule it holds the emulator to. */

let kit: TestSandbox;
beforeAll(async () => {
  kit = await startSandbox();
});
afterAll(() => kit.close());

const call: TestSandbox["call"] = (...parts) => kit.call(...parts);

describe("Query data using the Web API", () => {
  test.each([
    ["opportunities?$skip=1", 400, /\$skip/],
    ["opportunities?$search=x", 400, /search/],
    ["opportunities?$apply=x", 400, /apply/],
    ["opportunities?$filter=name in ('a')", 501, /'in'/],
    ["opportunities?$filter=estimatedvalue add 1 eq 2", 501, /'add'/],
    ["opportunities?$filter=tolower(name) eq 'a'", 501, /'tolower'/],
    ["opportunities?$filter=colour eq 1", 400, /colour/],
    ["opportunities?$select=colour", 400, /colour/],
    ["opportunities?$expand=name", 400, /name/],
    ["opportunities?$skiptoken=x", 400, /skiptoken/],
    ["deals", 404, /segment 'deals'/],
  ])("%s is refused", async (target, status, message) => {
    const answer = await call("GET", target);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toMatch(message);
  });
});

test("Filter rows: all filters using string values are case insensitive", async () => {
  await call("POST", "accounts", { name: "Straße & Söhne" });
  for (const filter of [
    "name eq 'STRASSE & SÖHNE'",
    "name eq 'straße & SÖHNE'",
    "contains(name,'söhne')",
  ]) {
    const { body } = await call("GET", `accounts?$filter=${encodeURIComponent(filter)}`);
    expect(body.value.length).toBe(filter.includes("STRASSE") ? 0 : 1);
  }
});

test("Compose HTTP requests: JSON data needs its Content-Type", async () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await call("POST", "accounts", '{"name":"curl -d"}', form);
  expect(answer.status).toBe(400);
  expect(answer.body.error.message).toContain("application/json");
});

test("Create related table rows in one operation: not emulated, and said so", async () => {
  const body = { name: "deep", parentaccountid: undefined, customerid_account: { name: "new" } };
  expect((await call("POST", "opportunities", body)).status).toBe(501);
});

describe("Execute batch operations using the Web API", () => {
  const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    call("POST", "$batch", body, { "content-type": "multipart/mixed; boundary=b", ...headers });
  const postTo = (set: string) =>
    `POST /api/data/v9.2/${set} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n`;
  const part = (request: string) => `--b\r\nContent-Type: application/http\r\n\r\n${request}\r\n`;
  const creating = (name: string) => `${postTo("accounts")}{"name":"${name}"}`;
  const accounts = async (prefix: string): Promise<number> => {
    const { body } = await call("GET", `accounts?$filter=startswith(name,'${prefix}')`);
    return body.value.length;
  };

  test("Handling errors: the batch stops at the first error and has its status", async () => {
    const wrong = part(creating("x".repeat(161)));
    const answer = await post(
      `${part(creating("stop 1"))}${wrong}${part(creating("stop 2"))}--b--`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("0x80044331");
    expect(await accounts("stop")).toBe(1);
  });

  test("Handling errors: with odata.continue-on-error the rest is carried out", async () => {
    const wrong = part(creating("x".repeat(161)));
    const prefer = { prefer: "odata.continue-on-error" };
    const answer = await post(`${wrong}${part(creating("go on"))}--b--`, prefer);
    expect(answer.status).toBe(200);
    expect(await accounts("go on")).toBe(1);
  });

  const changeset = (...requests: readonly string[]) =>
    [
      "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n",
      ...requests.map(
        (request, index) =>
          `--c\r\nContent-Type: application/http\r\nContent-ID: ${index + 1}\r\n\r\n${request}\r\n`,
      ),
      "--c--\r\n--b--",
    ].join("");

  test("Change sets: if one operation fails, completed ones are rolled back", async () => {
    const answer = await post(changeset(creating("atomic"), creating("x".repeat(161))));
    expect(answer.status).toBe(400);
    expect(await accounts("atomic")).toBe(0);
  });

  test("Change sets: GET requests are not allowed", async () => {
    const answer = await post(changeset("GET /api/data/v9.2/accounts HTTP/1.1"));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("GET isn't allowed");
  });

  test("Reference URIs: a Content-ID before it has been declared is 400", async () => {
    const body = { name: "n", "customerid_account@odata.bind": "$2" };
    const early = postTo("opportunities") + JSON.stringify(body);
    const answer = await post(changeset(early, creating("later")));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("'$2' does not exist in the batch context");
  });

  test("batch requests can't contain other batch requests", async () => {
    const answer = await post(`${part("POST /api/data/v9.2/$batch HTTP/1.1")}--b--`);
    expect(answer.status).toBe(400);
  });

  test("batch requests can contain up to 1000 individual requests", async () => {
    const one = part("GET /api/data/v9.2/WhoAmI HTTP/1.1\r\n");
    expect((await post(`${one.repeat(1000)}--b--`)).status).toBe(200);
    const answer = await post(`${one.repeat(1001)}--b--`);
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain("1001");
  });

  test("a batch without its terminating boundary is refused", async () => {
    expect((await post(part(creating("cut off")))).status).toBe(400);
  });
});

describe("Service protection API limits", () => {
  test("Number of requests: beyond the limit is 429 with Retry-After in seconds", async () => {
    const own = await startSandbox({ limits: { requests: 3 } });
    for (let count = 0; count < 3; count += 1) {
      expect((await own.call("GET", "WhoAmI")).status).toBe(200);
      own.clock.advance(1000);
    }
    const refused = await own.call("GET", "WhoAmI");
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe("0x80072322");
    expect(refused.headers.get("retry-after")).toBe("297");
    own.clock.advance(297_000);
    expect((await own.call("GET", "WhoAmI")).status).toBe(200);
    await own.close();
  });

  test("Number of concurrent requests: one too many at once is 429", async () => {
    const access = new Access({
      clock: kit.clock,
      random: seededRandom(1),
      tokens: {},
      clients: [],
      limits: { ...standardLimits, concurrent: 2 },
    });
    let finish = (): void => {};
    const pending = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const running = [access.within("Ines", () => pending), access.within("Ines", () => pending)];
    const third = access.within("Ines", async () => {});
    await expect(third).rejects.toMatchObject({ status: 429, code: "0x80072326" });
    finish();
    await Promise.all(running);
    await expect(access.within("Ines", async () => "done")).resolves.toBe("done");
  });

  test("limits are evaluated per user", async () => {
    const own = await startSandbox({ limits: { requests: 1 }, otherTokens: { seller: "Ines" } });
    expect((await own.call("GET", "WhoAmI")).status).toBe(200);
    expect((await own.call("GET", "WhoAmI")).status).toBe(429);
    const other = { authorization: "Bearer seller" };
    expect((await own.call("GET", "WhoAmI", undefined, other)).status).toBe(200);
    await own.close();
  });
});

describe("Authenticate to Dataverse with the Web API", () => {
  test.each(["", "Bearer wrong", "Basic engine-token"])("'%s' is 401", async (authorization) => {
    const answer = await call("GET", "WhoAmI", undefined, { authorization });
    expect(answer.status).toBe(401);
  });

  test("client credentials give a token that expires after an hour", async () => {
    const own = await startSandbox({
      clients: [{ clientId: "app", clientSecret: "secret", name: "Application user" }],
    });
    const ask = (clientSecret: string) =>
      fetch(own.sandbox.tokenUrl, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: "app",
          client_secret: clientSecret,
        }),
      });
    expect((await ask("wrong")).status).toBe(401);
    const granted = (await (await ask("secret")).json()) as Record<string, unknown>;
    expect(granted).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    const headers = { authorization: `Bearer ${String(granted.access_token)}` };
    expect((await own.call("GET", "WhoAmI", undefined, headers)).status).toBe(200);
    own.clock.advance(3_600_000);
    expect((await own.call("GET", "WhoAmI", undefined, headers)).status).toBe(401);
    await own.close();
  });
});

describe("Create and update column definitions using the Web API", () => {
  const label = { LocalizedLabels: [{ Label: "L", LanguageCode: 1033 }] };
  const text = {
    "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
    DisplayName: label,
  };
  const path = "EntityDefinitions(LogicalName='account')/Attributes";

  test.each([
    ["a name without a customization prefix", { ...text, SchemaName: "Plain", MaxLength: 10 }],
    ["a text column longer than 4000", { ...text, SchemaName: "pr_Long", MaxLength: 4001 }],
    ["a column without a label", { ...text, SchemaName: "pr_X", MaxLength: 9, DisplayName: null }],
    ["a column of an unknown type", { SchemaName: "pr_X", DisplayName: label, MaxLength: 9 }],
  ])("%s is refused", async (_title, body) => {
    expect((await call("POST", path, body)).status).toBe(400);
  });

  test("a column that is there is refused, and a new one expires delta tokens", async () => {
    const own = await startSandbox();
    const track = { prefer: "odata.track-changes" };
    const before = await own.call("GET", "accounts?$select=name", undefined, track);
    const body = { ...text, SchemaName: "pr_Region", MaxLength: 20 };
    expect((await own.call("POST", path, body)).status).toBe(204);
    expect((await own.call("POST", path, body)).status).toBe(400);
    expect((await own.call("GET", before.body["@odata.deltaLink"])).status).toBe(400);
    expect((await own.call("POST", "accounts", { name: "A", pr_region: "north" })).status).toBe(
      204,
    );
    await own.close();
  });

  test("a definition is replaced as a whole; its change tracking can't be turned off", async () => {
    const target = "EntityDefinitions(LogicalName='account')";
    expect((await call("PUT", target, { ChangeTrackingEnabled: true })).status).toBe(400);
    const { body } = await call("GET", target);
    expect((await call("PUT", target, { ...body, ChangeTrackingEnabled: true })).status).toBe(204);
    expect((await call("PUT", target, { ...body, ChangeTrackingEnabled: false })).status).toBe(400);
  });
});
