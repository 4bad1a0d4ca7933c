import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/**
 * Processor seconds that a process has spent so far, all threads together (Linux: proc(5), fields
 * utime and stime). Unlike a rate, it doesn't depend on what else the machine does or on how fast
 * the sender of the requests is. Undefined where the platform doesn't tell.
 */
export function processorSeconds(processId: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
