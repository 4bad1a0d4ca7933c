import { monitorEventLoopDelay } from "node:perf_hooks";

type AddGauge = (name: string, help: string, read: () => number) => void;

const resolutionMs = 20;
const nanosecondsPerSecond = 1e9;

/**
 * Adds what tells how the process fares, under the names that Prometheus clients use. Each value is
 * taken when it is asked for. Garbage collections are not observed: an observer costs more at each
 * of them than many of them cost themselves.
 */
export function addProcessMetrics(addGauge: AddGauge): void {
  addGauge("process_resident_memory_bytes", "Memory that the process holds.", () =>
    process.memoryUsage.rss(),
  );
  addGauge("nodejs_heap_size_used_bytes", "JavaScript objects, the dead included.", () =>
    Number(process.memoryUsage().heapUsed),
  );
  addGauge("nodejs_external_memory_bytes", "Buffers outside the heap.", () =>
    Number(process.memoryUsage().external),
  );
  addGauge("process_cpu_seconds_total", "Processor time that was used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  addGauge("process_uptime_seconds", "Time since the process was started.", () => process.uptime());
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  addGauge("nodejs_eventloop_lag_p99_seconds", "Delay of the event loop, 99th percentile.", () => {
    const seconds = delay.percentile(99) / nanosecondsPerSecond;
    delay.reset();
    return seconds;
  });
}
