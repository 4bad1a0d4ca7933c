import { type Clock, type Http, systemClock } from "../../runtime/index.ts";
import { duration } from "../terminal/words.ts";
import { type Finding, findingsOf } from "./finding.ts";

/**
 * A signature or a token may be refused from a difference of five minutes on; two are a warning.
 */
const warnMs = 2 * 60_000;
const badMs = 5 * 60_000;
const timeoutMs = 10_000;

/** How far this machine's clock is from the one in an answer's Date header. */
export function judgeSkew(area: string, dateHeader: string | undefined, now: number): Finding[] {
  const theirs = Date.parse(dateHeader ?? "");
  if (Number.isNaN(theirs)) return [];
  const { good, warn, bad } = findingsOf(area);
  // The header counts whole seconds.
  const skewMs = Math.max(0, Math.abs(now - theirs) - 1_000);
  const remedy = "let this machine follow a time server (timedatectl set-ntp true)";
  const sentence = `its clock and this machine's differ by ${duration(skewMs)}`;
  if (skewMs >= badMs) return [bad(sentence, remedy, "Tokens and signatures may be refused.")];
  if (skewMs >= warnMs) return [warn(sentence, remedy)];
  return [good(`clocks agree (${duration(skewMs)} apart)`)];
}

/** Asks a server for its time; any answer tells it. */
export async function checkSkew(
  area: string,
  url: string,
  http: Http,
  clock: Clock = systemClock,
): Promise<readonly Finding[]> {
  const request = { method: "GET", url, headers: {}, timeoutMs } as const;
  const answer = await http(request).catch(() => undefined);
  return answer ? judgeSkew(area, answer.headers.date, clock.now()) : [];
}
