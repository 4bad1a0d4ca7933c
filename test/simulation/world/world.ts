import type { CrmAdapter, CrmCapabilities } from "../../../src/crm/port.ts";
import type { Http, Random } from "../../../src/runtime/index.ts";
import type { Witness } from "../check/witness.ts";
import type { Generation } from "../kernel/generation.ts";
import { createScheduler, type Scheduler } from "../kernel/scheduler.ts";
import { createTrace, type Trace } from "../kernel/trace.ts";
import { type Fault, hasSecondStampsInCrm, type Schedule } from "../schedule/schedule.ts";
import { type Aims, createAims } from "./aims.ts";
import { createAutomation } from "./automation.ts";
import { crmCapabilitiesOf } from "./crm-capabilities.ts";
import { type CrmModel, createCrmModel } from "./crm-model.ts";
import { crmTransport } from "./crm-transport.ts";
import type { DealBook } from "./deal-book.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createReferralsModel, type ReferralsModel } from "./referrals-model.ts";
import { referralsTransport } from "./referrals-transport.ts";
import { stream } from "./stream.ts";

/** When every world begins: a fixed moment, so that two machines write the same bytes. */
export const worldStart = Date.UTC(2026, 8, 1, 8, 0, 0);

/** More events than any sane schedule has: beyond it something runs in circles. */
const maxSteps = 60_000;

/** One organisation of the world: its CRM and the serial number of its good token. */
export interface Organisation {
  readonly name: string;
  readonly crm: CrmModel;
  readonly capabilities: CrmCapabilities;
}

/** Everything outside the process under test, and the time in which it lives. */
export interface World {
  readonly schedule: Schedule;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly faults: Faults;
  readonly aims: Aims;
  readonly referrals: ReferralsModel;
  readonly organisations: readonly Organisation[];
  readonly book: DealBook;
  /** The serial number of each organisation's good token. */
  readonly tokens: Map<string, number>;
  /** Chance for the process under test: a new sequence for each life of each organisation. */
  randomFor(generation: number, organisation: string): Random;
  /** The outside as one life of the process sees it. */
  referralsHttp(generation: Generation): Http;
  crmAdapter(organisation: string, generation: Generation): CrmAdapter;
  sinceStart(): number;
  /** When the last request that is still under way by itself will have landed. */
  lastLandingAt(): number;
}

/** The world of a schedule. The witness hears of everything; `onHit` of each fault that strikes. */
export function createWorld(
  schedule: Schedule,
  witness: Witness,
  book: DealBook,
  options: {
    readonly keepTrace: boolean;
    readonly onHit: (fault: Fault, record: string | undefined) => void;
    /** The states of a deal's pairs, or of all. */
    readonly statesOf: (record: string | undefined) => readonly string[];
  },
): World {
  const { settings, seed } = schedule;
  const scheduler = createScheduler(worldStart, maxSteps);
  const trace = createTrace(options.keepTrace, worldStart);
  const sinceStart = (): number => scheduler.now() - worldStart;
  const faults = createFaults(schedule.faults, sinceStart, options.statesOf, (fault, record) => {
    trace.note(scheduler.now(), `! ${fault.kind}`);
    options.onHit(fault, record);
  });
  const tokens = new Map<string, number>();
  const referrals = createReferralsModel({
    now: scheduler.now,
    random: stream(seed, 1),
    habits: {
      normalisation: {
        trims: settings.normalises,
        upperCasesCurrency: settings.normalises,
        roundsAmounts: settings.normalises,
      },
      secondStamps: settings.secondStamps,
      clockSkewMs: settings.referralsSkewMs,
      honoursRequestId: settings.honoursRequestId,
    },
    onChange: (change) => {
      trace.note(
        scheduler.now(),
        `${change.actor} ${change.isChurn ? "churns" : change.before ? "changes" : "creates"} referral ${change.after.id} ${change.after.eTag}`,
      );
      witness.referralChanged(change);
    },
  });
  const lag = stream(seed, 2);
  referrals.lagBy(() => {
    const fault = faults.take("list-lag");
    return fault ? Math.floor(lag.fraction() * fault.amount) : 0;
  });
  const automate = createAutomation(schedule, scheduler);
  const organisations = Array.from({ length: settings.organisations }, (_, index) => {
    const name = `org-${index}`;
    tokens.set(name, 1);
    const crm = createCrmModel({
      prefix: `crm${index}`,
      now: scheduler.now,
      habits: {
        versions: settings.crmVersions,
        secondStamps: hasSecondStampsInCrm(settings),
        clockSkewMs: settings.crmSkewMs,
        trims: settings.normalises,
        reportsChildChanges: settings.crmReportsChildChanges,
        showsOwnId: settings.showsDealId === true,
      },
      onChange: (change) => {
        trace.note(
          scheduler.now(),
          `${change.actor} ${change.after ? (change.before ? "changes" : "creates") : "deletes"} ${change.id}`,
        );
        witness.crmChanged(name, change);
        if (change.after) automate(change.id, crm);
      },
    });
    crm.lagBy(() => {
      const fault = faults.take("crm-list-lag");
      return fault ? Math.floor(lag.fraction() * fault.amount) : 0;
    });
    return { name, crm, capabilities: crmCapabilitiesOf(settings) };
  });
  const latency = stream(seed, 3);
  let lastLandingAt = worldStart;
  const crmOf = (name: string): Organisation => {
    const found = organisations.find((organisation) => organisation.name === name);
    if (!found) throw new Error(`no organisation ${name}`);
    return found;
  };
  return {
    schedule,
    scheduler,
    trace,
    faults,
    aims: createAims(schedule.endsAt, sinceStart, book.deals, options.statesOf),
    referrals,
    organisations,
    book,
    tokens,
    sinceStart,
    lastLandingAt: () => lastLandingAt,
    randomFor: (generation, organisation) =>
      stream(
        seed,
        1_000 * (1 + organisations.findIndex(({ name }) => name === organisation)) + generation,
      ),
    referralsHttp: (generation) =>
      referralsTransport(
        {
          scheduler,
          trace,
          random: latency,
          faults,
          model: referrals,
          tokens,
          habits: settings,
          dealOf: (id) => book.ofReferral(id)?.index,
          referralOf: (deal) => book.deals.get(deal)?.referrals.keys().next().value,
          onLateLanding: (at) => {
            lastLandingAt = Math.max(lastLandingAt, at);
          },
          onCall: (call) => witness.referralsCalled(call),
          onAnswer: (call, body) => witness.referralsAnswered(call, body),
        },
        generation,
      ),
    crmAdapter: (organisation, generation) => {
      const { crm, capabilities } = crmOf(organisation);
      return crmTransport(
        {
          scheduler,
          trace,
          random: latency,
          faults,
          model: crm,
          capabilities,
          // A record that doesn't exist yet is named by its key: the referral's id.
          dealOf: (id) => (book.ofCrmRecord(id) ?? book.ofReferral(id))?.index,
          onCall: (call) => witness.crmCalled(organisation, call),
          onShown: (id) => witness.crmShown(id),
        },
        generation,
      );
    },
  };
}
