// One referral, one deal, whatever arrives late: for CRMs that hold the key unique.
import { expect, test } from "vitest";
import { fetchHttp, type Http, HttpFailure } from "../../runtime/index.ts";
import { type CrmAdapter, CrmError, type CrmFields } from "../port.ts";
import { refusalOf, write } from "./steps.ts";

/** A CRM in which a create can be held up on its way. */
export interface CreateOnceWorld {
  adapterWith(http: Http): CrmAdapter;
  /** True for the body of the call that makes a deal. */
  isCreate(body: string): boolean;
  /** A key that was never used there. */
  newKey(): string;
  /** Deals that have the key. */
  count(key: string): Promise<number>;
  editAsPerson(id: string, fields: CrmFields): Promise<void>;
  /** A new deal's values, and what a person makes of them. */
  readonly fields: CrmFields;
  readonly edited: CrmFields;
}

/** Describes that a key has one deal. */
export function describeCreateOnce(world: CreateOnceWorld): void {
  const { fields } = world;

  test("a create that arrives after its repetition and a person's edit changes nothing", async () => {
    const key = world.newKey();
    let late: (() => Promise<unknown>) | undefined;
    const slow = world.adapterWith(async (request) => {
      if (late || !world.isCreate(String(request.body))) return fetchHttp(request);
      late = () => fetchHttp(request);
      throw new HttpFailure("timeout", "no answer in time");
    });
    const refusal = await refusalOf(write(slow, { key, fields }));
    expect(refusal).toMatchObject({ outcomeUnknown: true });
    expect(await world.count(key)).toBe(0);
    const { id } = await write(slow, { key, fields });
    await world.editAsPerson(id, world.edited);
    await late?.();
    expect(late).toBeDefined();
    expect(await world.count(key)).toBe(1);
    expect((await slow.read(id, {}))?.fields).toMatchObject({ ...fields, ...world.edited });
  });

  test("creates of one key at the same time make one deal", async () => {
    const key = world.newKey();
    const adapter = world.adapterWith(fetchHttp);
    const made = await Promise.all(
      Array.from({ length: 6 }, () =>
        write(adapter, { key, fields }).catch((error: unknown) => {
          // A CRM may roll back all but one of those that meet; who is told so comes again.
          if (error instanceof CrmError && error.code === "unavailable") return undefined;
          throw error;
        }),
      ),
    );
    const { id } = await write(adapter, { key, fields });
    expect(new Set(made.flatMap((each) => (each ? [each.id] : [])))).toEqual(new Set([id]));
    expect(await world.count(key)).toBe(1);
  });
}
