import { stateText } from "./format.ts";

/** How loud a state is: quiet where all is well, warning and bad only where a person is needed. */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

interface StateWords {
  readonly word: string;
  readonly tone: Tone;
  readonly mark: string;
}

const words: Readonly<Record<string, StateWords>> = {
  "in-step": { word: "In step", tone: "good", mark: "✓" },
  asking: { word: "Needs a decision", tone: "warn", mark: "?" },
  refusing: { word: "A value is refused", tone: "warn", mark: "!" },
  dead: { word: "Stopped", tone: "bad", mark: "✕" },
  retrying: { word: "Trying again", tone: "busy", mark: "↻" },
  paused: { word: "Paused", tone: "quiet", mark: "‖" },
  waiting: { word: "Waits for approval", tone: "busy", mark: "…" },
  held: { word: "Not answered yet", tone: "quiet", mark: "○" },
  unshared: { word: "Not shared", tone: "quiet", mark: "·" },
  deleted: { word: "Deleted", tone: "quiet", mark: "–" },
  unlinked: { word: "Not kept in step", tone: "quiet", mark: "–" },
  sibling: { word: "Related referral", tone: "quiet", mark: "–" },
};

/** What a state is called in a list. */
export function stateWords(state: string): StateWords {
  return words[state] ?? { word: "On its way", tone: "busy", mark: "→" };
}

/** What the classes of calls are called. */
export const classWords: Readonly<Record<string, string>> = {
  interactive: "People",
  expiring: "About to expire",
  outbound: "Our changes",
  read: "Reading",
  poll: "Looking for news",
  backfill: "Catching up",
  audit: "Checking",
};

/** What a system is called. */
export const sideName = (side: string | undefined, crmName = "CRM"): string =>
  side === "crm" ? crmName : "Partner Center";

/** A referral's status and substatus in one word. */
export function statusText(status: string | null, substatus?: string | null): string {
  if (!status) return "–";
  const both = `${status}/${substatus ?? ""}`;
  const text = stateText(both);
  return text === both ? status : text;
}
