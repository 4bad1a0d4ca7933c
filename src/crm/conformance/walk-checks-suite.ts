import fc from "fast-check";
import { expect } from "vitest";
import type { CrmAdapter, CrmChange } from "../port.ts";
import { type CrmCheck, check } from "./check.ts";
import { changedIds, lastWatermark, refusalOf, walk, write } from "./steps.ts";

/** What a walker knows of a CRM from its walks alone. */
class Walker {
  readonly known = new Map<string, string>();
  watermark = "";

  take(change: CrmChange): void {
    if (change.kind === "watermark") this.watermark = change.watermark;
    else if (change.kind === "changed") this.known.set(change.record.id, change.record.version);
    else this.known.delete(change.recordId);
  }

  /** Walks on, and gives up after so many changes, as a process that is killed does. */
  async walk(adapter: CrmAdapter, atMost = Number.POSITIVE_INFINITY): Promise<void> {
    let taken = 0;
    for await (const change of adapter.changesSince(this.watermark, {})) {
      this.take(change);
      taken += 1;
      if (taken >= atMost) return;
    }
  }
}

const seed = Number(process.env.SEED ?? 20_261_123);

/** Walks over changes. */
export const walkChecks: readonly CrmCheck[] = [
  check(
    "a walk over everything ends with a watermark from which nothing is new",
    async ({ world }) => {
      const changes = await walk(world.adapter, "");
      const next = await walk(world.adapter, lastWatermark(changes));
      expect(next.filter(({ kind }) => kind !== "watermark")).toEqual([]);
    },
  ),
  check(
    "a change is reported with what a read shows, and once more at most",
    async ({ world, create, readOrFail, startingNow }) => {
      const since = await startingNow(world.adapter);
      const record = await create("Reported");
      const changes = await walk(world.adapter, since);
      expect(changedIds(changes)).toEqual([record.id]);
      const [change] = changes;
      expect(change).toEqual({ kind: "changed", record: await readOrFail(record.id) });
    },
  ),
  check(
    "our own write comes back with the version that it returned",
    async ({ world, create, newKey, startingNow }) => {
      const record = await create("Echo");
      const since = await startingNow(world.adapter);
      const written = await write(world.adapter, {
        key: newKey(),
        recordId: record.id,
        expectedVersion: record.version,
        fields: { [world.fields.amount]: 42 },
      });
      const [change] = await walk(world.adapter, since);
      expect(change).toMatchObject({ kind: "changed", record: { version: written.version } });
    },
  ),
  check(
    "records that changed in the same instant are all reported, page by page",
    async ({ world, startingNow }) => {
      const adapter = world.withPageSize(3);
      const since = await startingNow(adapter);
      const ids: string[] = [];
      for (let count = 0; count < 10; count += 1) {
        ids.push(await world.createAsPerson({ [world.fields.name]: `Tie ${count}` }));
      }
      expect([...changedIds(await walk(adapter, since))].sort()).toEqual([...ids].sort());
    },
  ),
  check(
    "a record that changes while a walk is under way is not skipped by the next",
    async ({ world, readOrFail, startingNow }) => {
      const adapter = world.withPageSize(2);
      const walker = new Walker();
      walker.watermark = await startingNow(adapter);
      const ids: string[] = [];
      for (let count = 0; count < 6; count += 1) {
        ids.push(await world.createAsPerson({ [world.fields.name]: `Moving ${count}` }));
      }
      let edits = 0;
      for await (const change of adapter.changesSince(walker.watermark, {})) {
        walker.take(change);
        const id = ids[edits % ids.length];
        edits += 1;
        if (id !== undefined && edits <= 12) {
          await world.editAsPerson(id, { [world.fields.amount]: edits });
        }
      }
      await walker.walk(adapter);
      for (const id of ids) {
        expect(walker.known.get(id)).toBe((await readOrFail(id)).version);
      }
    },
  ),
  check("an explicit deletion is reported as one", async ({ world, create, startingNow }) => {
    if (world.adapter.capabilities.deleteSignal !== "tombstone") return;
    const record = await create("Deleted");
    const since = await startingNow(world.adapter);
    await world.deleteAsPerson(record.id);
    const changes = await walk(world.adapter, since);
    expect(changes).toContainEqual({ kind: "deleted", recordId: record.id });
  }),
  check(
    "a record that can't be seen any more is never reported as deleted",
    async ({ world, create, startingNow }) => {
      if (!world.setHidden) return;
      const record = await create("Hidden");
      const since = await startingNow(world.adapter);
      await world.setHidden(record.id, true);
      try {
        const outcome = await walk(world.adapter, since).catch(() => []);
        expect(outcome.filter(({ kind }) => kind === "deleted")).toEqual([]);
        const read = world.adapter.read(record.id, {});
        const seen = await read.catch(async () => (await refusalOf(read)).code);
        expect([undefined, "unauthorized"]).toContain(seen);
      } finally {
        await world.setHidden(record.id, false);
      }
      expect((await world.adapter.read(record.id, {}))?.id).toBe(record.id);
    },
  ),
  check(
    "a change of a deal's contact is reported as a change of the deal, or declared as a gap",
    async ({ world, create, readOrFail, startingNow }) => {
      const { contacts } = world.fields;
      if (!contacts || !world.renameContactAsPerson) return;
      const person = { [contacts.email]: "c@child.example", [contacts.lastName]: "Child" };
      const record = await create("Child change", { [contacts.field]: [person] });
      const since = await startingNow(world.adapter);
      await world.renameContactAsPerson(record.id, "Renamed");
      const reported = changedIds(await walk(world.adapter, since)).includes(record.id);
      // Where it is a gap, a deal that was changed just before may show it all the same.
      if (world.adapter.capabilities.reportsChildChanges) expect(reported).toBe(true);
      if (reported) expect((await readOrFail(record.id)).version).not.toBe(record.version);
    },
  ),
  check(
    "a watermark that the CRM no longer knows leads to a whole walk, not to an error or a gap",
    async ({ world, create, startingNow }) => {
      if (!world.expireWatermarks) return;
      const since = await startingNow(world.adapter);
      const record = await create("After a long absence");
      world.expireWatermarks();
      const changes = await walk(world.adapter, since);
      expect(changedIds(changes)).toContain(record.id);
      lastWatermark(changes);
    },
  ),
  check(
    "whatever people do and whenever the walker is killed, it knows everything in the end",
    async ({ world, readOrFail, startingNow }) => {
      const adapter = world.withPageSize(2);
      const step = fc.oneof(
        fc.record({ do: fc.constant("create" as const) }),
        fc.record({ do: fc.constant("edit" as const), which: fc.nat() }),
        fc.record({ do: fc.constant("delete" as const), which: fc.nat() }),
        fc.record({ do: fc.constant("wait" as const), ms: fc.nat(3000) }),
        fc.record({ do: fc.constant("walk" as const), atMost: fc.integer({ min: 1, max: 6 }) }),
      );
      const start = await startingNow(adapter);
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const walker = new Walker();
          walker.watermark = start;
          const alive: string[] = [];
          const dead: string[] = [];
          for (const [index, each] of steps.entries()) {
            const id = "which" in each ? alive[each.which % Math.max(1, alive.length)] : undefined;
            if (each.do === "create") {
              alive.push(await world.createAsPerson({ [world.fields.name]: `Step ${index}` }));
            } else if (each.do === "wait") await world.advance(each.ms);
            else if (each.do === "walk") await walker.walk(adapter, each.atMost);
            else if (id === undefined) continue;
            else if (each.do === "edit") {
              await world.editAsPerson(id, { [world.fields.amount]: index });
            } else {
              await world.deleteAsPerson(id);
              alive.splice(alive.indexOf(id), 1);
              dead.push(id);
            }
          }
          await walker.walk(adapter);
          for (const id of alive) {
            expect(walker.known.get(id)).toBe((await readOrFail(id)).version);
          }
          if (adapter.capabilities.deleteSignal === "tombstone") {
            for (const id of dead) expect(walker.known.has(id)).toBe(false);
          }
        }),
        { seed, numRuns: 15, endOnFailure: true },
      );
    },
  ),
];
