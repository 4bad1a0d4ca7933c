import type { CrmAdapter } from "../../src/crm/port.ts";
import {
  act,
  type CrmRecordChange,
  createAims,
  createCrmModel,
  createDealBook,
  createFaults,
  createGeneration,
  createReferralsModel,
  createScheduler,
  createTrace,
  crmCapabilitiesOf,
  crmTransport,
  generationClock,
  type ReferralChange,
  type Scheduler,
  type Settings,
  stream,
  type World,
  worldStart,
} from "../../test/simulation/index.ts";
import { type ArrivedCall, strictNetwork } from "./network.ts";

/** How a world without faults is made. */
export interface WorldOptions {
  readonly seed: number;
  /** Deals that people have on both sides, alike and naming each other. */
  readonly deals: number;
  /** Referrals on a page of a list, at most. */
  readonly pageSize: number;
  /** Time and waiting; virtual unless told. */
  readonly scheduler?: Scheduler;
}

/** Two outside systems without faults, under a ceiling that is kept strictly, and what they saw. */
export interface BenchWorld {
  readonly world: World;
  readonly crm: CrmAdapter;
  /** Every call that arrived at the referrals service, in order. */
  readonly calls: readonly ArrivedCall[];
  /** Calls to the CRM so far. */
  crmCalls(): number;
  /** Follows changes by anybody, the engine included. */
  onReferralChange(listener: (change: ReferralChange) => void): void;
  onCrmChange(listener: (change: CrmRecordChange) => void): void;
}

/** The one organisation of the world. */
export const organisation = "org-0";

/** Calls in any 60 s that the model service serves. */
export const callsPerMinute = 100;

const mostSteps = 50_000_000;

/** A service that says what it was told, and a CRM with ETags: the plain case, undisturbed. */
export const calmSettings = (pageSize: number): Settings => ({
  ledger: "memory",
  honoursRequestId: true,
  crmVersions: "etag",
  crmDeleteSignal: "tombstone",
  crmReportsChildChanges: true,
  referralsSkewMs: 0,
  crmSkewMs: 0,
  ownSkewMs: 0,
  secondStamps: false,
  normalises: false,
  pageSize,
  pagesByPosition: false,
  refusesTimeFilter: false,
  hasWebhooks: true,
  callsPerMinute,
  organisations: 1,
  sharesQuota: false,
  deletionPolicy: "ignore",
  createsMicrosoftLeg: false,
  hasHoldingStage: false,
  policy: "newest",
  pollReferralsMs: 30_000,
  pollCrmMs: 10_000,
  deletionsPerHour: 20,
  cursorOverlapMs: 300_000,
});

/** People made one deal after the other. */
const betweenDealsMs = 1_000;

/** A world in which the deals stand on both sides and nothing has happened yet. */
export async function createBenchWorld(options: WorldOptions): Promise<BenchWorld> {
  const { seed, deals, pageSize } = options;
  const settings = calmSettings(pageSize);
  const scheduler = options.scheduler ?? createScheduler(worldStart, mostSteps);
  const faults = createFaults(
    [],
    () => 0,
    () => [],
    () => {},
  );
  const trace = { ...createTrace(false), note: () => {} };
  const calls: ArrivedCall[] = [];
  let crmCalls = 0;
  const referralListeners: ((change: ReferralChange) => void)[] = [];
  const crmListeners: ((change: CrmRecordChange) => void)[] = [];
  const referrals = createReferralsModel({
    now: scheduler.now,
    random: stream(seed, 1),
    habits: {
      normalisation: { trims: false, upperCasesCurrency: false, roundsAmounts: false },
      secondStamps: false,
      clockSkewMs: 0,
      honoursRequestId: true,
    },
    onChange: (change) => {
      for (const listener of referralListeners) listener(change);
    },
  });
  const crm = createCrmModel({
    prefix: "crm0",
    now: scheduler.now,
    habits: {
      versions: settings.crmVersions,
      secondStamps: false,
      clockSkewMs: 0,
      trims: false,
      reportsChildChanges: true,
    },
    onChange: (change) => {
      for (const listener of crmListeners) listener(change);
    },
  });
  const capabilities = { ...crmCapabilitiesOf(settings), visibilityDelayMs: 0 };
  const latency = stream(seed, 3);
  const book = createDealBook();
  const world: World = {
    schedule: { seed, family: "calm", settings, actions: [], faults: [], endsAt: 0 },
    scheduler,
    trace,
    faults,
    aims: createAims(
      0,
      () => scheduler.now() - worldStart,
      new Map(),
      () => [],
    ),
    referrals,
    organisations: [{ name: organisation, crm, capabilities }],
    book,
    tokens: new Map([[organisation, 1]]),
    randomFor: (generation) => stream(seed, 100 + generation),
    referralsHttp: () =>
      strictNetwork({
        scheduler,
        random: latency,
        model: referrals,
        habits: settings,
        callsPerMinute,
        onArrival: (call) => calls.push(call),
      }),
    crmAdapter: (_organisation, generation) =>
      crmTransport(
        {
          scheduler,
          trace,
          random: latency,
          faults,
          model: crm,
          capabilities,
          dealOf: (id) => book.ofCrmRecord(id)?.index,
          onShown: () => {},
          onCall: () => {
            crmCalls += 1;
          },
        },
        generation,
      ),
    sinceStart: () => scheduler.now() - worldStart,
    lastLandingAt: () => worldStart,
  };
  for (let deal = 0; deal < deals; deal += 1) {
    // After the moment up to which twins may have their name alone in common.
    act(world, { kind: "create", deal, at: 60_000, side: "twin", ...likeOthers });
    await scheduler.runUntil(scheduler.now() + betweenDealsMs);
  }
  return {
    world,
    crm: world.crmAdapter(organisation, immortal),
    calls,
    crmCalls: () => crmCalls,
    onReferralChange: (listener) => referralListeners.push(listener),
    onCrmChange: (listener) => crmListeners.push(listener),
  };
}

const likeOthers = { shared: true, consent: true, incomplete: false } as const;

/** A process that no crash ends. */
export const immortal = createGeneration(
  1,
  () => false,
  () => {},
);

/** The clock of a process in a world. */
export const clockOf = ({ scheduler }: World) => generationClock(scheduler, immortal, 0);
