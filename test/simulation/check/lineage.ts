import { type EditedField, otherSide, type Side } from "../schedule/schedule.ts";
import { editedFields, type NeutralValues } from "./values.ts";

/** A value that somebody wrote, with the values that were seen when it was written. */
export interface Origin {
  readonly value: string;
  readonly at: number;
  /** Who wrote it first: a person, Microsoft, a peer or the service. */
  readonly by: string;
  /** The sides on which it was typed: both, where two people typed the same. */
  readonly bornOn: Set<Side>;
  readonly parents: Origin[];
}

/**
 * True where `winner` came back to the very side on which it was typed, over what was typed there
 * after it.
 */
export function isEcho({ side, winner, loser }: Overwrite): boolean {
  const { bornOn } = winner;
  return bornOn.size === 1 && bornOn.has(side) && descendsFrom(loser, winner);
}

/**
 * The engine put `winner` where `loser` stood, although `winner` was written without knowledge of
 * `loser`.
 */
export interface Overwrite {
  readonly deal: number;
  readonly side: Side;
  readonly field: EditedField;
  readonly loser: Origin;
  readonly winner: Origin;
  readonly at: number;
  /** When `loser` was typed there, or came into being where the engine had carried it there. */
  readonly loserAt: number;
}

/**
 * A value that the engine wrote; as an invention, one that nobody had written on the other side.
 */
export interface Invention {
  readonly deal: number;
  readonly side: Side;
  readonly record: string;
  readonly field: EditedField;
  readonly value: string;
  readonly at: number;
}

/** A value that the engine carried over, and how old it was by then. */
export interface Arrival extends Invention {
  readonly origin: Origin | undefined;
  /** Written by making the record. */
  readonly isCreation: boolean;
}

/**
 * Where each value came from. A person's edit descends from what the person saw; a value that the
 * engine carries over
 * keeps its origin. So a lost update is an engine write over a value that the new one does not
 * descend from.
 */
export interface Lineage {
  /** Somebody else than the engine changed a record. */
  outside(place: Place, before: NeutralValues | undefined, after: NeutralValues, by: string): void;
  /** The engine changed a record. */
  engine(place: Place, before: NeutralValues | undefined, after: NeutralValues): void;
  readonly overwrites: readonly Overwrite[];
  readonly inventions: readonly Invention[];
  /**
   * Every value that the engine put anywhere, in order, with the moment when its origin came into
   * being.
   */
  readonly written: readonly Arrival[];
  /**
   * The value of one of a deal's records on one side, or of the newest, with where it came from.
   */
  current(deal: number, side: Side, field: EditedField, record?: string): Origin | undefined;
}

/** Which record changed, and when. */
export interface Place {
  readonly deal: number;
  readonly side: Side;
  readonly record: string;
  readonly at: number;
}

/** Every value that was known when `origin` was written, itself left out. */
function ancestorsOf(origin: Origin): readonly Origin[] {
  const found = new Set<Origin>();
  const waiting = [...origin.parents];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...next.parents);
  }
  return [...found];
}

/** True where `later` was written in knowledge of `earlier`, or is it. */
export function descendsFrom(later: Origin, earlier: Origin): boolean {
  return later === earlier || ancestorsOf(later).includes(earlier);
}

/**
 * True where `loser` merely set back what `winner` was derived from: a value that is as it was
 * agreed is no edit, however it
 * came to be so.
 */
function isSetBack(loser: Origin, winner: Origin): boolean {
  return ancestorsOf(loser).some(
    (origin) => origin.value === loser.value && descendsFrom(winner, origin),
  );
}

/**
 * True where `winner` was written over the very value that somebody typed on the other side at the
 * same time.
 */
function isMatched(loser: Origin, winner: Origin): boolean {
  return ancestorsOf(winner).some(
    (origin) => origin.value === loser.value && !descendsFrom(loser, origin),
  );
}

interface Track {
  current: Origin | undefined;
  /** When somebody else than the engine typed it here; undefined where the engine carried it. */
  typedAt: number | undefined;
  readonly all: Origin[];
}

/** An empty lineage. */
export function createLineage(): Lineage {
  /** By deal, side and field; within it by record. */
  const tracks = new Map<string, Map<string, Track>>();
  const overwrites: Overwrite[] = [];
  const inventions: Invention[] = [];
  const written: Arrival[] = [];
  const tracksOf = (deal: number, side: Side, field: EditedField): Map<string, Track> => {
    const key = `${deal} ${side} ${field}`;
    let records = tracks.get(key);
    if (!records) {
      records = new Map();
      tracks.set(key, records);
    }
    return records;
  };
  const trackOf = ({ deal, side, record }: Place, field: EditedField): Track => {
    const records = tracksOf(deal, side, field);
    let track = records.get(record);
    if (!track) {
      track = { current: undefined, typedAt: undefined, all: [] };
      records.set(record, track);
    }
    return track;
  };
  const put = (track: Track, origin: Origin, typedAt?: number): void => {
    track.current = origin;
    track.typedAt = typedAt;
    if (!track.all.includes(origin)) track.all.push(origin);
  };

  const write = (place: Place, field: EditedField, value: string, isCreation: boolean): void => {
    const { deal, side, record, at } = place;
    const track = trackOf(place, field);
    const loser = track.current;
    const others = [...tracksOf(deal, otherSide(side), field).values()];
    const known = others.flatMap(({ all }) => all.filter((origin) => origin.value === value));
    // The newest that descends from what it replaces; where none does, the newest at all.
    const winner =
      known.findLast((origin) => !loser || descendsFrom(origin, loser)) ??
      known.at(-1) ??
      track.all.findLast((origin) => origin.value === value);
    written.push({ deal, side, record, field, value, at, origin: winner, isCreation });
    if (!winner) {
      inventions.push({ deal, side, record, field, value, at });
      const parents = loser ? [loser] : [];
      put(track, { value, at, by: "engine", bornOn: new Set([side]), parents });
      return;
    }
    const isUnread = loser && loser.value !== "" && !descendsFrom(winner, loser);
    if (isUnread && !isSetBack(loser, winner) && !isMatched(loser, winner)) {
      const loserAt = track.typedAt ?? loser.at;
      overwrites.push({ deal, side, field, loser, winner, at, loserAt });
    }
    put(track, winner);
  };

  const current: Lineage["current"] = (deal, side, field, record) => {
    const records = tracksOf(deal, side, field);
    const own = record === undefined ? undefined : records.get(record)?.current;
    return own ?? [...records.values()].findLast((track) => track.current)?.current;
  };

  return {
    overwrites,
    inventions,
    written,
    current,
    outside(place, before, after, by) {
      const { deal, side, at } = place;
      for (const field of editedFields) {
        const value = after[field];
        if (value === (before?.[field] ?? "")) continue;
        const track = trackOf(place, field);
        const known = current(deal, otherSide(side), field);
        const parent = track.current;
        // The same value typed on both sides is one value: whoever knows either knows both.
        if (known && known.value === value && !(parent && descendsFrom(parent, known))) {
          if (parent) known.parents.push(parent);
          known.bornOn.add(side);
          put(track, known, at);
        } else {
          const parents = parent ? [parent] : [];
          put(track, { value, at, by, bornOn: new Set([side]), parents }, at);
        }
      }
    },
    engine(place, before, after) {
      for (const field of editedFields) {
        if (after[field] === (before?.[field] ?? "")) continue;
        write(place, field, after[field], before === undefined);
      }
    },
  };
}
