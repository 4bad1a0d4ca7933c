import { Counter, Gauge, type Histogram, Registry } from "prom-client";
import { addProcessMetrics } from "./process-metrics.ts";
import { RequestDurations } from "./request-durations.ts";

/** Prometheus metrics in a registry of their own: several servers in one process stay apart. */
export class Metrics {
  readonly registry = new Registry();
  readonly #durations = new RequestDurations();

  /** `process: true` adds the whole process's metrics: memory, processor time, event loop. */
  constructor(options: { readonly process?: boolean } = {}) {
    if (options.process === true) addProcessMetrics(this.gauge.bind(this));
    // The registry asks a metric for its name and its values only, which these durations have.
    this.registry.registerMetric(this.#durations as unknown as Histogram);
  }

  /**
   * Records one answered request. `route` is a pattern, never an address: addresses are endless,
   * and may be personal.
   */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    this.#durations.observe(method, route, status, seconds);
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
