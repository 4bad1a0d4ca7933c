import type { Lens, LensResult } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";
import { canonicalJson } from "./same-lens.ts";

/** What a list lens can be told. */
export interface ListLensOptions {
  readonly name: string;
  /** The referral's property that tells one entry from another; compared without regard to case. */
  readonly key: string;
  /** The referral's property → the CRM's field, the key among them. */
  readonly fields: Readonly<Record<string, string>>;
  /** What an entry is called in a refusal: `contact`. */
  readonly noun: string;
  /** Properties of the referral whose spellings don't count, with what does. */
  readonly spellings?: Readonly<Record<string, (text: string) => string>>;
}

type Entry = Readonly<Record<string, CrmValue>>;

function entriesOf(value: CrmValue): readonly Entry[] | undefined {
  if (value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const isEntry = (entry: CrmValue): entry is Entry =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry);
  return value.every(isEntry) ? (value as readonly Entry[]) : undefined;
}

function keyOf(entry: Entry, property: string): string {
  const key = entry[property];
  return typeof key === "string" || typeof key === "number" ? String(key).trim().toLowerCase() : "";
}

/** Texts without outer white space; nothing and an empty text are one. */
function plain(value: CrmValue | undefined): CrmValue {
  if (typeof value !== "string") return value ?? null;
  return value.trim() || null;
}

/** What of a property's value counts in a comparison. */
function countedOf(options: ListLensOptions, property: string, value?: CrmValue): CrmValue {
  const bare = plain(value);
  return typeof bare === "string" ? (options.spellings?.[property]?.(bare) ?? bare) : bare;
}

/**
 * The mapped properties of each entry by key, in the referral's names; the first entry of a key
 * counts.
 */
function comparable(
  entries: readonly Entry[],
  options: ListLensOptions,
  side: "crm" | "referral",
): ReadonlyMap<string, CrmValue> {
  const found = new Map<string, CrmValue>();
  const nameOn = (property: string): string =>
    side === "crm" ? (options.fields[property] ?? property) : property;
  for (const entry of entries) {
    const key = keyOf(entry, nameOn(options.key));
    if (key === "" || found.has(key)) continue;
    const values = Object.keys(options.fields).map((property): [string, CrmValue] => [
      property,
      property === options.key ? key : countedOf(options, property, entry[nameOn(property)]),
    ]);
    found.set(key, Object.fromEntries(values));
  }
  return found;
}

function sameMaps(
  left: ReadonlyMap<string, CrmValue>,
  right: ReadonlyMap<string, CrmValue>,
): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    const other = right.get(key);
    if (other === undefined || canonicalJson(value) !== canonicalJson(other)) return false;
  }
  return true;
}

function notList(side: string, noun: string): LensResult<never> {
  return refused(`the ${side} holds no list of ${noun}s here`, "map a list");
}

/**
 * The other side's entries without repetitions, carried over what the receiving side knows of
 * each besides.
 */
function merged(
  options: ListLensOptions,
  entries: readonly Entry[],
  old: readonly Entry[],
  to: "crm" | "referral",
): readonly Entry[] {
  const nameIn = (side: "crm" | "referral", property: string): string =>
    side === "crm" ? (options.fields[property] ?? property) : property;
  const from = to === "crm" ? "referral" : "crm";
  const known = new Map(old.map((entry) => [keyOf(entry, nameIn(to, options.key)), entry]));
  const result = new Map<string, Entry>();
  for (const entry of entries) {
    const key = keyOf(entry, nameIn(from, options.key));
    if (key === "" || result.has(key)) continue;
    const next: Record<string, CrmValue> = { ...known.get(key) };
    for (const property of Object.keys(options.fields)) {
      // The receiving side's own spelling of the key stays.
      if (property === options.key && known.has(key)) continue;
      const value = plain(entry[nameIn(from, property)]);
      const target = nameIn(to, property);
      if (value === null && !(target in next)) continue;
      const [present, wanted] = [next[target], value].map((each) =>
        canonicalJson(countedOf(options, property, each)),
      );
      if (present !== wanted) next[target] = value;
    }
    result.set(key, next);
  }
  return [...result.values()];
}

/**
 * Lists of contacts, colleagues or solutions, entry by entry.
 *
 * Order doesn't count. What only one side knows of an entry stays there, and so do entries
 * without the key (a contact without an e-mail address): nothing on the other side could be told
 * to be theirs. Of values that are only spelt otherwise, each side keeps its own.
 */
export function listLens(options: ListLensOptions): Lens {
  const crmKey = options.fields[options.key] ?? options.key;
  const compare = (value: CrmValue, side: "crm" | "referral") => {
    const entries = entriesOf(value);
    return entries && comparable(entries, options, side);
  };
  const same = (side: "crm" | "referral") => (left: CrmValue, right: CrmValue) => {
    const [one, other] = [compare(left, side), compare(right, side)];
    return one !== undefined && other !== undefined && sameMaps(one, other);
  };
  const sameInCrm = same("crm");
  return relationLens({
    name: options.name,
    represents: (crm, referral) => {
      const [left, right] = [compare(crm, "crm"), compare(referral, "referral")];
      return left !== undefined && right !== undefined && sameMaps(left, right);
    },
    toCrm: (value, old) => {
      const entries = entriesOf(value);
      if (!entries) return notList("referral", options.noun);
      const present = entriesOf(old) ?? [];
      const keyless = present.filter((entry) => keyOf(entry, crmKey) === "");
      return translated([...merged(options, entries, present, "crm"), ...keyless]);
    },
    toReferral: (value, old) => {
      const entries = entriesOf(value);
      if (!entries) return notList("CRM", options.noun);
      const present = entriesOf(old) ?? [];
      const next = merged(options, entries, present, "referral");
      if (entries.length > 0 && next.length === 0) {
        return refused(
          `no ${options.noun} of the CRM's has a value for ${crmKey}`,
          `fill in ${crmKey} for at least one ${options.noun}`,
        );
      }
      const keyless = present.filter((entry) => keyOf(entry, options.key) === "");
      return translated([...next, ...keyless]);
    },
    sameInCrm,
    sameInReferral: same("referral"),
  });
}
