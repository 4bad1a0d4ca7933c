/** Upper bounds of the histogram's buckets, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

const name = "http_request_duration_seconds";

interface Series {
  readonly labels: { readonly method: string; readonly route: string; readonly status: string };
  /**
   * Observations by the first bound that isn't below them; the last place is for those above all.
   */
  readonly counts: Float64Array;
  sum: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A Prometheus histogram of requests, in the shape that prom-client's registry reads. prom-client's
 * own looks its labels up by building a text at every observation, which took longer than our whole
 * share of a request; this one does that work when the metrics are read.
 */
export class RequestDurations {
  readonly name = name;
  readonly help = "Time from a request's head to the end of its answer, by route and status.";
  readonly type = "histogram";
  readonly aggregator = "sum";
  /** By route, method and status: no text is put together to look a series up. */
  readonly #byRoute = new Map<string, Map<string, (Series | undefined)[]>>();

  observe(method: string, route: string, status: number, seconds: number): void {
    const series = this.#series(method, route, status);
    let place = 0;
    while (place < bounds.length && seconds > (bounds[place] ?? 0)) place += 1;
    series.counts[place] = (series.counts[place] ?? 0) + 1;
    series.sum += seconds;
  }

  /** What the registry prints. */
  async get() {
    const { name, help, type, aggregator } = this;
    const byMethod = [...this.#byRoute.values()].flatMap((methods) => [...methods.values()]);
    const all = byMethod.flatMap((statuses) => statuses.filter((series) => series !== undefined));
    return { name, help, type, aggregator, values: all.flatMap(samplesOf) };
  }

  reset(): void {
    this.#byRoute.clear();
  }

  #series(method: string, route: string, status: number): Series {
    let methods = this.#byRoute.get(route);
    if (methods === undefined) {
      methods = new Map();
      this.#byRoute.set(route, methods);
    }
    let statuses = methods.get(method);
    if (statuses === undefined) {
      statuses = [];
      methods.set(method, statuses);
    }
    let series = statuses[status];
    if (series === undefined) {
      const labels = { method, route, status: String(status) };
      series = { labels, counts: new Float64Array(bounds.length + 1), sum: 0 };
      statuses[status] = series;
    }
    return series;
  }
}

/** Buckets count what is at most their bound, so each holds all before it. */
function samplesOf({ labels, counts, sum }: Series): readonly Sample[] {
  let total = 0;
  const buckets = [...bounds, "+Inf"].map((le, place) => {
    total += counts[place] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
