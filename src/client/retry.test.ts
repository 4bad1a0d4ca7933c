import {
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { backoffMs, defaultRetryLimits, mayRepeat } from "./retry.ts";

test("the policy that is replaced would send a POST four times after a 500", async () => {
  let sends = 0;
  const pipeline = createPipelineFromOptions({ retryOptions: { retryDelayInMs: 1 } });
  const request = createPipelineRequest({ method: "POST", url: "https://api.example", body: "{}" });
  await pipeline.sendRequest(
    {
      sendRequest: async (sent) => {
        sends += 1;
        return { request: sent, status: 500, headers: createHttpHeaders() };
      },
    },
    request,
  );
  expect(sends).toBe(4);
});

test("pauses double up to their bound, and chance spreads each over its upper half", () => {
  const random = seededRandom(1);
  const bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000];
  for (const [index, bound] of bounds.entries()) {
    const drawn = Array.from({ length: 200 }, () =>
      backoffMs(index + 1, defaultRetryLimits, random),
    );
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(bound / 2);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(bound);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(bound / 4);
  }
});

test("nothing is repeated after an answer, and a POST never after silence", () => {
  const calls = ["GET", "POST", "PUT", "PATCH"].flatMap((method) =>
    [undefined, "*", '"1"'].map((ifMatch) => ({
      method,
      hasHonouredId: false,
      ...(ifMatch === undefined ? {} : { ifMatch }),
    })),
  );
  for (const call of calls) {
    expect(mayRepeat(call, "done")).toBe(false);
    expect(mayRepeat(call, "neverSent")).toBe(true);
    expect(mayRepeat(call, "refused")).toBe(true);
    const isSafe = call.method === "GET" || (call.method !== "POST" && call.ifMatch === '"1"');
    expect(mayRepeat(call, "unknown")).toBe(isSafe);
  }
});
