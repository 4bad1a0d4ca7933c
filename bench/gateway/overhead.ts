import { median } from "../statistics.ts";
import { atRate, type Caller, createCaller } from "./caller.ts";
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

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

async function latencyOf(
  caller: Caller,
  urls: readonly string[],
  token: string,
  seconds: number,
): Promise<Latency> {
  const times: number[] = [];
  await atRate(perSecond, seconds, async (number) => {
    const url = urls[number % urls.length] ?? "";
    const { status, sentAt, endedAt } = await caller.get(url, token);
    if (status !== 200) throw new Error(`${url}: ${status}`);
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
  const caller = createCaller(sockets);
  try {
    const directToken = await system.directToken();
    const { token } = await system.connect();
    const ids = await idsOf(system.directUrl, directToken);
    const ways = {
      direct: { urls: ids.map((id) => `${system.directUrl}/${id}`), token: directToken },
      gateway: { urls: ids.map((id) => `${system.gatewayUrl}/${id}`), token },
    };
    const results: Record<keyof typeof ways, Latency[]> = { direct: [], gateway: [] };
    for (const way of ["direct", "gateway"] as const) {
      await latencyOf(caller, ways[way].urls, ways[way].token, 2);
    }
    for (let round = 0; round < rounds; round += 1) {
      const order = (["direct", "gateway"] as const).toSorted(() => (round % 2 === 0 ? 0 : -1));
      for (const way of order) {
        results[way].push(await latencyOf(caller, ways[way].urls, ways[way].token, seconds));
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
  } finally {
    caller.close();
    await system.stop();
  }
}
