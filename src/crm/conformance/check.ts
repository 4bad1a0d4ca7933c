import type { CrmAdapter, CrmFields, CrmRecord, CrmRecordVersion, CrmValue } from "../port.ts";
import { lastWatermark, walk, write } from "./steps.ts";
import type { ConformanceFields, ConformanceWorld } from "./world.ts";

/** An open world with what the checks do in it over and over. */
export interface Bench {
  readonly world: ConformanceWorld;
  readonly fields: ConformanceFields;
  /** A key that no deal has yet. */
  newKey(): string;
  /** The fields that every deal of the kit has. */
  basics(title: string): CrmFields;
  /** The account fields of a customer that is named after a title. */
  customer(title: string): CrmFields;
  /** A deal with something in each of its parts, and won. */
  whole(title: string): CrmFields;
  /** Creates a deal through the adapter and reads it. */
  create(title: string, more?: CrmFields): Promise<CrmRecord>;
  readOrFail(id: string): Promise<CrmRecord>;
  /** Moves a deal to a stage. */
  move(record: CrmRecord, stage: CrmValue, more?: CrmFields): Promise<CrmRecordVersion>;
  /** A watermark from which only what happens next is new. */
  startingNow(adapter: CrmAdapter): Promise<string>;
}

/** One promise of the port, and how it is tried. */
export interface CrmCheck {
  readonly title: string;
  run(bench: Bench): Promise<void>;
}

/** A check. */
export function check(title: string, run: CrmCheck["run"]): CrmCheck {
  return { title, run };
}

function customerFields(fields: ConformanceFields, title: string): CrmFields {
  const { account } = fields;
  if (!account) return {};
  return {
    [account.name]: `${title} Ltd`,
    [account.postalCode]: "12345",
    [account.country]: fields.germany ?? "Germany",
  };
}

function wholeFields(fields: ConformanceFields, title: string): CrmFields {
  const { children, contacts, status } = fields;
  const person = contacts && { [contacts.email]: "w@whole.example", [contacts.lastName]: "Whole" };
  const child = children && { [children.key]: "W-1", [children.name]: "W" };
  return {
    ...basicFields(fields, title),
    ...(contacts && person ? { [contacts.field]: [person] } : {}),
    ...(children && child ? { [children.field]: [child] } : {}),
    [status.field]: status.won,
  };
}

function basicFields(fields: ConformanceFields, title: string): CrmFields {
  return {
    ...fields.alsoRequired,
    [fields.name]: title,
    [fields.amount]: 1234.56,
    ...customerFields(fields, title),
  };
}

/** Counted over all benches, which may stand in one world. */
let keysGiven = 0;

/** Sets the bench up in a world. */
export function createBench(world: ConformanceWorld): Bench {
  const { adapter, fields } = world;
  const newKey = (): string => {
    keysGiven += 1;
    return `${world.keySeed ?? "00000000"}-0000-4000-8000-${String(keysGiven).padStart(12, "0")}`;
  };
  const readOrFail = async (id: string): Promise<CrmRecord> => {
    const record = await adapter.read(id, {});
    if (!record) throw new Error("the record isn't there");
    return record;
  };
  return {
    world,
    fields,
    newKey,
    readOrFail,
    basics: (title) => basicFields(fields, title),
    customer: (title) => customerFields(fields, title),
    whole: (title) => wholeFields(fields, title),
    create: async (title, more = {}) => {
      const order = { key: newKey(), fields: { ...basicFields(fields, title), ...more } };
      const { id } = await write(adapter, order);
      return readOrFail(id);
    },
    move: (record, stage, more = {}) =>
      write(adapter, {
        key: newKey(),
        recordId: record.id,
        expectedVersion: record.version,
        attempt: `move-${String(stage)}-${record.version}`,
        fields: { ...more, [fields.status.field]: stage },
      }),
    startingNow: async (adapterOfWalk) => lastWatermark(await walk(adapterOfWalk, "")),
  };
}
