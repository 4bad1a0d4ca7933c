import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";
import { type DemonstrationLine, playMicrosoft, visitorClient } from "./visitor.ts";

/** A deal as a seller sees it in the CRM, whichever it is. */
export interface SellersDeal {
  readonly id: string;
  readonly amount: number | null;
  readonly referralId: string | null;
  readonly isOpen: boolean;
}

/** A CRM in the hands of a seller, over the CRM's own API. */
export interface SellersCrm {
  list(line: DemonstrationLine): Promise<readonly SellersDeal[]>;
  setAmount(line: DemonstrationLine, id: string, amount: number): Promise<void>;
}

const settleMs = 90_000;
const patienceMs = 40_000;

/** States in which nothing is under way. */
const resting = new Set([
  "in-step",
  "unshared",
  "refusing",
  "asking",
  "unlinked",
  "sibling",
  "held",
]);

interface Status {
  readonly deals: number;
  readonly byState: Readonly<Record<string, number>>;
}

const isAtRest = ({ byState }: Status): boolean =>
  Object.entries(byState).every(([state, count]) => count === 0 || resting.has(state));

/** The demonstration on a CRM's sandbox: edits travel both ways, leads arrive, kill -9 is borne. */
export function describeDemonstration(kind: string, crm: SellersCrm): void {
  describe(`the demonstration with ${kind}`, () => {
    const data = mkdtempSync(join(tmpdir(), `partner-referrals-${kind}-`));
    let process: RunningProcess;
    let line: DemonstrationLine;

    const start = async (): Promise<void> => {
      process = await startProcess(["start", "--crm", kind, "--port", "0", "--data", data]);
      line = process.line as unknown as DemonstrationLine;
    };
    const status = async (): Promise<Status> =>
      (await (await fetch(new URL("/api/status", line.statusUrl))).json()) as Status;
    /** Open deals whose edits flow: linked, and not waiting in the holding stage. */
    const flowing = async (): Promise<readonly SellersDeal[]> => {
      const url = new URL("/api/deals?state=in-step&limit=100", line.statusUrl);
      const { deals } = (await (await fetch(url)).json()) as { deals: { crm?: { id: string } }[] };
      const ids = new Set(deals.map((deal) => deal.crm?.id));
      return (await crm.list(line)).filter(
        ({ id, isOpen, referralId }) => referralId && isOpen && ids.has(id),
      );
    };
    const amountOf = async (id: string | undefined): Promise<number | null | undefined> =>
      (await crm.list(line)).find((deal) => deal.id === id)?.amount;

    beforeAll(async () => {
      await start();
      await eventually(status, (answer) => answer.deals > 30 && isAtRest(answer), settleMs);
    }, 120_000);
    afterAll(async () => {
      await process?.kill();
      rmSync(data, { recursive: true, force: true });
    });

    test("an edit in the CRM reaches Partner Center", async () => {
      const [deal] = await flowing();
      await crm.setAmount(line, deal?.id ?? "", 61_250);
      const client = visitorClient(line);
      const value = async () =>
        (await client.getReferral(deal?.referralId ?? "")).details?.dealValue;
      await eventually(value, (found) => found === 61_250, patienceMs);
    }, 60_000);

    test("an edit in Partner Center reaches the CRM", async () => {
      const client = visitorClient(line);
      const [, deal] = await flowing();
      const referral = await client.getReferral(deal?.referralId ?? "");
      await client.patchReferral(referral, [
        { op: "replace", path: "/details/dealValue", value: 73_500 },
      ]);
      await eventually(
        () => amountOf(deal?.id),
        (found) => found === 73_500,
        patienceMs,
      );
    }, 60_000);

    test("a lead that Microsoft sends becomes one deal in the CRM", async () => {
      const { id } = await playMicrosoft(line, "POST", "referrals", { kind: "lead" });
      const deals = async () => (await crm.list(line)).filter((deal) => deal.referralId === id);
      const { answer } = await eventually(deals, (found) => found.length > 0, patienceMs);
      expect(answer).toHaveLength(1);
    }, 60_000);

    test("after kill -9 it goes on: edits made meanwhile arrive, nothing is doubled", async () => {
      await eventually(status, isAtRest, settleMs);
      const before = await crm.list(line);
      const [deal] = await flowing();
      await crm.setAmount(line, deal?.id ?? "", 88_000);
      await process.kill();
      await start();
      const client = visitorClient(line);
      const value = async () =>
        (await client.getReferral(deal?.referralId ?? "")).details?.dealValue;
      await eventually(value, (found) => found === 88_000, settleMs);
      await eventually(status, isAtRest, settleMs);
      const idsOf = (deals: readonly SellersDeal[]) => deals.map(({ id }) => id).sort();
      expect(idsOf(await crm.list(line))).toEqual(idsOf(before));
    }, 200_000);
  });
}
