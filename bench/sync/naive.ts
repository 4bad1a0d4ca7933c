import { naiveFlow, surroundingsOf, type Witness } from "../../test/simulation/index.ts";
import { type BenchWorld, immortal, organisation } from "./virtual-world.ts";

/** The flow never asks who watches it. */
const nobody = {} as Witness;
const webhookMs = 100;

/** Runs the published flows' way of syncing on deals that are linked already. */
export async function runNaiveFlow(bench: BenchWorld): Promise<void> {
  const { world } = bench;
  const subject = await naiveFlow(world, nobody);
  const process = subject.start(surroundingsOf(world, organisation, immortal));
  const [own] = world.organisations;
  for (const { crmRecords, referrals } of world.book.deals.values()) {
    const [recordId] = crmRecords;
    const [referralId] = referrals.keys();
    if (recordId === undefined || referralId === undefined) continue;
    own?.crm.setKey(recordId, referralId);
    own?.crm.change(recordId, "engine", "deal", { pr_referralid: referralId });
    world.referrals.touch(referralId, "server", { "/externalReferenceId": recordId });
  }
  bench.onReferralChange(({ after }) => {
    world.scheduler.after(webhookMs, () => {
      const notice = { organisation, referralId: after.id, changedAt: after.updatedDateTime };
      process.notice(notice).catch(() => {});
    });
  });
}
