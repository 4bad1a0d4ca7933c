import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorBody, errorFromResponse, longestMessage, retryAfterMs } from "./error-response.ts";
import { type ErrorCode, errorTable } from "./errors.ts";
import { errorEntry, ReferralsError } from "./referrals-error.ts";

describe("an error's body", () => {
  test("has the code, message and target of the referrals API, and says what to do", () => {
    const error = new ReferralsError("invalidFilter", {
      message: "There is no property stats.",
      target: "$filter",
      position: 7,
      requestId: "r-1",
      clientRequestId: "c-1",
    });
    expect(errorBody(error)).toEqual({
      error: {
        code: "invalidFilter",
        message: "There is no property stats.",
        target: "$filter",
        innerError: {
          remedy: errorTable.invalidFilter.remedy,
          position: 7,
          "request-id": "r-1",
          "client-request-id": "c-1",
        },
      },
    });
  });

  test("has a message of at most 1024 characters, none of them cut in half", () => {
    for (const start of ["", "x"]) {
      const long = `${start}${"💶".repeat(600)}`;
      const { message } = errorBody(new ReferralsError("invalidRequest", { message: long })).error;
      expect(message.length).toBeLessThanOrEqual(longestMessage);
      expect(message.isWellFormed()).toBe(true);
      expect(message.endsWith("…")).toBe(true);
    }
  });

  test("tells nothing of a bug", () => {
    for (const bug of [new TypeError("secret of nadia@tailspin.example"), "secret", undefined]) {
      expect(errorBody(bug).error).toMatchObject({
        code: "generalException",
        message: errorTable.generalException.sentence,
      });
      expect(JSON.stringify(errorBody(bug))).not.toContain("secret");
    }
  });

  test("carries the number that stands for a missing second factor", () => {
    expect(errorBody(new ReferralsError("mfaRequired")).error.code).toBe("900421");
  });
});

test.each(Object.keys(errorTable) as ErrorCode[])("%s survives the way over HTTP", (code) => {
  const sent = new ReferralsError(code, {
    message: "What was wrong.",
    target: "here",
    position: 3,
    requestId: "r",
    clientRequestId: "c",
    problems: [{ pointer: "/a", reason: "is b", remedy: "Send c." }],
  });
  const received = errorFromResponse(sent.status || 500, {}, JSON.stringify(errorBody(sent)));
  expect(received).toMatchObject({
    code,
    message: sent.message,
    target: "here",
    position: 3,
    requestId: "r",
    clientRequestId: "c",
    problems: sent.problems,
    foreignCode: undefined,
  });
});

describe("an answer that tells of an error", () => {
  test.each([
    [400, "invalidRequest", false],
    [401, "unauthenticated", false],
    [403, "accessDenied", false],
    [404, "itemNotFound", false],
    [405, "methodNotAllowed", false],
    [408, "timeout", true],
    [409, "invalidRequest", false],
    [412, "preconditionFailed", false],
    [413, "payloadTooLarge", false],
    [415, "unsupportedMediaType", false],
    [428, "preconditionRequired", false],
    [429, "tooManyRequests", true],
    [500, "generalException", true],
    [501, "generalException", false],
    [502, "serviceNotAvailable", true],
    [503, "serviceNotAvailable", true],
    [504, "serviceNotAvailable", true],
    [302, "invalidAnswer", false],
  ])("of status %i and no body has the code %s", (status, code, retryable) => {
    expect(errorFromResponse(status, {}, "")).toMatchObject({ code, status, retryable });
  });

  test("is decided by the code where the table knows it, in any case", () => {
    const body = { Error: { Code: "ResourceModified", Message: "Changed.", InnerError: {} } };
    expect(errorFromResponse(412, {}, body)).toMatchObject({
      code: "resourceModified",
      message: "Changed.",
    });
  });

  test("is decided by the status where the code is foreign, which stays readable", () => {
    const body = { error: { code: "2001", message: "412 preconditionFailed" } };
    const error = errorFromResponse(404, {}, body);
    expect(error).toMatchObject({ code: "itemNotFound", foreignCode: "2001", status: 404 });
    expect(errorBody(error).error.code).toBe("2001");
  });

  test("knows the missing second factor as text and as a number", () => {
    for (const code of ["900421", 900421]) {
      expect(errorFromResponse(401, {}, { error: { code, message: "MFA" } }).code).toBe(
        "mfaRequired",
      );
      expect(errorFromResponse(401, {}, { code, message: "MFA" }).code).toBe("mfaRequired");
    }
  });

  test("may have the shape of a gateway or of an OAuth server", () => {
    expect(
      errorFromResponse(429, {}, { statusCode: 429, message: "Rate limit is exceeded." }),
    ).toMatchObject({ code: "tooManyRequests", message: "Rate limit is exceeded." });
    expect(errorFromResponse(400, {}, { error: "invalid_grant" })).toMatchObject({
      code: "invalidRequest",
      foreignCode: "invalid_grant",
    });
    expect(errorFromResponse(502, {}, "<html>Bad Gateway</html>").code).toBe("serviceNotAvailable");
  });

  test("takes the request ids from the headers, whatever their case", () => {
    const headers = { "Request-Id": "r-1", "CLIENT-REQUEST-ID": "c-1" };
    expect(errorFromResponse(404, headers, "")).toMatchObject({
      requestId: "r-1",
      clientRequestId: "c-1",
    });
  });

  test("never makes the reader throw, whatever its body", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, body) => {
        for (const form of [body, JSON.stringify(body), { error: body }]) {
          const error = errorFromResponse(status, { "retry-after": JSON.stringify(body) }, form);
          expect(errorEntry(error.code)).toBeDefined();
          expect(error.status).toBe(status);
        }
      }),
      { numRuns: 500, seed: Number(process.env.SEED ?? 20260319) },
    );
  });
});

describe("Retry-After", () => {
  const nowMs = Date.parse("2026-03-01T10:00:00Z");

  test.each([
    ["7", 7000],
    [" 7 ", 7000],
    ["0", 0],
    ["0.5", 500],
    ["Sun, 01 Mar 2026 10:00:30 GMT", 30_000],
    ["Sun, 01 Mar 2026 09:00:00 GMT", 0],
    ["-5", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j is %j ms", (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });

  test("with a date is measured by the server's own clock where it is told", () => {
    const headers = { "retry-after": "Sun, 01 Mar 2026 10:00:30 GMT" };
    const withDate = { ...headers, Date: "Sun, 01 Mar 2026 10:00:10 GMT" };
    expect(errorFromResponse(429, withDate, "", nowMs).retryAfterMs).toBe(20_000);
    expect(errorFromResponse(429, headers, "", nowMs).retryAfterMs).toBe(30_000);
    expect(errorFromResponse(429, headers, "").retryAfterMs).toBeUndefined();
  });
});
