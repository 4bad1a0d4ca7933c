import { expect, test } from "vitest";
import { errorBody } from "./error-response.ts";
import { type ErrorCode, errorTable } from "./errors.ts";
import { errorEntry, ReferralsError } from "./referrals-error.ts";

const codes = (Object.keys(errorTable) as ErrorCode[]).sort();

test("the table has every code of the referrals API, with its status", () => {
  const api = {
    accessDenied: 403,
    generalException: 500,
    invalidRequest: 400,
    itemNotFound: 404,
    preconditionFailed: 412,
    resourceModified: 412,
    serviceNotAvailable: 503,
    unauthenticated: 401,
  } as const satisfies Partial<Record<ErrorCode, number>>;
  for (const [code, status] of Object.entries(api)) {
    expect(errorEntry(code as ErrorCode).status).toBe(status);
  }
});

test.each(codes)("%s says in sentences what was wrong and what to do", (code) => {
  const { sentence, remedy, status } = errorEntry(code);
  for (const text of [sentence, remedy]) expect(text).toMatch(/^[A-Z].{10,150}\.$/);
  expect(status === 0 || (status >= 400 && status < 600)).toBe(true);
});

test("only failures that pass by themselves may be repeated as they are", () => {
  const retryable = codes.filter((code) => errorEntry(code).retryable);
  const passing = new Set([0, 429, 500, 502, 503, 504]);
  for (const code of retryable) expect(passing.has(errorEntry(code).status), code).toBe(true);
  expect(retryable).not.toContain("outcomeUnknown");
  expect(retryable).not.toContain("preconditionFailed");
});

test("no two codes are the same on the wire", () => {
  const wireCodes = codes.map((code) => (errorEntry(code).wireCode ?? code).toLowerCase());
  expect(new Set(wireCodes).size).toBe(codes.length);
});

test("an error takes from the table what it isn't told", () => {
  const plain = new ReferralsError("tooManyRequests");
  expect(plain).toMatchObject({
    name: "ReferralsError",
    code: "tooManyRequests",
    status: 429,
    retryable: true,
    message: errorTable.tooManyRequests.sentence,
    remedy: errorTable.tooManyRequests.remedy,
    retryAfterMs: undefined,
  });
  const cause = new Error("why");
  const told = new ReferralsError("tooManyRequests", {
    message: "Slow down.",
    status: 503,
    retryable: false,
    retryAfterMs: 1500,
    target: "connection",
    cause,
  });
  expect(told).toMatchObject({
    message: "Slow down.",
    status: 503,
    retryable: false,
    retryAfterMs: 1500,
    target: "connection",
    cause,
  });
  expect(told instanceof Error).toBe(true);
});

const row = (code: ErrorCode): string => {
  const { status, retryable, sentence, remedy, wireCode } = errorEntry(code);
  const name = wireCode ? `\`${code}\`, sent as \`${wireCode}\`` : `\`${code}\``;
  return `| ${name} | ${status || "–"} | ${retryable ? "yes" : "no"} | ${sentence} | ${remedy} |`;
};

const example = errorBody(
  new ReferralsError("invalidRequest", {
    message: "customerProfile/address/country is not a two-letter country code of ISO 3166-1.",
    target: "customerProfile/address/country",
    requestId: "5b0c1d7e-6f0a-4a53-8f0e-2d3c4b5a6978",
    problems: [
      {
        pointer: "/customerProfile/address/country",
        reason: "is not a two-letter country code of ISO 3166-1",
        remedy: 'Did you mean "GB"?',
      },
    ],
  }),
);

const page = `<!-- Made from src/contract/errors.ts by: npx vitest run src/contract --update -->

# Errors

Every expected failure has one of these codes, wherever it shows: in an answer's body, as
\`error.code\` of a \`ReferralsError\`, in the dashboard and in the logs. Decide by the status and
the code, never by the message.

- **Status** is the HTTP status; – where no answer arrived or no call was made.
- **Again** says whether the same call may succeed later as it is. It doesn't say that repeating is
  safe: a create that was answered with 500 may have been carried out. The client knows which calls
  it may repeat.
- An answer whose code isn't in this table gets the code of its status; its own code stays readable
  as \`foreignCode\`.

| Code | Status | Again | What was wrong | What to do |
|---|---|---|---|---|
${codes.map(row).join("\n")}

A refusal's body has the shape of the referrals API. \`innerError\` adds what to do, the list of
problems with JSON Pointers, the character \`position\` in a query, and the request ids:

\`\`\`json
${JSON.stringify(example, undefined, 2)}
\`\`\`
`;

test("docs/reference/errors.md is the table", async () => {
  await expect(page).toMatchFileSnapshot("../../docs/reference/errors.md");
});
