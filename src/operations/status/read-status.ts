import type { OperatorStatus, Upstream } from "../../contract/index.ts";
import { type ConnectionState, pairStates } from "../../sync/index.ts";
import { defaultAlertSettings } from "../alerts/alert.ts";
import { stateSentence } from "../deals/deal-view.ts";
import { listDeals } from "../deals/list-deals.ts";
import type { Office } from "../office.ts";
import { readStaleness } from "./staleness.ts";

const windowMs = 60_000;
const dayMs = 86_400_000;
const openItemsLimit = 1_000;
/** A side whose walk hasn't ended for so many intervals is in trouble. */
const missedWalks = 4;
const leastPatienceMs = 30_000;

const crmNames: Readonly<Record<string, string>> = {
  dynamics365: "Dynamics 365",
  salesforce: "Salesforce",
  hubspot: "HubSpot",
  odoo: "Odoo",
  espocrm: "EspoCRM",
  tryton: "Tryton",
};

/** What the CRM is called. */
export const crmNameOf = (kind: string): string => crmNames[kind] ?? "CRM";

async function budgetStatus(office: Office, now: number): Promise<OperatorStatus["budget"]> {
  const { ledger, settings } = office;
  const state = await ledger.budget(settings.quotaOwner);
  const recent = (state?.calls ?? []).filter(([at]) => at > now - windowMs);
  const byClass: Record<string, number> = {};
  for (const [, priority] of recent) byClass[priority] = (byClass[priority] ?? 0) + 1;
  return {
    limit: state?.limit ?? settings.callsPerMinute,
    used: recent.length,
    byClass,
    blockedUntil: state?.blockedUntil ?? 0,
  };
}

interface Side {
  readonly name: string;
  readonly side: Upstream["side"];
  readonly walkedAt: number;
  readonly everyMs: number;
  readonly blockedUntil: number;
  readonly signInEndsAt: number | undefined;
}

function upstream(side: Side, now: number): Upstream {
  const { name, walkedAt, everyMs, blockedUntil, signInEndsAt } = side;
  const patience = Math.max(leastPatienceMs, everyMs * missedWalks);
  const isLate = walkedAt > 0 && now - walkedAt > patience;
  const base = {
    name,
    side: side.side,
    ...(walkedAt > 0 ? { lastSuccessAt: walkedAt } : {}),
    ...(signInEndsAt === undefined ? {} : { signInEndsAt }),
  };
  if (blockedUntil > now) {
    return { ...base, state: "waiting", sentence: `${name} asked us to wait before we call again` };
  }
  if (walkedAt === 0) return { ...base, state: "unknown", sentence: "Not looked at yet" };
  if (isLate)
    return { ...base, state: "failing", sentence: `${name} hasn't answered a whole walk` };
  return { ...base, state: "well", sentence: "Answers as it should" };
}

async function upstreams(
  office: Office,
  connection: ConnectionState,
  blockedUntil: number,
  now: number,
): Promise<readonly Upstream[]> {
  const { settings, mapping } = office;
  const ends = (await office.signInEnds?.()) ?? {};
  const referrals = {
    name: "Partner Center",
    side: "referral",
    walkedAt: connection.referralCursor.walkedAt,
    everyMs: settings.pollReferralsMs,
    blockedUntil,
    signInEndsAt: ends.referral,
  } as const;
  const crm = {
    name: crmNameOf(mapping.crmKind),
    side: "crm",
    walkedAt: connection.crmCursor.walkedAt,
    everyMs: settings.pollCrmMs,
    blockedUntil: 0,
    signInEndsAt: ends.crm,
  } as const;
  return [upstream(referrals, now), upstream(crm, now)];
}

/** Unanswered leads of which people are alerted. */
async function expiringLeads({ deals, expiringDays }: Office, now: number): Promise<number> {
  const days = expiringDays ?? defaultAlertSettings.expiringDays;
  const [from, until] = [now, now + days * dayMs].map((at) => new Date(at).toISOString());
  const isSoon = `status eq 'New' and expires ge ${from} and expires le ${until}`;
  const query = `?$filter=${encodeURIComponent(isSoon)}&$top=0&$count=true`;
  return (await listDeals(deals, query, now)).count ?? 0;
}

/** Gathers the overview from the ledger and the page's own memory. */
export async function readStatus(office: Office): Promise<OperatorStatus> {
  const { ledger, clock } = office;
  const now = clock.now();
  await Promise.all([office.chronicle.follow(), office.follower.caughtUp()]);
  const [connection, byState, questions, budget, staleness, expiring] = await Promise.all([
    ledger.connection(),
    ledger.countByState(),
    ledger.inbox({ isOpen: true, limit: openItemsLimit }),
    budgetStatus(office, now),
    readStaleness(office, now),
    expiringLeads(office, now),
  ]);
  const { referralCursor, crmCursor, auditedAt, awaitsApproval } = connection;
  const building = office.follower.progress();
  return {
    environment: office.environment,
    startedAt: office.startedAt,
    isDemonstration: office.demonstration !== undefined,
    now,
    deals: Object.values(byState).reduce((sum, count) => sum + count, 0),
    byState,
    words: Object.fromEntries(
      pairStates.map((state) => [state, stateSentence(state).toLowerCase()]),
    ),
    questions: questions.length,
    problems: (byState.dead ?? 0) + (byState.refusing ?? 0),
    expiring,
    isPaused: connection.paused === true,
    ...(awaitsApproval ? { awaitsApproval } : {}),
    epoch: connection.epoch,
    drift: connection.drift,
    walks: { referrals: referralCursor.walkedAt, crm: crmCursor.walkedAt, audit: auditedAt },
    budget,
    staleness,
    upstreams: await upstreams(office, connection, budget.blockedUntil, now),
    ...(building ? { building } : {}),
    places: office.places ?? {},
  };
}
