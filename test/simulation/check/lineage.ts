import { type EditedField, otherSide, type Side } from "../schedule/schedule.ts";
import { editedFields, type NeutralValues } from "./values.ts";

/** A value that somebody wrote, with the values that were seen when it was written. */
export interface Origin {
  readonly value: string;
  readonly at: number;
  /** Who wrote it first: a person, Microsoft, a peer or the service. */
  readonly by: string;
  readonly parents: Origin[];
}

/** The engine put `winner` where `loser` stood, although `winner` was written without knowledge of `loser`. */
export interface Overwrite {
  readonly deal: number;
  readonly side: Side;
  readonly field: EditedField;
  readonly loser: Origin;
  readonly winner: Origin;
  readonly at: number;
}

/** A value that the engine wrote; as an invention, one that nobody had written on the other side. */
export interface Invention {
  readonly deal: number;
  readonly side: Side;
  readonly field: EditedField;
  readonly value: string;
  readonly at: number;
}

/** A value that the engine carried over, and how old it was by then. */
export interface Arrival extends Invention {
  readonly origin: Origin | undefined;
}

/**
 * Where each value came from. A person's edit descends from what the person saw; a value that the engine carries over
 * keeps its origin. So a lost update is an engine write over a value that the new one does not descend from.
 */
export interface Lineage {
  outside(
    deal: number,
    side: Side,
    before: NeutralValues | undefined,
    after: NeutralValues,
    by: string,
    at: number,
  ): void;
  engine(
    deal: number,
    side: Side,
    before: NeutralValues | undefined,
    after: NeutralValues,
    at: number,
  ): void;
  readonly overwrites: readonly Overwrite[];
  readonly inventions: readonly Invention[];
  /** Every value that the engine put anywhere, in order, with the moment when its origin came into being. */
  readonly written: readonly Arrival[];
  /** True where the value that `side` shows now was last put there by somebody who knew of `origin`. */
  current(deal: number, side: Side, field: EditedField): Origin | undefined;
}

/** True where `later` was written in knowledge of `earlier`, or is it. */
export function descendsFrom(later: Origin, earlier: Origin): boolean {
  const waiting = [later];
  const seen = new Set<Origin>();
  for (let origin = waiting.pop(); origin; origin = waiting.pop()) {
    if (origin === earlier) return true;
    if (seen.has(origin)) continue;
    seen.add(origin);
    waiting.push(...origin.parents);
  }
  return false;
}

interface Track {
  current: Origin | undefined;
  readonly all: Origin[];
}

/** An empty lineage. */
export function createLineage(): Lineage {
  const tracks = new Map<string, Track>();
  const overwrites: Overwrite[] = [];
  const inventions: Invention[] = [];
  const written: Arrival[] = [];
  const trackOf = (deal: number, side: Side, field: EditedField): Track => {
    const key = `${deal} ${side} ${field}`;
    let track = tracks.get(key);
    if (!track) {
      track = { current: undefined, all: [] };
      tracks.set(key, track);
    }
    return track;
  };
  const put = (track: Track, origin: Origin): void => {
    track.current = origin;
    if (!track.all.includes(origin)) track.all.push(origin);
  };

  const write = (deal: number, side: Side, field: EditedField, value: string, at: number): void => {
    const track = trackOf(deal, side, field);
    const loser = track.current;
    const known = trackOf(deal, otherSide(side), field).all.filter(
      (origin) => origin.value === value,
    );
    // The newest that descends from what it replaces; where none does, the newest at all.
    const winner =
      known.findLast((origin) => !loser || descendsFrom(origin, loser)) ??
      known.at(-1) ??
      track.all.findLast((origin) => origin.value === value);
    written.push({ deal, side, field, value, at, origin: winner });
    if (!winner) {
      inventions.push({ deal, side, field, value, at });
      put(track, { value, at, by: "engine", parents: loser ? [loser] : [] });
      return;
    }
    if (loser && loser.value !== "" && !descendsFrom(winner, loser)) {
      overwrites.push({ deal, side, field, loser, winner, at });
    }
    put(track, winner);
  };

  return {
    overwrites,
    inventions,
    written,
    current: (deal, side, field) => trackOf(deal, side, field).current,
    outside(deal, side, before, after, by, at) {
      for (const field of editedFields) {
        const value = after[field];
        if (value === (before?.[field] ?? "")) continue;
        const track = trackOf(deal, side, field);
        const known = trackOf(deal, otherSide(side), field).current;
        const parent = track.current;
        // The same value typed on both sides is one value: whoever knows either knows both.
        if (known && known.value === value && !(parent && descendsFrom(parent, known))) {
          if (parent) known.parents.push(parent);
          put(track, known);
        } else {
          put(track, { value, at, by, parents: parent ? [parent] : [] });
        }
      }
    },
    engine(deal, side, before, after, at) {
      for (const field of editedFields) {
        if (after[field] !== (before?.[field] ?? "")) write(deal, side, field, after[field], at);
      }
    },
  };
}
