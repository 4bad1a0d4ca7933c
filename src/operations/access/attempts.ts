import type { Clock } from "../../runtime/index.ts";

const windowMs = 15 * 60_000;
const mostFailures = 5;
const mostFailuresOfAddress = 30;
const mostKeys = 10_000;

/** Counts failed sign-ins, so that passwords can't be tried out. */
export interface Attempts {
  /** Milliseconds until the next try, or 0 where it may be made now. */
  waitMs(name: string, address: string): number;
  failed(name: string, address: string): void;
  succeeded(name: string): void;
}

/** Five failures of a name, or thirty of an address, close the door for a quarter of an hour. */
export function createAttempts(clock: Clock): Attempts {
  const failures = new Map<string, number[]>();
  const recent = (key: string): number[] =>
    (failures.get(key) ?? []).filter((at) => at > clock.now() - windowMs);
  const waitOf = (key: string, most: number): number => {
    const times = recent(key);
    const first = times.at(-most);
    return first === undefined ? 0 : first + windowMs - clock.now();
  };
  const note = (key: string): void => {
    if (failures.size >= mostKeys) failures.clear();
    failures.set(key, [...recent(key), clock.now()].slice(-mostFailuresOfAddress));
  };
  const nameKey = (name: string): string => `name ${name.toLowerCase()}`;
  return {
    waitMs: (name, address) =>
      Math.max(
        waitOf(nameKey(name), mostFailures),
        waitOf(`address ${address}`, mostFailuresOfAddress),
      ),
    failed: (name, address) => {
      note(nameKey(name));
      note(`address ${address}`);
    },
    succeeded: (name) => {
      failures.delete(nameKey(name));
    },
  };
}
