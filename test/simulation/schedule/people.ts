import { type Draw, day, minute, second } from "./draw.ts";
import { gapMs, type Scale } from "./scale.ts";
import type { Action, EditedField, Family } from "./schedule.ts";

const plainFields: readonly EditedField[] = [
  "name",
  "dealValue",
  "currency",
  "closingDate",
  "notes",
  "notes",
  "dealValue",
  "country",
  "contact",
];
const states = ["Active/Accepted", "Closed/Won", "Closed/Lost", "Closed/Declined", "New/Pending"];
const currencies = ["EUR", "USD", "GBP", "CHF", "SEK", "JPY"];
const countries = ["DE", "FR", "US", "JP", "BR", "IN"];

/**
 * A value that nobody else writes, where the field allows it: then each value tells who wrote it.
 */
function editValue(draw: Draw, field: EditedField, serial: number): string {
  switch (field) {
    case "dealValue":
      return `${10_000 + serial * 7}.${draw.one(["00", "50", "25"])}`;
    case "currency":
      return draw.one(currencies);
    case "country":
      return draw.one(countries);
    case "closingDate":
      return new Date(Date.UTC(2027, 2, 1) + serial * day).toISOString().slice(0, 10);
    case "status":
      return draw.one(states);
    case "contact":
      return `person-${serial}@customer.example`;
    default:
      return `${field} ${serial}`;
  }
}

function creations(draw: Draw, family: Family, { deals, lengthMs }: Scale): Action[] {
  const lastMs = Math.min(6 * minute, lengthMs);
  return Array.from({ length: deals }, (_, deal): Action => {
    // Without faults the first plan is compared with the run: nothing new comes in between.
    const isEarly = family === "calm";
    const side = draw.one(["crm", "crm", "referrals", "referrals", "twin"] as const);
    return {
      at:
        isEarly || draw.chance(0.8) ? draw.whole(0, 20 * second) : draw.whole(40 * second, lastMs),
      deal,
      kind: "create",
      side,
      shared: draw.chance(0.8),
      consent: draw.chance(0.75),
      incomplete: side === "crm" && draw.chance(0.1),
    };
  });
}

/** Edits far apart, each on a field that was left alone for long: nothing for the breaker. */
function spacedEdits(draw: Draw, { deals, edits: count }: Scale): Action[] {
  const fields = [...new Set(plainFields)];
  const turn = draw.whole(0, 1000);
  return Array.from({ length: count }, (_, index): Action => {
    const place = turn + index;
    const field = fields[Math.floor(place / deals) % fields.length] ?? "notes";
    return {
      at: 40 * second + (index + 1) * gapMs,
      deal: place % deals,
      kind: "edit",
      side: draw.one(["referrals", "crm"] as const),
      field,
      value: editValue(draw, field, index + 1),
    };
  });
}

/** Edits in bursts: half of each hits one field from both sides, where edits get lost. */
function edits(draw: Draw, { deals, edits: count }: Scale, firstMs: number, lastMs: number) {
  const actions: Action[] = [];
  let plain = 0;
  while (plain < count) {
    const at = draw.whole(firstMs, lastMs);
    const deal = draw.whole(0, deals - 1);
    const field = draw.chance(0.08) ? "status" : draw.one(plainFields);
    const burst = Math.min(draw.one([1, 1, 1, 2, 2, 3, 5]), count - plain);
    for (let step = 0; step < burst; step += 1) {
      const own = step === 0 || draw.chance(0.5) ? field : draw.one(plainFields);
      // A move of the status may be refused: it comes on top.
      if (own !== "status") plain += 1;
      actions.push({
        at: at + (step === 0 ? 0 : draw.whole(0, 3 * second)),
        deal,
        kind: "edit",
        side: draw.one(["referrals", "crm"] as const),
        field: own,
        value: editValue(draw, own, actions.length + 1),
      });
    }
  }
  return actions;
}

function extras(draw: Draw, { deals, lengthMs }: Scale): Action[] {
  const actions: Action[] = [];
  const at = (): number => draw.whole(45 * second, lengthMs);
  const deal = (): number => draw.whole(0, deals - 1);
  actions.push({ at: at(), deal: deal(), kind: "share" });
  const deletions = draw.one([0, 0, 0, 1, 1, 2, 3]);
  const first = deal();
  for (let count = 0; count < deletions; count += 1) {
    actions.push({ at: at(), deal: (first + count) % deals, kind: "delete" });
  }
  if (draw.chance(0.5)) {
    const choose = draw.one(["referrals", "crm"] as const);
    actions.push({ at: at(), deal: deal(), kind: "resolve", choose });
  }
  if (draw.chance(0.3)) actions.push({ at: at(), deal: deal(), kind: "undo" });
  if (draw.chance(0.1)) {
    actions.push({ at: at(), deal: deal(), kind: "pause", forMs: draw.whole(10 * second, minute) });
  }
  return actions;
}

/** What people do in a schedule, in no order. */
export function actionsOf(draw: Draw, family: Family, scale: Scale): readonly Action[] {
  const first = creations(draw, family, scale);
  if (family === "crashes") return [...first, ...spacedEdits(draw, scale)];
  const firstMs = family === "calm" ? 210 * second : 25 * second;
  const then = edits(draw, scale, firstMs, scale.lengthMs);
  return [...first, ...then, ...(family === "storm" ? extras(draw, scale) : [])];
}
