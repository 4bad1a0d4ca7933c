import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { McpOptions } from "../../src/connector/index.ts";
import { createMcpServer } from "../../src/connector/mcp/mcp-server.ts";
import { fields } from "../../src/contract/index.ts";
import type { HttpRequest } from "../../src/runtime/index.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

let service: RunningService;
const open: Client[] = [];
beforeAll(async () => {
  service = await runService();
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
afterAll(() => service.close());

/** The operator's API of a sync, as far as the tools use it. */
const asked: HttpRequest[] = [];
const operations: McpOptions["http"] = async (request) => {
  asked.push(request);
  const { pathname } = new URL(request.url);
  const answers: Readonly<Record<string, unknown>> = {
    "/api/status": { deals: 3, questions: 1 },
    "/api/deals": { deals: [{ id: "p1", title: "Proseware" }] },
    "/api/deals/p1": { id: "p1", state: "asking" },
    "/api/inbox": { items: [{ id: "q1", field: "dealValue" }] },
    "/api/plan": { writes: [] },
    "/api/inbox/q1/answer": { item: { id: "q1", isOpen: false } },
  };
  const answer = answers[pathname];
  const error = { error: { code: "itemNotFound", message: "No deal has this id." } };
  return {
    status: answer ? 200 : 404,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(answer ?? error),
  };
};

interface AgentOptions extends Partial<McpOptions> {
  /** What the person says when asked; absent where the program can't ask. */
  readonly person?: "yes" | "no" | "closes";
}

/** What the person was asked. */
const questions: string[] = [];
beforeEach(() => {
  questions.length = 0;
  asked.length = 0;
});

async function agent(options: AgentOptions = {}): Promise<Client> {
  const { person, ...more } = options;
  const server = createMcpServer({ client: service.clientOf(), ...more });
  const capabilities = person === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: "agent", version: "1" }, { capabilities });
  if (person !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      questions.push(params.message);
      if (person === "closes") return { action: "cancel" };
      return { action: "accept", content: { confirm: person === "yes" } };
    });
  }
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(ours);
  await client.connect(theirs);
  open.push(client);
  return client;
}

interface Result {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly data: any;
}

async function use(client: Client, name: string, input: object = {}): Promise<Result> {
  const result = await client.callTool({ name, arguments: { ...input } });
  const [content] = result.content as readonly { readonly text: string }[];
  const text = content?.text ?? "";
  return { isError: result.isError === true, text, data: result.structuredContent };
}

const create = (more = {}) => service.clientOf().createReferral(newReferral(more));
const count = async (): Promise<number> => {
  let found = 0;
  for await (const _ of service.clientOf().listReferrals({ select: "id" })) found += 1;
  return found;
};

describe("tools", () => {
  test("are the connector's seven actions; with a sync at hand, also those over it", async () => {
    const names = async (options: AgentOptions) =>
      (await (await agent(options)).listTools()).tools.map(({ name }) => name);
    const actions = [
      "get_referral",
      "list_referrals",
      "create_referral",
      "patch_referral",
      "update_referral",
      "create_deal_registration",
      "update_deal_registration",
    ];
    expect(await names({})).toEqual(actions);
    expect(await names({ operationsUrl: "http://127.0.0.1:1" })).toEqual([
      ...actions,
      "sync_status",
      "find_deals",
      "deal_status",
      "list_conflicts",
      "sync_plan",
      "answer_conflict",
    ]);
  });

  test("have the contract's schemas", async () => {
    const { tools } = await (await agent()).listTools();
    const create = tools.find(({ name }) => name === "create_referral");
    const $defs = create?.inputSchema.$defs as Record<string, { properties: object }> | undefined;
    const top = fields.filter(({ path }) => !path.includes(".") || path.startsWith("@"));
    expect(Object.keys($defs?.Referral?.properties ?? {})).toEqual(top.map(({ path }) => path));
    const text = JSON.stringify(create?.inputSchema);
    expect(text).toContain('"required":["consent","customerProfile","details","type"]');
    const patch = JSON.stringify(tools.find(({ name }) => name === "patch_referral"));
    expect(patch).toContain("/details/requirements/solutions/-");
    expect(patch).not.toContain("/createdDateTime");
  });

  test("say which of them only read", async () => {
    const { tools } = await (await agent({ operationsUrl: "http://127.0.0.1:1" })).listTools();
    const readers = tools.filter(({ annotations }) => annotations?.readOnlyHint);
    expect(readers.map(({ name }) => name)).toEqual([
      "get_referral",
      "list_referrals",
      "sync_status",
      "find_deals",
      "deal_status",
      "list_conflicts",
      "sync_plan",
    ]);
  });

  test("read-only, none is offered that changes anything, nor can one be called", async () => {
    const client = await agent({ isReadOnly: true, operationsUrl: "http://127.0.0.1:1" });
    const { tools } = await client.listTools();
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
    const referral = newReferral();
    await expect(use(client, "create_referral", { referral })).rejects.toThrow("no tool");
  });
});

describe("reading", () => {
  test("a referral, and a list by filter, order and selection with its count", async () => {
    const client = await agent();
    const { id } = await create({ name: "b", campaignId: "mcp" });
    await create({ name: "a", campaignId: "mcp" });
    expect((await use(client, "get_referral", { id })).data).toMatchObject({ id, name: "b" });
    const { data } = await use(client, "list_referrals", {
      filter: "campaignId eq 'mcp'",
      orderby: "name",
      select: "name",
      top: 1,
    });
    expect(data.count).toBe(2);
    expect(data.referrals).toEqual([expect.objectContaining({ name: "a" })]);
  });

  test.each([
    ["an unknown id", "get_referral", { id: "unknown" }, "itemNotFound"],
    ["a bad filter", "list_referrals", { filter: "status eq" }, "invalidFilter"],
    ["a missing argument", "get_referral", {}, "invalidRequest"],
    ["an unknown argument", "get_referral", { id: "x", all: true }, "invalidRequest"],
    ["too many at once", "list_referrals", { top: 10_000 }, "invalidRequest"],
  ])("%s is an error that says what to do", async (_what, name, input, code) => {
    const { isError, text } = await use(await agent(), name, input);
    expect(isError).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ code, remedy: expect.any(String) });
  });
});

describe("writing, confirmed by a person who can be asked", () => {
  test("each write takes place after a yes", async () => {
    const client = await agent({ person: "yes" });
    const made = await use(client, "create_referral", {
      referral: newReferral({ type: "Shared" }),
    });
    const { id } = made.data;
    expect(questions[0]).toContain("Create a referral?");
    expect(questions[0]).toContain("Proseware");
    const operations = [{ op: "replace", path: "/details/notes", value: "by an agent" }];
    const patched = await use(client, "patch_referral", { id, operations });
    expect(patched.data.details.notes).toBe("by an agent");
    const changes = { name: "Renamed", customerProfile: { address: { city: "Jena" } } };
    const updated = await use(client, "update_referral", { id, changes });
    expect(updated.data).toMatchObject({
      name: "Renamed",
      customerProfile: { name: "Proseware", address: { city: "Jena", country: "US" } },
      details: { notes: "by an agent" },
    });
    const registration = { contract: { value: 10, currency: "USD" } };
    await use(client, "create_deal_registration", { id, registration });
    expect(questions.at(-1)).toContain("This can't be undone.");
    const corrected = await use(client, "update_deal_registration", {
      id,
      changes: { contract: { value: 20 } },
    });
    expect(corrected.data.registrations[0].contract.value).toBe(20);
    expect(questions).toHaveLength(5);
  });

  test.each(["no", "closes"] as const)("a person who says %s is obeyed", async (person) => {
    const client = await agent({ person });
    const before = await count();
    const { text } = await use(client, "create_referral", { referral: newReferral() });
    expect(text).toContain("nothing was changed");
    expect(await count()).toBe(before);
  });

  test("a change meant for an older version is refused", async () => {
    const client = await agent({ person: "yes" });
    const { id, eTag } = await create();
    const operations = [{ path: "/details/notes", value: "x" }];
    expect((await use(client, "patch_referral", { id, operations, eTag })).isError).toBe(false);
    const { isError, text } = await use(client, "patch_referral", { id, operations, eTag });
    expect([isError, JSON.parse(text).code]).toEqual([true, "preconditionFailed"]);
  });

  test("bad input says where, before anybody is asked, and changes nothing", async () => {
    const client = await agent({ person: "yes" });
    const before = await count();
    const referral = newReferral({ customerProfile: { address: { country: "XX" } } });
    const { isError, text } = await use(client, "create_referral", { referral });
    expect(isError).toBe(true);
    expect(JSON.parse(text).problems[0].pointer).toBe("/customerProfile/address/country");
    expect(await count()).toBe(before);
    expect(questions).toEqual([]);
  });
});

describe("writing, where the program can't ask", () => {
  const codeIn = (text: string): string => /confirmation: "([^"]+)"/.exec(text)?.[1] ?? "";

  test("the first call changes nothing, the same one with its code takes place, once", async () => {
    const client = await agent();
    const before = await count();
    const input = { referral: newReferral() };
    const first = await use(client, "create_referral", input);
    expect(first.text).toContain("Nothing was changed yet");
    expect(await count()).toBe(before);
    const confirmation = codeIn(first.text);
    const second = await use(client, "create_referral", { ...input, confirmation });
    expect(second.data.id).toEqual(expect.any(String));
    const third = await use(client, "create_referral", { ...input, confirmation });
    expect(third.text).toContain("Nothing was changed yet");
    expect(await count()).toBe(before + 1);
  });

  test("a code is of no use for another call, nor after ten minutes", async () => {
    let now = 1_000_000;
    const client = await agent({ clock: { now: () => now, sleep: async () => {} } });
    const before = await count();
    const code = codeIn((await use(client, "create_referral", { referral: newReferral() })).text);
    const other = { referral: newReferral({ name: "Other" }), confirmation: code };
    expect((await use(client, "create_referral", other)).text).toContain("Nothing was changed");
    now += 600_001;
    const late = { referral: newReferral(), confirmation: code };
    expect((await use(client, "create_referral", late)).text).toContain("Nothing was changed");
    expect(await count()).toBe(before);
  });
});

describe("the sync", () => {
  const over = { operationsUrl: "http://127.0.0.1:4400/", http: operations };

  test("status, deals, conflicts and plan are asked of the operator's API", async () => {
    const client = await agent(over);
    expect((await use(client, "sync_status")).data).toMatchObject({ deals: 3 });
    expect((await use(client, "find_deals", { text: "Prose" })).data.deals).toHaveLength(1);
    expect((await use(client, "deal_status", { id: "p1" })).data.state).toBe("asking");
    expect((await use(client, "list_conflicts")).data.items).toHaveLength(1);
    expect((await use(client, "sync_plan")).data.writes).toEqual([]);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET http://127.0.0.1:4400/api/status",
      "GET http://127.0.0.1:4400/api/deals?text=Prose&limit=100",
      "GET http://127.0.0.1:4400/api/deals/p1",
      "GET http://127.0.0.1:4400/api/inbox",
      "GET http://127.0.0.1:4400/api/plan",
    ]);
    const unknown = await use(client, "deal_status", { id: "../status" });
    expect(JSON.parse(unknown.text).code).toBe("itemNotFound");
    expect(asked.at(-1)?.url).toBe("http://127.0.0.1:4400/api/deals/..%2Fstatus");
  });

  test("a conflict is answered after the person agreed", async () => {
    const answer = { id: "q1", choose: "crm" };
    await use(await agent({ ...over, person: "no" }), "answer_conflict", answer);
    expect(asked).toEqual([]);
    await use(await agent({ ...over, person: "yes" }), "answer_conflict", answer);
    expect(asked[0]).toMatchObject({ method: "POST", body: '{"choose":"crm"}' });
  });

  test("that isn't running says how to start it", async () => {
    const client = await agent({ operationsUrl: "http://127.0.0.1:1" });
    const { isError, text } = await use(client, "sync_status");
    expect(isError).toBe(true);
    expect(text).toContain("referrals start");
  });
});

describe("resources", () => {
  const read = async (client: Client, uri: string) => {
    const { contents } = await client.readResource({ uri });
    const [content] = contents as readonly { readonly text: string }[];
    return JSON.parse(content?.text ?? "null");
  };

  test("tell the lifecycle, the fields and the errors", async () => {
    const client = await agent();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      "referrals://lifecycle",
      "referrals://fields",
      "referrals://errors",
    ]);
    const lifecycle = await read(client, "referrals://lifecycle");
    expect(lifecycle.statuses.Closed).toEqual({
      substatuses: ["Won", "Lost", "Declined", "Expired"],
      mayBecome: [],
    });
    expect(lifecycle.rules.join(" ")).toContain("14 days");
    expect(await read(client, "referrals://fields")).toHaveLength(fields.length);
    expect(await read(client, "referrals://errors")).toHaveProperty("finalState.remedy");
  });

  test("help on one field by its path, and with its spelling", async () => {
    const client = await agent();
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates[0]?.uriTemplate).toBe("referrals://fields/{path}");
    const value = await read(client, "referrals://fields/details.dealValue");
    expect(value).toMatchObject({
      path: "details.dealValue",
      type: "decimal",
      isOwnedByServer: false,
      patchOperations: ["add", "replace"],
    });
    await expect(
      client.readResource({ uri: "referrals://fields/details.dealvalu" }),
    ).rejects.toThrow("Did you mean details.dealValue?");
    await expect(client.readResource({ uri: "referrals://nothing" })).rejects.toThrow(
      "no resource",
    );
  });
});
