import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics in a registry of their own: several servers in one process stay apart. */
export class Metrics {
  readonly registry = new Registry();
  readonly #durations: Histogram<"method" | "route" | "status">;

  /**
   * `process: true` adds the metrics of the whole process: memory, event loop, garbage collection.
   */
  constructor(options: { readonly process?: boolean } = {}) {
    if (options.process === true) collectDefaultMetrics({ register: this.registry });
    this.#durations = new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from a request's head to the end of its answer, by route pattern and status.",
      labelNames: ["method", "route", "status"],
      buckets: durationBuckets,
      registers: [this.registry],
    });
  }

  /**
   * Records one answered request. `route` is a pattern, never an address: addresses are endless,
   * and may be personal.
   */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    this.#durations.observe({ method, route, status }, seconds);
  }

  /** A counter that other parts raise. */
  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Counter<Label>({ name, help, labelNames, registers: [this.registry] });
  }

  /** A gauge whose value is asked for when the metrics are read. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}
