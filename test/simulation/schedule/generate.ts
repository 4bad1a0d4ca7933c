import type { Random } from "../../../src/runtime/index.ts";
import { seededRandom } from "../../../src/runtime/index.ts";
import { type Aim, actionsFor, rareStates, settingsFor } from "./aim.ts";
import type {
  Action,
  EditedField,
  Family,
  Fault,
  FaultKind,
  Schedule,
  Settings,
} from "./schedule.ts";

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** Draws with names. */
interface Draw {
  whole(from: number, to: number): number;
  chance(probability: number): boolean;
  one<T>(items: readonly T[]): T;
}

function drawFrom(random: Random): Draw {
  const whole = (from: number, to: number): number =>
    from + Math.floor(random.fraction() * (to - from + 1));
  return {
    whole,
    chance: (probability) => random.fraction() < probability,
    one: (items) => items[whole(0, items.length - 1)] as (typeof items)[number],
  };
}

const families: ReadonlyMap<number, Family> = new Map([
  [7, "calm"],
  [11, "lists"],
  [13, "crashes"],
  [17, "tight"],
  [31, "lists"],
  [37, "tight"],
]);

/** The family that a schedule number belongs to by itself: most are storms. */
export function familyOf(seed: number): Family {
  return families.get(seed % 40) ?? "storm";
}

function settingsOf(draw: Draw, family: Family, ledger: Settings["ledger"]): Settings {
  const skew = (): number =>
    draw.chance(0.5) ? draw.whole(-2 * second, 2 * second) : draw.whole(-3 * day, 3 * day);
  const isStorm = family === "storm";
  const isTight = family === "tight";
  const hasWebhooks = family !== "lists" && draw.chance(0.7);
  return {
    ledger,
    honoursRequestId: draw.chance(0.5),
    crmVersions: draw.one(["etag", "etag", "stamp", "none"]),
    crmDeleteSignal: draw.one(["tombstone", "tombstone", "not-found", "none"]),
    crmReportsChildChanges: family === "lists" || draw.chance(0.8),
    referralsSkewMs: skew(),
    crmSkewMs: skew(),
    ownSkewMs: skew(),
    secondStamps: draw.chance(0.5),
    // An answer lost to a crash leaves open whose a rounded amount is: there a person may be asked.
    normalises: family === "calm" || (family !== "crashes" && draw.chance(0.6)),
    pageSize: family === "lists" ? 2 : draw.one([2, 3, 5, 100]),
    pagesByPosition: draw.chance(0.5),
    refusesTimeFilter: draw.chance(0.3),
    hasWebhooks,
    pollReferralsMs: isTight ? 10 * second : hasWebhooks ? 2 * minute : minute,
    pollCrmMs: isTight ? 10 * second : minute,
    cursorOverlapMs: family === "lists" ? 35 * second : 90 * second,
    callsPerMinute: isTight ? 12 : isStorm ? draw.one([30, 50, 100]) : 100,
    organisations: draw.chance(isTight ? 0.6 : 0.25) ? 2 : 1,
    sharesQuota: draw.chance(isTight ? 0.8 : 0.5),
    deletionPolicy: draw.one(["ignore", "close", "unlink"]),
    deletionsPerHour: draw.one([1, 5]),
    createsMicrosoftLeg: draw.chance(0.25),
    hasHoldingStage: isStorm && draw.chance(0.3),
    policy: draw.one(["referral", "crm", "newest", "ask"]),
  };
}

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

function creations(draw: Draw, family: Family, deals: number, lengthMs: number): Action[] {
  const lastMs = Math.min(6 * minute, lengthMs);
  return Array.from({ length: deals }, (_, deal): Action => {
    // Without faults the first plan is compared with the run: nothing new comes in between.
    const isEarly = family === "calm";
    const side = draw.one(["crm", "crm", "referrals", "referrals", "twin"] as const);
    return {
      at: isEarly || draw.chance(0.8) ? draw.whole(0, 20 * second) : draw.whole(minute, lastMs),
      deal,
      kind: "create",
      side,
      shared: draw.chance(0.8),
      consent: draw.chance(0.75),
      incomplete: side === "crm" && draw.chance(0.1),
    };
  });
}

const gapMs = 75 * second;

/** Edits far apart, each on a field that was left alone for long: nothing for the breaker. */
function spacedEdits(draw: Draw, deals: number, count: number): Action[] {
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

function edits(
  draw: Draw,
  deals: number,
  count: number,
  { firstMs, lastMs }: { readonly firstMs: number; readonly lastMs: number },
): Action[] {
  const actions: Action[] = [];
  let serial = 0;
  while (serial < count) {
    const at = draw.whole(firstMs, lastMs);
    const deal = draw.whole(0, deals - 1);
    const field = draw.chance(0.08) ? "status" : draw.one(plainFields);
    const side = draw.one(["referrals", "crm"] as const);
    const burst = draw.one([1, 1, 1, 2, 2, 3, 5]);
    for (let step = 0; step < burst && serial < count; step += 1) {
      serial += 1;
      // Half of a burst hits one field from both sides: that is where edits get lost.
      const isSame = step === 0 || draw.chance(0.5);
      const own = isSame ? field : draw.one(plainFields);
      actions.push({
        at: at + (step === 0 ? 0 : draw.whole(0, 3 * second)),
        deal,
        kind: "edit",
        side: step === 0 ? side : draw.one(["referrals", "crm"] as const),
        field: own,
        value: editValue(draw, own, serial),
      });
    }
  }
  return actions;
}

function extras(draw: Draw, deals: number, length: number): Action[] {
  const actions: Action[] = [];
  const at = (): number => draw.whole(minute, length);
  const deal = (): number => draw.whole(0, deals - 1);
  actions.push({ at: at(), deal: deal(), kind: "share" });
  const deletions = draw.one([0, 0, 0, 1, 1, 3]);
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

const commonFaults: readonly FaultKind[] = [
  "list-lag",
  "etag-churn",
  "tied-stamps",
  "page-shift",
  "timeout-before-commit",
  "timeout-after-commit",
  "late-landing",
  "throttled",
  "throttled-silently",
  "server-error",
  "token-expired",
  "permission-lost",
  "webhook-lost",
  "webhook-doubled",
  "webhook-late",
  "webhook-reordered",
  "peer-rewrites",
  "crm-timeout-before-commit",
  "crm-timeout-after-commit",
  "crm-throttled",
  "crm-unavailable",
  "crm-permission-lost",
  "crm-list-lag",
  "crm-version-churn",
  "crm-resync",
];

/** What makes lists untrue for a while, and what interrupts a walk. */
const listFaults: readonly FaultKind[] = [
  "list-lag",
  "list-lag",
  "etag-churn",
  "tied-stamps",
  "page-shift",
  "timeout-before-commit",
  "server-error",
  "throttled",
  "crm-list-lag",
  "crm-resync",
];

function amountOf(draw: Draw, kind: FaultKind, overlapMs: number): number {
  switch (kind) {
    case "list-lag":
    case "crm-list-lag":
      return draw.whole(second, Math.min(60 * second, overlapMs - 5 * second));
    case "late-landing":
      return draw.chance(0.8)
        ? draw.whole(35 * second, 110 * second)
        : draw.whole(3 * minute, 9 * minute);
    case "throttled":
    case "crm-throttled":
      return draw.one([0, 1, 2, 5, 10, 30]) * second;
    case "webhook-late":
      return draw.whole(2 * second, 3 * minute);
    case "backup-restored":
      return draw.whole(10 * second, 4 * minute);
    default:
      return draw.whole(0, 30);
  }
}

function faultOf(draw: Draw, kind: FaultKind, { deals, length, overlapMs }: Scope): Fault {
  const isLasting = kind === "permission-lost" || kind === "crm-permission-lost";
  return {
    kind,
    at: draw.whole(0, length - minute),
    forMs: isLasting ? draw.whole(20 * second, 3 * minute) : 5 * minute,
    hits: kind === "peer-rewrites" ? draw.whole(3, 24) : draw.whole(1, 3) + (isLasting ? 20 : 0),
    deal: draw.whole(0, deals - 1),
    amount: amountOf(draw, kind, overlapMs),
  };
}

/** What the faults of a schedule can be about. */
interface Scope {
  readonly deals: number;
  readonly length: number;
  readonly overlapMs: number;
}

/** The kinds of faults that can strike in a world. */
function kindsFor(family: Family, { hasWebhooks, pageSize }: Settings): readonly FaultKind[] {
  const kinds = family === "lists" ? listFaults : commonFaults;
  return kinds.filter(
    (kind) =>
      (hasWebhooks || !kind.startsWith("webhook-")) && (pageSize < 100 || kind !== "page-shift"),
  );
}

function faultsOf(draw: Draw, family: Family, settings: Settings, scope: Scope): Fault[] {
  if (family === "calm") return [];
  const faults: Fault[] = [];
  const isOften = family === "crashes" || family === "tight";
  const crashes = isOften ? draw.whole(3, 6) : draw.one([1, 1, 2, 3]);
  for (let index = 0; index < crashes; index += 1) {
    faults.push({ ...faultOf(draw, "crash", scope), forMs: scope.length, hits: 1 });
  }
  if (family === "crashes") return faults;
  const count = draw.whole(8, 9);
  const kinds = kindsFor(family, settings);
  for (let index = 0; index < count; index += 1) {
    faults.push(faultOf(draw, draw.one(kinds), scope));
  }
  if (family !== "lists" && draw.chance(family === "tight" ? 0.4 : 0.08))
    faults.push(faultOf(draw, "backup-restored", scope));
  return faults;
}

function lengthOf(draw: Draw, family: Family, edits: number): number {
  if (family === "crashes") return (edits + 2) * gapMs;
  return family === "calm" ? 10 * minute : draw.whole(8, 13) * 30 * second;
}

/** Two faults of a storm wait for a state that chance alone would seldom strike. */
function aimsOf(draw: Draw, family: Family, settings: Settings): readonly Aim[] {
  if (family !== "storm") return [];
  const kinds: readonly FaultKind[] = [
    ...kindsFor(family, settings),
    "crash",
    "crash",
    "backup-restored",
  ];
  return [0, 1].map(() => ({ kind: draw.one(kinds), state: draw.one(rareStates) }));
}

/** Edits that a schedule has besides its creations; those of light families need no minimum. */
function editCountOf(draw: Draw, family: Family): number {
  if (family === "crashes") return draw.whole(14, 16);
  return family === "calm" ? draw.whole(18, 24) : draw.whole(22, 25);
}

/**
 * The schedule of a seed: the same whatever the machine. A hunt may ask for another family than
 * the seed's own.
 */
export function generateSchedule(
  seed: number,
  ledger: Settings["ledger"],
  family: Family = familyOf(seed),
): Schedule {
  const draw = drawFrom(seededRandom(Math.imul(seed, 0x2545f491) ^ 0x5eed));
  const drawAim = drawFrom(seededRandom(Math.imul(seed, 0x6c62272e) ^ 0xa1));
  const plain = settingsOf(draw, family, ledger);
  const aims = aimsOf(drawAim, family, plain);
  const settings = settingsFor(aims, plain);
  const deals = draw.one([3, 3, 3, 4, 4, 5]);
  const count = editCountOf(draw, family);
  const length = lengthOf(draw, family, count);
  const firstMs = family === "calm" ? 210 * second : 25 * second;
  const actions = [
    ...creations(draw, family, deals, length),
    ...(family === "crashes"
      ? spacedEdits(draw, deals, count)
      : edits(draw, deals, count, { firstMs, lastMs: length })),
    ...(family === "storm" ? extras(draw, deals, length) : []),
    ...actionsFor(aims, drawAim.whole(0, deals - 1), drawAim.whole(minute, length - minute)),
  ].sort((left, right) => left.at - right.at);
  const scope = { deals, length, overlapMs: settings.cursorOverlapMs };
  const aimed = aims.map(({ kind, state }) => ({
    ...faultOf(drawAim, kind, scope),
    forMs: length,
    aim: state,
  }));
  const faults = [...faultsOf(draw, family, settings, scope), ...aimed].sort(
    (left, right) => left.at - right.at,
  );
  return { seed, family, settings, actions, faults, endsAt: length };
}
