import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AnswerBody,
  minimalReferral,
  type StartTestService,
  type TestCall,
  type TestService,
} from "./service-kit-suite.ts";

const referrals = "/v1.0/engagements/referrals";

/** One way in which a call can be wrong. */
interface Case {
  readonly what: string;
  readonly path?: (stored: AnswerBody) => string;
  readonly call: (stored: AnswerBody) => TestCall;
  readonly status: number;
  readonly code: string;
  readonly target?: string;
  /** Part of the sentence that the caller reads. */
  readonly says?: RegExp;
}

const post = (more: object): Case["call"] => {
  return () => ({ method: "POST", body: { ...minimalReferral(), ...more } });
};
const patch =
  (...body: readonly unknown[]): Case["call"] =>
  () => ({ method: "PATCH", body });
const one: Case["path"] = ({ id }) => `${referrals}/${id}`;
const bad = { status: 400, code: "invalidRequest" } as const;

const bodies: readonly Case[] = [
  { what: "malformed JSON", call: () => ({ method: "POST", text: '{"name": ' }), ...bad },
  { what: "no body", call: () => ({ method: "POST", text: "" }), ...bad },
  { what: "a list for an object", call: () => ({ method: "POST", body: [] }), ...bad },
  {
    what: "another content type",
    call: () => ({ method: "POST", text: "<a/>", headers: { "content-type": "text/xml" } }),
    status: 415,
    code: "unsupportedMediaType",
  },
  {
    what: "a body over the limit",
    call: post({ name: "x".repeat(1_100_000) }),
    status: 413,
    code: "payloadTooLarge",
  },
  { what: "no type", call: post({ type: undefined }), ...bad, target: "/type" },
  {
    what: "no customer profile",
    call: post({ customerProfile: undefined }),
    ...bad,
    target: "/customerProfile",
  },
  { what: "no consent", call: post({ consent: null }), ...bad, target: "/consent" },
  { what: "no details", call: post({ details: undefined }), ...bad, target: "/details" },
  { what: "a number for a name", call: post({ name: 5 }), ...bad, target: "/name" },
  {
    what: "words for a deal value",
    call: post({ details: { dealValue: "much" } }),
    ...bad,
    target: "/details/dealValue",
  },
  { what: "an unknown type", call: post({ type: "Sharde" }), ...bad, says: /Shared/ },
  {
    what: "a country that is none",
    call: post({ customerProfile: { address: { country: "UK" } } }),
    ...bad,
    target: "/customerProfile/address/country",
    says: /GB/,
  },
  {
    what: "a currency that is none",
    call: post({ details: { currency: "eur" } }),
    ...bad,
    target: "/details/currency",
    says: /EUR/,
  },
  {
    what: "a new referral that is already closed",
    call: post({ status: "Closed", substatus: "Won" }),
    status: 400,
    code: "illegalTransition",
  },
  {
    what: "an engagement that isn't there",
    call: post({ engagementId: "nowhere" }),
    ...bad,
    target: "/engagementId",
  },
];

/** Text that one of the databases can't hold, wherever it stands. */
const unstorable: readonly Case[] = [
  { what: "NUL in a name", call: post({ name: "a\0b" }), ...bad, target: "/name" },
  {
    what: "half a character in a field that nobody knows",
    call: post({ details: { madeUp: [{ text: "\ud83d" }] } }),
    ...bad,
    target: "/details/madeUp/0/text",
  },
  { what: "NUL in a property's name", call: post({ consent: { "a\0": 1 } }), ...bad },
  {
    what: "half a character in a patch",
    path: one,
    call: patch({ path: "/details/notes", value: "\udc00" }),
    ...bad,
    target: "/0/value",
  },
  {
    what: "a field that nobody knows, nested without end",
    call: () => {
      const depth = 100_000;
      const deep = `${"[".repeat(depth)}1${"]".repeat(depth)}`;
      return {
        method: "POST",
        text: JSON.stringify(minimalReferral()).replace("{", `{"x":${deep},`),
      };
    },
    ...bad,
    says: /nested too deeply/,
  },
  { what: "NUL in an id", path: () => `${referrals}/a%00b`, call: () => ({}), ...bad },
];

const patches: readonly Case[] = [
  {
    what: "a patch of an unknown path",
    path: one,
    call: patch({ path: "/details/note", value: "x" }),
    ...bad,
    says: /\/details\/notes/,
  },
  {
    what: "a patch of a read-only path",
    path: one,
    call: patch({ path: "/eTag", value: "x" }),
    ...bad,
  },
  { what: "a patch of the name", path: one, call: patch({ path: "/name", value: "x" }), ...bad },
  { what: "a removal", path: one, call: patch({ op: "remove", path: "/details/notes" }), ...bad },
  { what: "no operation", path: one, call: patch(), ...bad },
  {
    what: "a good operation before a bad one",
    path: one,
    call: patch(
      { path: "/details/notes", value: "kept?" },
      { path: "/details/currency", value: "x" },
    ),
    ...bad,
  },
  {
    what: "a registration that isn't there",
    path: ({ id }) => `${referrals}/${id}//`,
    call: patch({ path: "/registrations/3/contract/value", value: 1 }),
    ...bad,
  },
  {
    what: "a note at the address of registrations",
    path: ({ id }) => `${referrals}/${id}/`,
    call: patch({ path: "/details/notes", value: "x" }),
    ...bad,
  },
  {
    what: "half a change of state",
    path: one,
    call: patch({ path: "/status", value: "Closed" }),
    status: 400,
    code: "illegalTransition",
  },
  {
    what: "a way back",
    path: one,
    call: patch({ path: "/status", value: "New" }, { path: "/substatus", value: "Pending" }),
    status: 400,
    code: "illegalTransition",
  },
  {
    what: "a stale eTag",
    path: one,
    call: () => ({
      ...patch({ path: "/details/notes", value: "x" })({} as AnswerBody),
      headers: { "if-match": '"00006d10-0000-0000-0000-5c70aa630000"' },
    }),
    status: 412,
    code: "preconditionFailed",
  },
  {
    what: "an eTag without its quotes",
    path: one,
    call: ({ eTag }) => ({
      ...patch({ path: "/details/notes", value: "x" })({} as AnswerBody),
      headers: { "if-match": eTag.replaceAll('"', "") },
    }),
    status: 412,
    code: "preconditionFailed",
  },
];

const updates: readonly Case[] = [
  {
    what: "an update without If-Match",
    path: one,
    call: () => ({ method: "PUT", body: minimalReferral() }),
    status: 428,
    code: "preconditionRequired",
  },
  {
    what: "an update with a stale eTag",
    path: one,
    call: () => ({ method: "PUT", body: minimalReferral(), headers: { "if-match": '"old"' } }),
    status: 412,
    code: "preconditionFailed",
  },
  {
    what: "an update without what is required",
    path: one,
    call: ({ eTag }) => ({ method: "PUT", body: { name: "x" }, headers: { "if-match": eTag } }),
    ...bad,
  },
  {
    what: "an update of what isn't there",
    path: () => `${referrals}/nobody`,
    call: () => ({ method: "PUT", body: minimalReferral(), headers: { "if-match": "*" } }),
    status: 404,
    code: "itemNotFound",
  },
  {
    what: "a method that isn't supported",
    path: one,
    call: () => ({ method: "DELETE" }),
    status: 405,
    code: "methodNotAllowed",
  },
];

const query = (text: string, code: string, says: RegExp): Case => ({
  what: `the query ${text}`,
  path: () => `${referrals}?${text}`,
  call: () => ({}),
  status: 400,
  code,
  says,
});

const queries: readonly Case[] = [
  query("$filter=status eq", "invalidFilter", /character 19/),
  query("$filter=stauts eq 'New'", "invalidFilter", /status/),
  query("$filter=details/dealValue eq 'much'", "invalidFilter", /character/),
  query("$orderby=nothing", "invalidFilter", /nothing/),
  query("$top=-1", "invalidFilter", /\$top/),
  query("$top=ten", "invalidFilter", /\$top/),
  query("$expand=details", "invalidFilter", /details/),
  query("$search=toys", "unsupportedQuery", /search/),
  query("$filter=name eq '%ZZ'", "invalidFilter", /character/),
  query("$skiptoken=%00", "invalidFilter", /character/),
];

/** What is wrong is refused with the error body, and nothing of it is stored. */
export function badInputSuite(startTestService: StartTestService): void {
  let service: TestService;
  let stored: AnswerBody;
  beforeAll(async () => {
    service = await startTestService();
    stored = (await service.call(referrals, { method: "POST", body: minimalReferral() })).body;
  });
  afterAll(() => service.close());

  const expectNothingStored = async () => {
    const { body } = await service.call(referrals);
    expect(body.value.map(({ eTag }) => eTag)).toEqual([stored.eTag]);
  };

  it.each([...bodies, ...unstorable, ...patches, ...updates, ...queries])(
    "refuses $what",
    async (wrong) => {
      const path = wrong.path?.(stored) ?? referrals;
      const answer = await service.call(path, wrong.call(stored));
      expect([answer.status, answer.body?.error?.code]).toEqual([wrong.status, wrong.code]);
      const { error } = answer.body;
      expect(error.message.length).toBeLessThanOrEqual(1_024);
      if (wrong.target) expect(error.target).toBe(wrong.target);
      if (wrong.says) expect(error.message).toMatch(wrong.says);
      if (wrong.code === "invalidFilter")
        expect(error.innerError?.position).toEqual(expect.any(Number));
      expect(answer.headers.get("request-id")).toBeTruthy();
      await expectNothingStored();
    },
  );

  describe("a closed referral", () => {
    it("takes no patch and no update any more", async () => {
      const closed = await startTestService();
      const made = await closed.call(referrals, { method: "POST", body: minimalReferral() });
      const path = `${referrals}/${made.body.id}`;
      const lose = [
        { path: "/status", value: "Closed" },
        { path: "/substatus", value: "Lost" },
        { path: "/statusReason", value: "The budget went elsewhere." },
      ];
      await closed.call(path, { method: "PATCH", body: lose });
      const before = await closed.call(path);
      const note = { method: "PATCH", body: [{ path: "/details/notes", value: "x" }] };
      const put = { method: "PUT", body: minimalReferral(), headers: { "if-match": "*" } };
      for (const call of [note, put, { method: "PATCH", body: lose }]) {
        const answer = await closed.call(path, call);
        expect([answer.status, answer.body.error.code]).toEqual([400, "finalState"]);
      }
      expect((await closed.call(path)).body).toEqual(before.body);
      await closed.close();
    });
  });

  describe("sharing with Microsoft", () => {
    it("can't be withdrawn, by patch or update", async () => {
      const sharing = await startTestService();
      const consent = { consentToShareReferralWithMicrosoftSellers: true };
      const body = minimalReferral({ consent });
      const made = await sharing.call(referrals, { method: "POST", body });
      const path = `${referrals}/${made.body.id}`;
      const pointer = "/consent/consentToShareReferralWithMicrosoftSellers";
      const asPatch = { method: "PATCH", body: [{ path: pointer, value: false }] };
      const asPut = { method: "PUT", body: minimalReferral(), headers: { "if-match": "*" } };
      for (const call of [asPatch, asPut]) {
        const answer = await sharing.call(path, call);
        expect(answer.body.error.code).toBe("shareConsentIrreversible");
      }
      await sharing.close();
    });
  });

  describe("callers", () => {
    const codeOf = async (path: string, call: TestCall) => {
      const { status, body } = await service.call(path, call);
      return [status, body.error.code];
    };

    it("see nothing of another organisation, by any operation", async () => {
      const path = `${referrals}/${stored.id}`;
      const as = service.stranger;
      const body = [{ path: "/details/notes", value: "x" }];
      const put = { method: "PUT", body: minimalReferral(), headers: { "if-match": stored.eTag } };
      const notFound = [404, "itemNotFound"];
      expect(await codeOf(path, { as })).toEqual(notFound);
      expect(await codeOf(path, { as, method: "PATCH", body })).toEqual(notFound);
      expect(await codeOf(path, { as, ...put })).toEqual(notFound);
      const { engagementId } = stored;
      const joining = { as, method: "POST", body: minimalReferral({ engagementId }) };
      expect(await codeOf(referrals, joining)).toEqual([400, "invalidRequest"]);
      await expectNothingStored();
    });

    it("without a token, with a broken one or one for another service are refused", async () => {
      const refused = [401, "unauthenticated"];
      const bare = await fetch(service.urls.referralsUrl);
      expect(bare.status).toBe(401);
      expect(bare.headers.get("www-authenticate")).toContain("Bearer");
      const broken = { headers: { authorization: "Bearer a.b.c" } };
      expect(await codeOf(referrals, broken)).toEqual(refused);
      expect(await codeOf(referrals, { audience: "webhooks" })).toEqual(refused);
    });

    it("who are Referrals users see and write their own locations only", async () => {
      const as = service.user;
      const [location = ""] = as.locations;
      const at = (id: string) => ({ target: [{ type: "BusinessProfileLocation", id }] });
      const create = (more: object) =>
        service.call(referrals, { method: "POST", as, body: minimalReferral(more) });
      const own = await create(at(location));
      const unaddressed = await create({});
      expect([own.status, unaddressed.status]).toEqual([200, 200]);
      const elsewhere = await create(at("another-location"));
      expect([elsewhere.status, elsewhere.body.error.code]).toEqual([403, "accessDenied"]);
      expect(await codeOf(`${referrals}/${stored.id}`, { as })).toEqual([404, "itemNotFound"]);
      const { body } = await service.call(`${referrals}?$count=true`, { as });
      expect(body.value.map(({ id }) => id)).toEqual([own.body.id, unaddressed.body.id]);
      expect(body["@odata.count"]).toBe(2);
      const moved = await codeOf(`${referrals}/${own.body.id}`, {
        method: "PUT",
        as,
        body: minimalReferral(at("another-location")),
        headers: { "if-match": own.body.eTag },
      });
      expect(moved).toEqual([403, "accessDenied"]);
    });
  });
}
