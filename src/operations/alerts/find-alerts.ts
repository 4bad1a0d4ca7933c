import type {
  DealRow,
  OperatorStatus,
  PlainValue,
  ProblemGroup,
  Question,
} from "../../contract/index.ts";
import type { Alert, AlertSettings } from "./alert.ts";

/** What the operator's API says now, as far as alerts come of it. */
export interface AlertSources {
  readonly status: OperatorStatus;
  readonly questions: readonly Question[];
  readonly problems: readonly ProblemGroup[];
  /** Unanswered referrals, the first to expire first. */
  readonly expiring: readonly DealRow[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const dealPath = (id: string): string => `/deals/${encodeURIComponent(id)}`;

/** A length of time in words: `40 minutes`, `5 hours`, `2 days`. */
function inWords(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  const say = (unitMs: number, unit: string): string => {
    const amount = Math.round(length / unitMs);
    return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
  };
  if (length < hourMs) return say(minuteMs, "minute");
  return length < 2 * dayMs ? say(hourMs, "hour") : say(dayMs, "day");
}

function inText(value: PlainValue | undefined): string {
  if (value === null || value === undefined || value === "") return "nothing";
  return typeof value === "object" ? "a list" : String(value);
}

function ofQuestion(question: Question): Alert {
  const { id, kind, pairId, deal, sentence, crm, referral } = question;
  const values =
    kind === "conflict"
      ? ` The CRM says ${inText(crm)}, Partner Center says ${inText(referral)}.`
      : "";
  const what = deal?.label === undefined ? "" : ` · ${deal.label}`;
  return {
    kind: "conflict",
    key: `conflict ${id} ${question.openedAt}`,
    title: `${deal?.title ?? (kind === "approval" ? "The plan" : "A question")}${what}`,
    sentence: `${sentence}${values}`,
    path: pairId === undefined ? "/conflicts" : dealPath(pairId),
  };
}

function ofProblems({ kind, code, sentence, remedy, deals }: ProblemGroup): readonly Alert[] {
  if (kind === "retrying") return [];
  return deals.map((deal) => ({
    kind: kind === "stopped" ? ("dead-letter" as const) : ("refused" as const),
    key: `${kind} ${code} ${deal.id} ${deal.field ?? ""}`,
    title: deal.label === undefined ? deal.title : `${deal.title} · ${deal.label}`,
    sentence,
    remedy,
    path: dealPath(deal.id),
  }));
}

function ofExpiring(deal: DealRow, now: number, withinMs: number): readonly Alert[] {
  const ends = Date.parse(deal.properties.expires ?? "");
  if (!(ends - now <= withinMs) || ends < now) return [];
  return [
    {
      kind: "expiring",
      key: `expiring ${deal.id}`,
      title: deal.title,
      sentence: `Nobody has answered this referral; it expires in ${inWords(ends - now)}.`,
      remedy: "Accept or decline it.",
      path: dealPath(deal.id),
    },
  ];
}

function ofSignIns({ status }: AlertSources, signInDays: number): readonly Alert[] {
  return status.upstreams.flatMap(({ name, side, signInEndsAt }) => {
    if (signInEndsAt === undefined || signInEndsAt - status.now > signInDays * dayMs) return [];
    const left = signInEndsAt - status.now;
    return {
      kind: "sign-in" as const,
      // A new alert as the end comes near: half of the days, then the last one.
      key: `sign-in ${side} ${left <= dayMs ? "last" : left <= (signInDays * dayMs) / 2}`,
      title: name,
      sentence:
        left > 0
          ? `The sign-in ends in ${inWords(left)}; then the sync stands still.`
          : "The sign-in has ended; the sync stands still.",
      remedy: "Sign in again: referrals sign-in",
      path: "/settings",
    };
  });
}

/** A system that fails is told by itself, also while a change is known to wait. */
function ofFailingSystems({ status }: AlertSources): readonly Alert[] {
  return status.upstreams
    .filter(({ state }) => state === "failing")
    .map(({ name, side, sentence }) => ({
      kind: "stale",
      key: `failing ${side}`,
      title: name,
      sentence: `${sentence}. Changes aren't carried over.`,
      path: "/",
    }));
}

function ofStaleness({ status }: AlertSources, staleMinutes: number): readonly Alert[] {
  const { nowMs, oldestPairId } = status.staleness;
  if (nowMs <= staleMinutes * minuteMs) return [];
  return [
    {
      kind: "stale",
      key: "stale",
      title: "The sync is behind",
      sentence: `A change has waited for ${inWords(nowMs)} and isn't carried over yet.`,
      path: oldestPairId === undefined ? "/" : dealPath(oldestPairId),
    },
  ];
}

/** Everything that a person should know of now, the most urgent first. Pure. */
export function findAlerts(sources: AlertSources, settings: AlertSettings): readonly Alert[] {
  const { now } = sources.status;
  const expiringMs = settings.expiringDays * dayMs;
  return [
    ...ofSignIns(sources, settings.signInDays),
    ...sources.expiring.flatMap((deal) => ofExpiring(deal, now, expiringMs)),
    ...sources.questions.map(ofQuestion),
    ...sources.problems.flatMap(ofProblems),
    ...ofFailingSystems(sources),
    ...ofStaleness(sources, settings.staleMinutes),
  ];
}
