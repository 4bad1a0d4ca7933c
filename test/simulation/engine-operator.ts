import type { Answer, Engine } from "../../src/sync/engine-port.ts";
import type { InboxItem } from "../../src/sync/ledger-port.ts";
import type { Witness } from "./check/witness.ts";
import type { LedgerMirror } from "./ledger-mirror.ts";
import type { Action, Side } from "./schedule/schedule.ts";
import type { Surroundings } from "./subject.ts";
import type { Deal } from "./world/deal-book.ts";

/** How long a person takes to look in after being asked. */
const approvalMs = 20_000;

/** The person who approves plans and releases the brake: looks in a while after being asked. */
export function approveWhenAsked(
  engine: Engine,
  mirror: LedgerMirror,
  life: Surroundings,
  witness: Witness,
): void {
  let isComing = false;
  const look = (): void => {
    const { connection, inbox } = mirror;
    const isBraked = [...inbox.values()].some(
      (item) => item.kind === "brake" && item.resolvedAt === undefined,
    );
    if (isComing || (connection?.awaitsApproval === undefined && !isBraked)) return;
    isComing = true;
    void life.clock
      .sleep(approvalMs)
      .then(() => {
        witness.released(life.organisation);
        return engine.approve("operator");
      })
      .catch(() => {})
      .then(() => {
        isComing = false;
        look();
      });
  };
  mirror.follow(({ connection, inbox }) => {
    if (connection?.awaitsApproval !== undefined || inbox?.some(({ kind }) => kind === "brake")) {
      look();
    }
  });
  look();
}

function answerTo(item: InboxItem, choose: Side): Answer {
  switch (item.kind) {
    case "match":
      return item.candidates?.[0] === undefined || choose === "crm"
        ? { choose: "create" }
        : { choose: "link", recordId: item.candidates[0] };
    case "double":
      return { choose: choose === "crm" ? "close" : "dismiss" };
    case "conflict":
    case "breaker":
    case "stale":
      return { choose: choose === "crm" ? "crm" : "referral" };
    default:
      return { choose: "dismiss" };
  }
}

/** Carries out what an operator does about a deal. */
export async function operate(
  engine: Engine,
  action: Action,
  deal: Deal,
  items: readonly InboxItem[],
  mirror: LedgerMirror,
  life: Surroundings,
): Promise<void> {
  const mine = [...mirror.pairs.values()].find(
    (pair) =>
      (pair.referral !== undefined && deal.referrals.has(pair.referral.id)) ||
      (pair.crm !== undefined && deal.crmRecords.has(pair.crm.id)),
  );
  if (action.kind === "resolve") {
    for (const item of items) {
      if (item.resolvedAt !== undefined) continue;
      await engine.resolve(item.id, answerTo(item, action.choose), "operator").catch(() => {});
    }
  }
  if (!mine) return;
  if (action.kind === "undo") {
    const last = mirror.history.findLastIndex(
      ({ kind, pairId }) => kind === "wrote" && pairId === mine.id,
    );
    if (last >= 0) await engine.undo(last + 1, "operator");
  }
  if (action.kind === "pause") {
    await engine.pause({ pairId: mine.id }, "operator");
    await life.clock.sleep(action.forMs);
    await engine.resume({ pairId: mine.id }, "operator");
  }
}
