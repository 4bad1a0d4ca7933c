import type { Scheduler } from "../kernel/scheduler.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { CrmModel } from "./crm-model.ts";
import { stream } from "./stream.ts";

/** How often the CRM's own automation follows a change, and how soon at the latest. */
const share = 0.4;
const withinMs = 900;

/**
 * An automation inside a CRM whose versions stand for all of its content: soon after a change of
 * anybody's it writes a column that isn't mapped, often within the same second.
 */
export function createAutomation(
  { seed, settings }: Schedule,
  scheduler: Scheduler,
): (recordId: string, crm: CrmModel) => void {
  if (settings.crmVersions !== "stamp-and-content") return () => {};
  const chance = stream(seed, 5);
  return (recordId, crm) => {
    if (chance.fraction() >= share) return;
    scheduler.after(1 + Math.floor(chance.fraction() * withinMs), () => crm.churn(recordId));
  };
}
