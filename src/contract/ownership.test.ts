import { expect, test } from "vitest";
import { callersPart, serversPart } from "./ownership.ts";

const stored = {
  id: "1",
  eTag: '"1"',
  engagementId: "e",
  name: "Deal",
  status: "Active",
  links: { self: { uri: "x" } },
  registrations: [{ id: "r" }],
  novelty: 1,
};

test("a PUT sets the caller's fields and unknown ones, and leaves the server's alone", () => {
  expect(callersPart(stored, "put")).toEqual({ name: "Deal", status: "Active", novelty: 1 });
  expect(serversPart(stored, "put")).toEqual({
    id: "1",
    eTag: '"1"',
    engagementId: "e",
    links: { self: { uri: "x" } },
    registrations: [{ id: "r" }],
  });
});

test("only a create may name the engagement, which connects a second referral", () => {
  expect(callersPart(stored, "create")).toHaveProperty("engagementId", "e");
});
