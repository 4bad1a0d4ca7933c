/**
 * The one source of time in a simulated world: events in the order of (time, sequence), nothing in
 * between.
 */
export interface Scheduler {
  /** Virtual milliseconds; a whole number. */
  now(): number;
  /**
   * Runs `work` at `time`, or now if that has passed; events of one time run in the order in which
   * they were asked for.
   */
  at(time: number, work: () => void): Cancel;
  after(delayMs: number, work: () => void): Cancel;
  /**
   * Runs events until none is due at or before `time`; between two events every microtask settles.
   */
  runUntil(time: number): Promise<void>;
  /**
   * The next event waits until this has settled: for a database that takes turns of the platform's
   * loop to answer.
   */
  track<T>(work: Promise<T>): Promise<T>;
  /** How many events ran: the length of a schedule in steps. */
  steps(): number;
}

/** Takes an event back: it neither runs nor counts as a step. */
export type Cancel = () => void;

interface Event {
  readonly time: number;
  readonly sequence: number;
  work: (() => void) | undefined;
}

/**
 * Resolves once no microtask is left: a tick that is asked for within a microtask comes when the
 * queue has run dry. Ten times cheaper than a turn of the platform's loop.
 */
const settleMicrotasks = (): Promise<void> =>
  new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));

/** A turn of the platform's loop, for work that needs some of those. No real time is waited for. */
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function isBefore(left: Event, right: Event): boolean {
  return left.time < right.time || (left.time === right.time && left.sequence < right.sequence);
}

/** A binary heap: the schedule of a world holds some hundred events at a time. */
function createHeap() {
  const heap: Event[] = [];
  return {
    peek: (): Event | undefined => heap[0],
    push(event: Event): void {
      let hole = heap.length;
      heap.push(event);
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        const above = heap[parent] as Event;
        if (!isBefore(event, above)) break;
        heap[hole] = above;
        hole = parent;
      }
      heap[hole] = event;
    },
    pop(): Event | undefined {
      const top = heap[0];
      const last = heap.pop();
      if (top === undefined || last === undefined || heap.length === 0) return top;
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= heap.length) break;
        const right = child + 1;
        if (right < heap.length && isBefore(heap[right] as Event, heap[child] as Event)) {
          child = right;
        }
        if (!isBefore(heap[child] as Event, last)) break;
        heap[hole] = heap[child] as Event;
        hole = child;
      }
      heap[hole] = last;
      return top;
    },
  };
}

/** A scheduler that starts at `startsAt`. `maxSteps` bounds a runaway world: passing it throws. */
export function createScheduler(startsAt: number, maxSteps: number): Scheduler {
  const heap = createHeap();
  let now = startsAt;
  let sequence = 0;
  let steps = 0;
  let underWay = 0;
  const ended = (): void => {
    underWay -= 1;
  };
  const settle = async (): Promise<void> => {
    await settleMicrotasks();
    while (underWay > 0) await turnOfLoop();
  };
  const at = (time: number, work: () => void): Cancel => {
    sequence += 1;
    const event: Event = { time: Math.max(now, Math.round(time)), sequence, work };
    heap.push(event);
    return () => {
      event.work = undefined;
    };
  };
  return {
    now: () => now,
    at,
    after: (delayMs, work) => at(now + delayMs, work),
    steps: () => steps,
    track(work) {
      underWay += 1;
      work.then(ended, ended);
      return work;
    },
    async runUntil(time) {
      await settle();
      for (let next = heap.peek(); next && next.time <= time; next = heap.peek()) {
        heap.pop();
        const { work } = next;
        if (!work) continue;
        now = next.time;
        steps += 1;
        if (steps > maxSteps) throw new Error(`runaway world: ${maxSteps} events and no end`);
        work();
        await settle();
      }
      now = Math.max(now, time);
    },
  };
}
