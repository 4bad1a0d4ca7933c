import { readFileSync } from "node:fs";
import {
  atRate,
  type Caller,
  createCaller,
  headerOf,
  readWith,
  type TimedAnswer,
} from "./caller.ts";
import { type BenchedConnection, type BenchedSystem, startSystem } from "./system.ts";

const limit = 100;
const windowMs = 60_000;
/** Each connection wants so much more than it may have, so that every one meets its limit. */
const appetite = 1.05;
/** Calls leave in small flocks: a loader that wakes for each would take a core. */
const flockMs = 8;
const rows = 1_000;
const sockets = 256;
const signInsAtOnce = 8;

/** When a call was sent and when its answer had come. */
type Span = Pick<TimedAnswer, "sentAt" | "endedAt">;

/** What is known of one connection's calls. */
interface Account extends BenchedConnection {
  /** The read that it makes again and again. */
  request: Buffer;
  readonly admitted: Span[];
  readonly refused: TimedAnswer[];
}

async function connectAll(system: BenchedSystem, count: number): Promise<Account[]> {
  const accounts: Account[] = [];
  const worker = async (): Promise<void> => {
    while (accounts.length < count) {
      const connection = await system.connect();
      if (accounts.length < count) {
        accounts.push({ ...connection, request: Buffer.alloc(0), admitted: [], refused: [] });
      }
    }
  };
  await Promise.all(Array.from({ length: signInsAtOnce }, worker));
  return accounts;
}

/**
 * Faults that no order of arrival can explain: the gateway decides between a call's sending and its
 * end, so only what holds for every moment in between counts.
 */
function faultsOf({ id, admitted, refused }: Account): readonly string[] {
  const faults: string[] = [];
  const bySending = admitted.toSorted((left, right) => left.sentAt - right.sentAt);
  for (let index = limit; index < bySending.length; index += 1) {
    const [first, last] = [bySending[index - limit], bySending[index]];
    if (first && last && last.endedAt - first.sentAt < windowMs) {
      faults.push(`${id}: more than ${limit} calls in ${windowMs / 1000} s`);
    }
  }
  for (const answer of refused) {
    const { sentAt, endedAt } = answer;
    const connectionId = headerOf(answer, "x-connection-id");
    const retryAfterS = Number(headerOf(answer, "retry-after") ?? 0);
    if (connectionId !== id) faults.push(`${id}: refused in the name of ${connectionId}`);
    if (!(retryAfterS > 0 && retryAfterS <= windowMs / 1000)) faults.push(`${id}: no Retry-After`);
    const earlier = admitted.filter(
      (call) => call.endedAt > sentAt - windowMs && call.sentAt < endedAt,
    );
    if (earlier.length < limit) faults.push(`${id}: refused after ${earlier.length} calls`);
  }
  return faults;
}

async function load(
  caller: Caller,
  accounts: readonly Account[],
  seconds: number,
): Promise<{ readonly statuses: ReadonlyMap<number, number>; readonly leftOut: number }> {
  const statuses = new Map<number, number>();
  const perSecond = (accounts.length * limit * appetite) / (windowMs / 1000);
  const call = async (number: number): Promise<void> => {
    const account = accounts[number % accounts.length];
    if (!account) return;
    const answer = await caller.send(account.request);
    const { status, sentAt, endedAt } = answer;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status < 300) account.admitted.push({ sentAt, endedAt });
    if (status === 429) account.refused.push(answer);
  };
  const leftOut = await atRate(perSecond, seconds, call, flockMs);
  return { statuses, leftOut };
}

/** Megabytes of a process; 0 where the platform doesn't tell. */
function residentMb(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** Many connections at their limits: every answer that isn't 2xx is a 429 of the right one. */
export async function measureLimits(connections: number, seconds: number) {
  const system = await startSystem(rows, limit);
  const caller = createCaller(system.gatewayUrl, sockets);
  try {
    const accounts = await connectAll(system, connections);
    const token = await system.directToken();
    const headers = { authorization: `Bearer ${token}` };
    const list = await fetch(`${system.directUrl}?$select=id&$top=200`, { headers });
    const { value } = (await list.json()) as { value: { id: string }[] };
    for (const [index, account] of accounts.entries()) {
      const { id = "" } = value[index % value.length] ?? {};
      account.request = readWith(account.token, `${system.gatewayUrl}/${id}`);
    }
    const before = residentMb(system.gatewayProcessId);
    const begun = performance.now();
    const { statuses, leftOut } = await load(caller, accounts, seconds);
    const elapsedS = (performance.now() - begun) / 1000;
    const faults = accounts.flatMap(faultsOf);
    const met = accounts.filter(({ refused }) => refused.length > 0).length;
    const others = [...statuses.keys()].filter(
      (status) => status !== 429 && (status === 0 || status >= 300),
    );
    const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    return {
      connections,
      seconds: Number(elapsedS.toFixed(1)),
      callsPerSecond: Math.round(total / elapsedS),
      statuses: Object.fromEntries(statuses),
      callsThatTheMachineLeftOut: leftOut,
      connectionsThatMetTheirLimit: met,
      gatewayResidentMb: { before, after: residentMb(system.gatewayProcessId) },
      faults: faults.slice(0, 10),
      isReached: faults.length === 0 && others.length === 0 && met === connections,
    };
  } finally {
    caller.close();
    await system.stop();
  }
}
