import { afterAll, beforeAll, expect, test } from "vitest";
import { createBench } from "../conformance/check.ts";
import { crmChecks } from "../conformance/crm-adapter-suite.ts";
import type { ConformanceWorld } from "../conformance/world.ts";
import { type CrmAdapter, type CrmChange, CrmError, type CrmWrite } from "../port.ts";
import { openDynamicsWorld } from "./conformance-world-suite.ts";

/* The kit checks adapters; these adapters, each with one fault, check the kit. */

type Fault = (adapter: CrmAdapter) => CrmAdapter;

async function* every(
  changes: AsyncIterable<CrmChange>,
  see: (change: CrmChange, index: number) => readonly CrmChange[],
): AsyncIterable<CrmChange> {
  let index = 0;
  for await (const change of changes) {
    yield* see(change, index);
    index += 1;
  }
}

const withSteps = (
  write: CrmWrite,
  edit: (step: CrmWrite["steps"][number]) => object,
): CrmWrite => ({
  ...write,
  steps: write.steps.map((step) => ({ ...step, ...edit(step) }) as CrmWrite["steps"][number]),
});

async function retold<T>(call: Promise<T>, retell: (error: CrmError) => Error): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof CrmError ? retell(error) : error;
  }
}

let keys = 0;
const faults: readonly (readonly [title: string, fault: Fault, caughtBy: RegExp])[] = [
  [
    "ignores the expected version",
    (good) => ({
      ...good,
      upsert: (write, options) =>
        good.upsert(
          withSteps(write, () => ({ expectedVersion: undefined })),
          options,
        ),
    }),
    /^a stale version/,
  ],
  [
    "makes a record of its own for each create",
    (good) => ({
      ...good,
      upsert: (write, options) => {
        keys += 1;
        return good.upsert({ ...write, key: `${write.key}-${keys}` }, options);
      },
    }),
    /^the same write twice/,
  ],
  [
    "overwrites what a create finds",
    (good) => ({
      ...good,
      upsert: async (write, options) => {
        try {
          return await good.upsert(write, options);
        } catch (error) {
          if (!(error instanceof CrmError) || error.recordId === undefined) throw error;
          return good.upsert({ ...write, recordId: error.recordId }, options);
        }
      },
    }),
    /^a create never overwrites/,
  ],
  [
    "skips the last change of a walk",
    (good) => ({
      ...good,
      changesSince: async function* (watermark, options) {
        let held: CrmChange | undefined;
        for await (const change of good.changesSince(watermark, options)) {
          if (change.kind === "watermark") {
            held = undefined;
            yield change;
          } else {
            if (held) yield held;
            held = change;
          }
        }
      },
    }),
    /^records that changed in the same instant/,
  ],
  [
    "gives the last watermark before the changes have been told",
    (good) => ({
      ...good,
      changesSince: async function* (watermark, options) {
        const all: CrmChange[] = [];
        for await (const change of good.changesSince(watermark, options)) all.push(change);
        yield* [...all].reverse();
      },
    }),
    /^whatever people do/,
  ],
  [
    "takes what it can't see for deleted",
    (good) => ({
      ...good,
      changesSince: async function* (watermark, options) {
        try {
          yield* good.changesSince(watermark, options);
        } catch {
          yield { kind: "deleted", recordId: "the-hidden-one" };
        }
      },
    }),
    /can't be seen any more/,
  ],
  [
    "forgets how long to wait",
    (good) => ({
      ...good,
      upsert: (write, options) =>
        retold(good.upsert(write, options), ({ code, message }) => new CrmError(code, message)),
    }),
    /^a limit is told/,
  ],
  [
    "claims to know that a lost write wasn't carried out",
    (good) => ({
      ...good,
      upsert: (write, options) =>
        retold(
          good.upsert(write, options),
          ({ code, message, recordId, field, retryAfterMs }) =>
            new CrmError(code, message, {
              ...(recordId === undefined ? {} : { recordId }),
              ...(field === undefined ? {} : { field }),
              ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            }),
        ),
    }),
    /^a lost answer/,
  ],
  [
    "has no memo",
    (good) => ({
      ...good,
      upsert: (write, options) => {
        const { memo: _ignored, ...rest } = options;
        return good.upsert(write, rest);
      },
    }),
    /^finished steps/,
  ],
  [
    "puts values into its errors",
    (good) => ({
      ...good,
      upsert: (write, options) =>
        retold(good.upsert(write, options), (error) => {
          error.message += JSON.stringify(write);
          return error;
        }),
    }),
    /^an error repeats no value/,
  ],
  [
    "doesn't hear an abort",
    (good) => ({ ...good, read: (id) => good.read(id, {}) }),
    /^an aborted call/,
  ],
  [
    "keeps the first seconds of a date only",
    (good) => ({
      ...good,
      read: async (id, options) => {
        const record = await good.read(id, options);
        const date = record?.fields.estimatedclosedate;
        if (!record || typeof date !== "string") return record;
        const earlier = new Date(Date.parse(date) - 1).toISOString().slice(0, 10);
        return { ...record, fields: { ...record.fields, estimatedclosedate: earlier } };
      },
    }),
    /^a date stays/,
  ],
  [
    "says that child changes are reported, and reports none",
    (good) => ({
      ...good,
      changesSince: (watermark, options) =>
        every(good.changesSince(watermark, options), (change, index) =>
          change.kind === "changed" && index === 0 ? [] : [change],
        ),
    }),
    /^a change of a deal's contact/,
  ],
];

let world: ConformanceWorld;
beforeAll(async () => {
  world = await openDynamicsWorld();
});
afterAll(() => world.close());

test.each(faults)("the kit finds out an adapter that %s", async (_title, fault, caughtBy) => {
  const found = crmChecks.filter(({ title }) => caughtBy.test(title));
  expect(found).toHaveLength(1);
  const bad = createBench({
    ...world,
    adapter: fault(world.adapter),
    withPageSize: (size) => fault(world.withPageSize(size)),
  });
  const good = createBench(world);
  await found[0]?.run(good);
  await expect(found[0]?.run(bad)).rejects.toThrow();
});
