import { median } from "../statistics.ts";
import { atRate, type Caller, createCaller, readWith } from "./caller.ts";
import { startSystem } from "./system.ts";

/** What one way costs, in milliseconds. */
interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The target that the connector was given. */
const targetMs = 1;
const perSecond = 100;
const rows = 1_000;
const sockets = 32;
const warmUpSeconds = 5;

/** One way to the same referrals. */
interface Way {
  readonly caller: Caller;
  readonly requests: readonly Buffer[];
}

const wayTo = (url: string, ids: readonly string[], token: string): Way => ({
  caller: createCaller(url, sockets),
  requests: ids.map((id) => readWith(token, `${url}/${id}`)),
});

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

async function latencyOf({ caller, requests }: Way, seconds: number): Promise<Latency> {
  const times: number[] = [];
  await atRate(perSecond, seconds, async (number) => {
    const request = requests[number % requests.length];
    if (!request) throw new Error("there is nothing to read");
    const { status, sentAt, endedAt } = await caller.send(request);
    if (status !== 200) throw new Error(`a read was answered ${status}`);
    times.push(endedAt - sentAt);
  });
  const sorted = times.toSorted((left, right) => left - right);
  return { p50Ms: at(sorted, 0.5), p99Ms: at(sorted, 0.99) };
}

async function idsOf(url: string, token: string): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}?$select=id&$top=200`, { headers });
  return ((await answer.json()) as { value: { id: string }[] }).value.map(({ id }) => id);
}

const rounded = (value: number): number => Number(value.toFixed(3));
const middle = (values: readonly Latency[], of: keyof Latency): number =>
  rounded(median(values.map((value) => value[of])));

/** What the gateway adds to a direct call at 100 calls a second, in interleaved rounds. */
export async function measureOverhead(seconds: number, rounds: number) {
  const system = await startSystem(rows);
  const ways: Partial<Record<"direct" | "gateway", Way>> = {};
  try {
    const directToken = await system.directToken();
    const { token } = await system.connect();
    const ids = await idsOf(system.directUrl, directToken);
    const direct = wayTo(system.directUrl, ids, directToken);
    const gateway = wayTo(system.gatewayUrl, ids, token);
    Object.assign(ways, { direct, gateway });
    return await compare({ direct, gateway }, seconds, rounds);
  } finally {
    for (const { caller } of Object.values(ways)) caller.close();
    await system.stop();
  }
}

async function compare(ways: Record<"direct" | "gateway", Way>, seconds: number, rounds: number) {
  const results: Record<keyof typeof ways, Latency[]> = { direct: [], gateway: [] };
  for (const way of ["direct", "gateway"] as const) {
    await latencyOf(ways[way], warmUpSeconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    const order = (["direct", "gateway"] as const).toSorted(() => (round % 2 === 0 ? 0 : -1));
    for (const way of order) {
      results[way].push(await latencyOf(ways[way], seconds));
    }
  }
  const overhead = median(
    results.gateway.map(({ p50Ms }, round) => p50Ms - (results.direct[round]?.p50Ms ?? 0)),
  );
  return {
    perSecond,
    direct: { p50Ms: middle(results.direct, "p50Ms"), p99Ms: middle(results.direct, "p99Ms") },
    gateway: { p50Ms: middle(results.gateway, "p50Ms"), p99Ms: middle(results.gateway, "p99Ms") },
    overheadP50Ms: rounded(overhead),
    targetMs,
    isReached: overhead <= targetMs,
  };
}
