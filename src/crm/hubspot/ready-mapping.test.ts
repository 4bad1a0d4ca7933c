import { expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox } from "../../sandbox/hubspot/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeReadyMapping } from "../conformance/ready-mapping-suite.ts";
import { createHubSpotAdapter, readyHubSpotMapping } from "./index.ts";

const mapping = readyHubSpotMapping();

describeReadyMapping("HubSpot", {
  mapping,
  open: async () => {
    const kit = await startSandbox();
    const adapter = createHubSpotAdapter({
      http: fetchHttp,
      baseUrl: kit.url,
      getToken: async () => kit.token,
      fields: crmFieldsOf(mapping),
    });
    return { adapter, close: () => kit.close() };
  },
});

test("the reason for losing is the seller's own, where one was given", () => {
  const reason = mapping.fields.find(({ name }) => name === "statusReason");
  const lost = { status: "lost/Closed Lost", closed_lost_reason: "Too expensive." };
  expect(reason?.compute?.(lost)).toBe("Too expensive.");
  expect(reason?.compute?.({ ...lost, closed_lost_reason: null })).toMatch(/Another offer/);
  expect(reason?.compute?.({ ...lost, status: "open/Contract Sent" })).toBeNull();
});
