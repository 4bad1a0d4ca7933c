import type { Clock } from "../../runtime/index.ts";
import { paint } from "./paint.ts";
import type { Terminal } from "./terminal.ts";
import { count, duration } from "./words.ts";

/** How far long work has come. */
export interface Progress {
  /** `total` may grow as the work shows itself. */
  update(done: number, total: number): void;
  /** Leaves the line with what came of it, or wipes it. */
  end(sentence?: string): void;
}

const barWidth = 20;
const drawEveryMs = 100;
const tellEveryMs = 10_000;
/**
 * The rate is that of the last half minute: what a call budget lets through, not its first burst.
 */
const rateWindowMs = 30_000;

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** Units a second over the last samples; 0 before there are two. */
export function rateOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at === first.at) return 0;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
}

/** `412/1,204  34 %  1.6/s  8 min left` */
export function progressText(done: number, total: number, perSecond: number): string {
  const share = total === 0 ? 100 : Math.floor((100 * done) / total);
  const parts = [`${count(done)}/${count(total)}`, `${share} %`];
  if (perSecond > 0 && done < total) {
    const rate = perSecond >= 1 ? perSecond.toFixed(1) : `${(perSecond * 60).toFixed(1)}`;
    parts.push(`${rate}/${perSecond >= 1 ? "s" : "min"}`);
    parts.push(`${duration(((total - done) / perSecond) * 1_000)} left`);
  }
  return parts.join("  ");
}

function bar(done: number, total: number): string {
  const full = total === 0 ? barWidth : Math.round((barWidth * Math.min(done, total)) / total);
  return `${paint.accent("█".repeat(full))}${paint.faint("░".repeat(barWidth - full))}`;
}

/** A line that moves on a terminal; where nobody watches, a line every ten seconds. */
export function startProgress(
  terminal: Pick<Terminal, "err" | "draw" | "tell">,
  clock: Clock,
  label: string,
): Progress {
  const { isInteractive } = terminal.err;
  const everyMs = isInteractive ? drawEveryMs : tellEveryMs;
  const startedAt = clock.now();
  const samples: Sample[] = [{ at: startedAt, done: 0 }];
  let shownAt = isInteractive ? 0 : startedAt;
  const wipe = (): void => {
    if (isInteractive) terminal.draw("\r\u001b[2K");
  };
  return {
    update: (done, total) => {
      const at = clock.now();
      if (at - shownAt < everyMs) return;
      shownAt = at;
      samples.push({ at, done });
      while (samples.length > 2 && at - (samples[0]?.at ?? at) > rateWindowMs) samples.shift();
      const text = progressText(done, total, rateOf(samples));
      if (isInteractive) terminal.draw(`\r\u001b[2K${label}  ${bar(done, total)}  ${text}`);
      else terminal.tell(`${label}: ${text}`);
    },
    end: (sentence) => {
      wipe();
      if (sentence !== undefined) terminal.tell(sentence);
    },
  };
}
