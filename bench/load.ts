import autocannon from "autocannon";

/** One kind of request at one server. `requests` are sent in turn. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly LoadRequest[];
}

/** One request; a missing method is GET. */
export interface LoadRequest {
  readonly path: string;
  readonly method?: "GET" | "PATCH" | "PUT";
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What one measurement saw. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 16;

/** Sends a load for some seconds over 16 connections. Throws where any answer isn't 2xx. */
export async function measureLoad(load: Load, seconds: number): Promise<LoadResult> {
  const result = await autocannon({
    url: load.url,
    connections,
    duration: seconds,
    requests: load.requests.map((request) => ({
      method: request.method ?? "GET",
      path: request.path,
      headers: { ...load.headers, ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
    })),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${load.url}: ${result.non2xx} answers not 2xx, ${result.errors} errors`);
  }
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
