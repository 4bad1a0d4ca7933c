import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { Metrics } from "./metrics.ts";

const seed = Number(process.env.SEED ?? 20260104);

test(`durations print as prom-client's own histogram does (SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  const metrics = new Metrics();
  const registry = new Registry();
  const histogram = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer, by route and status.",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  for (let step = 0; step < 500; step += 1) {
    const method = random.fraction() < 0.5 ? "GET" : "PATCH";
    const route = random.fraction() < 0.5 ? "/a/:id" : "/b";
    const status = random.fraction() < 0.9 ? 200 : 404;
    const seconds = random.fraction() < 0.1 ? 0.25 : random.fraction() ** 6 * 20;
    metrics.observeRequest(method, route, status, seconds);
    histogram.observe({ method, route, status }, seconds);
  }
  const lines = (text: string): readonly (readonly string[])[] =>
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/[{},]/).toSorted());
  const ours = lines(await metrics.registry.metrics());
  expect(ours.toSorted()).toEqual(lines(await registry.metrics()).toSorted());
  expect(ours.length).toBeGreaterThan(50);
});

test("process metrics are there where they are asked for", async () => {
  expect(await new Metrics().registry.metrics()).not.toContain("process_resident_memory_bytes");
  const withProcess = new Metrics({ process: true });
  expect(await withProcess.registry.metrics()).toContain("process_resident_memory_bytes");
});
