import { expect } from "vitest";
import { type CrmCheck, check } from "./check.ts";
import { bringAbout, durableMemo, refusalOf, write } from "./steps.ts";
import type { ConformanceWorld, Mishap } from "./world.ts";

function canMeet({ mishaps }: ConformanceWorld, kind: Mishap["kind"]): boolean {
  return mishaps?.includes(kind) ?? true;
}

/** Mishaps on the way: each error of the closed set is provoked. */
export const mishapChecks: readonly CrmCheck[] = [
  ...(["lost-before", "lost-after", "timeout", "broken"] as const).map((kind) =>
    check(
      `a write that meets '${kind}' at any call is resumed to the same end, without doubles`,
      async ({ world, fields, newKey, readOrFail, whole }) => {
        if (!canMeet(world, kind)) return;
        // The people of the kit's deals are made once: after that each deal costs the same calls.
        await bringAbout(world.adapter, { key: newKey(), fields: whole("Before") });
        const before = world.callCount();
        await bringAbout(world.adapter, { key: newKey(), fields: whole("Undisturbed") });
        const calls = world.callCount() - before;
        expect(calls).toBeGreaterThan(0);
        for (let after = 0; after < calls; after += 1) {
          const title = `Disturbed ${kind} ${after}`;
          const key = newKey();
          world.arrange({ kind }, after);
          const id = await bringAbout(world.adapter, { key, fields: whole(title) });
          const record = await readOrFail(id);
          expect(record.fields).toMatchObject({
            [fields.name]: title,
            [fields.amount]: 1234.56,
            [fields.status.field]: fields.status.won,
          });
          expect(await world.count("deal", key)).toBe(1);
          if (fields.account) expect(await world.count("account", `${title} Ltd`)).toBe(1);
          for (const list of [fields.contacts?.field, fields.children?.field]) {
            if (list) expect(record.fields[list]).toHaveLength(1);
          }
        }
      },
    ),
  ),
  check("finished steps aren't carried out again", async ({ world, newKey, readOrFail, whole }) => {
    const memo = durableMemo();
    const order = { key: newKey(), fields: whole("Remembered") };
    const { id } = await write(world.adapter, order, { memo });
    expect(memo.steps.size).toBeGreaterThan(0);
    const { version } = await readOrFail(id);
    await write(world.adapter, order, { memo });
    expect((await readOrFail(id)).version).toBe(version);
  }),
  check("a limit is told as throttled, with the time to wait", async ({ world, create }) => {
    if (!canMeet(world, "throttled")) return;
    world.arrange({ kind: "throttled", retryAfterSeconds: 17 });
    const refused = await refusalOf(create("Throttled"));
    expect(refused).toMatchObject({ code: "throttled", retryAfterMs: 17_000 });
    expect(refused.outcomeUnknown).toBe(false);
  }),
  check(
    "a lost answer to a write leaves its outcome unknown, to a read it doesn't",
    async ({ world, fields, create, newKey }) => {
      const record = await create("Lost answers");
      for (const kind of ["lost-after", "timeout"] as const) {
        if (!canMeet(world, kind)) continue;
        world.arrange({ kind });
        const reading = await refusalOf(world.adapter.read(record.id, {}));
        expect(reading).toMatchObject({ code: "unavailable", outcomeUnknown: false });
        world.arrange({ kind });
        const writing = write(world.adapter, {
          key: newKey(),
          recordId: record.id,
          fields: { [fields.amount]: 2 },
        });
        expect(await refusalOf(writing)).toMatchObject({
          code: "unavailable",
          outcomeUnknown: true,
        });
      }
    },
  ),
  check(
    "an expired token is renewed once by itself, and else told as unauthorized",
    async ({ world, create, readOrFail }) => {
      if (!world.expireToken) return;
      const record = await create("Token");
      await world.expireToken(true);
      expect((await readOrFail(record.id)).id).toBe(record.id);
      await world.expireToken(false);
      expect((await refusalOf(world.adapter.read(record.id, {}))).code).toBe("unauthorized");
      await world.expireToken(true);
    },
  ),
  check("an aborted call rejects with the reason of the abort", async ({ world, create }) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const record = await create("Aborted");
    await expect(world.adapter.read(record.id, { signal })).rejects.toBe(reason);
  }),
  check("an error repeats no value that was sent", async ({ world, fields, newKey, basics }) => {
    const tooLong = (fields.notes.maxLength ?? 3000) + 1;
    const secret = "Ada.Confidential@example.com ".repeat(tooLong).slice(0, tooLong);
    const refused = await refusalOf(
      write(world.adapter, {
        key: newKey(),
        fields: {
          ...basics("Secret title"),
          [fields.notes.field]: secret,
          ...(fields.picklist ? { [fields.picklist.field]: fields.picklist.invalid } : {}),
        },
      }),
    );
    expect(refused.message).not.toContain("Confidential");
    expect(refused.message).not.toContain("Secret title");
  }),
];
