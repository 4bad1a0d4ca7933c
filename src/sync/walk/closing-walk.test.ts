import { expect, test } from "vitest";
import type { ListPage } from "../../client/port.ts";
import type { Referral } from "../../contract/index.ts";
import { engineRules } from "../core/rules.ts";
import { createEngine } from "../engine.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const minute = 60_000;
const pageSize = 10;
const stamp = "2026-01-01T00:00:00.005Z";

/** A world whose service tells its referrals in pages of ten, all of them with one stamp. */
async function imported(count: number): Promise<SmallWorld> {
  const world = await smallWorld();
  const { referrals } = world;
  for (let index = 1; index <= count; index += 1) {
    const id = referrals.add({ name: `Lead ${index}`, customerProfile: { name: "Fabrikam" } });
    const stored = referrals.stored.get(id);
    if (stored) referrals.stored.set(id, { ...stored, updatedDateTime: stamp });
  }
  const rest = new Map<string, readonly Referral[]>();
  const paged = ({ referrals: left }: ListPage): ListPage => {
    const page = left.slice(0, pageSize);
    if (left.length <= pageSize) return { referrals: page };
    const nextLink = `https://next.example/${rest.size}`;
    rest.set(nextLink, left.slice(pageSize));
    return { referrals: page, nextLink };
  };
  const listPage: typeof referrals.listPage = async (query) => {
    if (!("nextLink" in query)) return paged(await referrals.listPage(query));
    referrals.calls.push("list");
    return paged({ referrals: rest.get(query.nextLink ?? "") ?? [] });
  };
  world.engine = createEngine({ ...world.environment, referrals: { ...referrals, listPage } });
  return world;
}

const deal = { share: true, customer: "Contoso", dealValue: 1, stage: "Open" };

test("where more referrals than a page share one stamp, one closing walk serves all creates", async () => {
  const world = await imported(3 * pageSize);
  await world.sync();
  const before = world.referrals.calls.length;
  for (let index = 1; index <= 5; index += 1) world.crm.add({ ...deal, name: `Deal ${index}` });
  await world.engine.pollCrm();
  await world.clock.advance(minute);
  await world.sync();
  const calls = world.referrals.calls.slice(before);
  expect(calls.filter((call) => call === "create")).toHaveLength(5);
  const ofWalks = calls.filter((call) => call === "list").length;
  // One poll, one closing walk, each of three pages.
  expect(ofWalks).toBeLessThanOrEqual(2 * 3);
});

test("a walk of several pages stays open until a closing walk has met nothing newer", () => {
  const { cursorAfterPage } = engineRules;
  const ofSeveral = { isLast: true, isFar: false, isOnePage: false, isQuiet: false, startedAt: 1 };
  const open = cursorAfterPage({ ...ofSeveral, cursor: { stamp: "", walkedAt: 0 }, newest: stamp });
  expect(open.isClosed).toBe(false);
  const closed = cursorAfterPage({ ...ofSeveral, cursor: open, newest: stamp, isQuiet: true });
  expect(closed.isClosed).toBe(true);
  const polled = cursorAfterPage({ ...ofSeveral, cursor: closed, newest: stamp });
  expect(polled.isClosed).toBe(true);
  const moved = cursorAfterPage({ ...ofSeveral, cursor: closed, newest: "2026-01-01T00:00:01Z" });
  expect(moved.isClosed).toBe(false);
});
