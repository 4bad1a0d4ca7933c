import { type Alert, type AlertKind, type AlertMessage, alertKinds } from "./alert.ts";

const mostLines = 10;

/** How a section of a message is called, for one and for several. */
const headings: Readonly<Record<AlertKind, readonly [one: string, many: string]>> = {
  "sign-in": ["A sign-in ends", "Sign-ins end"],
  expiring: ["A referral is about to expire", "referrals are about to expire"],
  conflict: ["A question waits for your decision", "questions wait for your decision"],
  refused: ["A value can't be carried over", "values can't be carried over"],
  "dead-letter": ["A deal has stopped", "deals have stopped"],
  stale: ["The sync is behind", "parts of the sync are behind"],
};

function headingOf(kind: AlertKind, amount: number): string {
  const [one, many] = headings[kind];
  if (amount === 1) return one;
  return kind === "sign-in" ? many : `${amount} ${many}`;
}

/**
 * Alerts as one message: by kind, the most urgent first, each with a link to where it is mended.
 */
export function composeMessage(
  alerts: readonly Alert[],
  place: { readonly environment: string; readonly pageUrl: string },
): AlertMessage {
  const { environment, pageUrl } = place;
  const urgency: readonly AlertKind[] = ["sign-in", ...alertKinds.filter((k) => k !== "sign-in")];
  const sections = urgency.flatMap((kind) => {
    const own = alerts.filter((alert) => alert.kind === kind);
    if (own.length === 0) return [];
    const lines = own.slice(0, mostLines).map(({ title, sentence, remedy, path }) => ({
      title,
      sentence,
      ...(remedy === undefined ? {} : { remedy }),
      link: new URL(path, pageUrl).href,
    }));
    return [{ kind, heading: headingOf(kind, own.length), lines, more: own.length - lines.length }];
  });
  const [first] = sections;
  const amount = alerts.length;
  const subject =
    first && sections.length === 1 && amount === 1
      ? `${first.heading}: ${first.lines[0]?.title ?? ""}`
      : `${amount} things need you: ${sections.map(({ heading }) => heading).join("; ")}`;
  return { subject, environment, sections, link: new URL("/", pageUrl).href };
}
