import type { Clock, Random } from "../../runtime/index.ts";
import type { Mishaps } from "../mishaps.ts";
import type { RowStore, RowValues } from "../row-store.ts";
import {
  connectorProperties,
  type ObjectKind,
  type PipelineStage,
  type PropertyDefinition,
  standardProperties,
  standardStages,
  waitingStage,
} from "./definitions.ts";

/** An object as it is stored. */
export interface StoredObject {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly archived: boolean;
  readonly archivedAt?: string;
  /** When the search's index shows this state, in milliseconds since 1970. */
  readonly indexedAtMs: number;
  /** The state that the index shows until then. */
  readonly indexed?: Omit<StoredObject, "indexed">;
}

/** An emulated account: its definitions, objects, links, and the time. */
export interface Portal {
  readonly store: RowStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly mishaps: Mishaps;
  /** Milliseconds until the search sees what was written. */
  readonly searchDelayMs: number;
}

const counterStart = 18_290_000_000;

/** The next id; HubSpot's are long numbers. */
export function nextId({ store }: Portal): string {
  const counter = store.get("settings", "counter");
  const value = Number(counter?.value ?? counterStart) + 1;
  store.put("settings", "counter", { value });
  return String(value);
}

/** The properties of a kind of object. */
export function definitionsOf({ store }: Portal, kind: ObjectKind): readonly PropertyDefinition[] {
  const added = store.all(`properties/${kind}`) as unknown as readonly PropertyDefinition[];
  return [...standardProperties[kind], ...added];
}

/** Adds a property. */
export function addProperty(
  { store }: Portal,
  kind: ObjectKind,
  definition: PropertyDefinition,
): void {
  store.put(`properties/${kind}`, definition.name, definition as unknown as RowValues);
}

/** The stages of the only pipeline, in their order. */
export function stagesOf({ store }: Portal): readonly PipelineStage[] {
  const added = store.all("stages") as unknown as readonly PipelineStage[];
  return [...standardStages, ...added].sort(
    (left, right) => left.displayOrder - right.displayOrder,
  );
}

/** Adds a stage. */
export function addStage({ store }: Portal, added: PipelineStage): void {
  store.put("stages", added.id, added as unknown as RowValues);
}

/** Adds what the connector's setup would create. */
export function addConnectorDefinitions(portal: Portal): void {
  for (const kind of ["deals", "companies"] as const) {
    for (const definition of connectorProperties[kind] ?? []) {
      addProperty(portal, kind, definition);
    }
  }
  addStage(portal, waitingStage);
}

/** All objects of a kind, archived ones too. */
export function objectsOf({ store }: Portal, kind: ObjectKind): readonly StoredObject[] {
  return store.all(kind) as unknown as readonly StoredObject[];
}

/** An object by its id. */
export function objectById(
  { store }: Portal,
  kind: ObjectKind,
  id: string,
): StoredObject | undefined {
  return store.get(kind, id) as unknown as StoredObject | undefined;
}

/** Keeps an object; until the search's index follows, it shows what was there before. */
export function saveObject(
  portal: Portal,
  kind: ObjectKind,
  object: Omit<StoredObject, "indexed" | "indexedAtMs">,
): void {
  const nowMs = portal.clock.now();
  const before = objectById(portal, kind, object.id);
  const shown = before && before.indexedAtMs > nowMs ? before.indexed : before;
  const stored = {
    ...object,
    indexedAtMs: nowMs + portal.searchDelayMs,
    ...(shown && portal.searchDelayMs > 0 ? { indexed: { ...shown, indexed: undefined } } : {}),
  };
  portal.store.put(kind, object.id, stored as unknown as RowValues);
}

/** The state of an object that the search sees; undefined where it sees none yet. */
export function indexedState(
  { clock }: Portal,
  object: StoredObject,
): Omit<StoredObject, "indexed"> | undefined {
  return object.indexedAtMs <= clock.now() ? object : object.indexed;
}
