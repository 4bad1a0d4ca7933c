import { expect, test } from "vitest";
import { type Referral, ReferralsError } from "../../contract/index.ts";
import { createEngine } from "../engine.ts";
import { settled, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

test.each([
  ["in the same life", false],
  ["across a crash", true],
])(
  "a create that lands late and is listed later still is found and not repeated, %s",
  async (_, isCrashing) => {
    let sent: Referral | undefined;
    let tries = 0;
    let listedAt = 0;
    const world = await smallWorld();
    const { clock, referrals } = world;
    const lagging: typeof referrals = {
      ...referrals,
      create: (referral, options) => {
        tries += 1;
        if (tries > 1) return referrals.create(referral, options);
        sent = referral;
        return isCrashing
          ? new Promise(() => {})
          : Promise.reject(new ReferralsError("outcomeUnknown"));
      },
      listPage: async (query) => {
        const page = await referrals.listPage(query);
        return clock.now() < listedAt ? { ...page, referrals: [] } : page;
      },
    };
    world.crm.add(deal);
    const environment = { ...world.environment, referrals: lagging };
    world.engine = createEngine(environment);
    const isOver = world.sync();
    await (isCrashing ? settled() : isOver);
    world.engine = createEngine(environment);
    await world.engine.open();
    await clock.advance(110_000);
    referrals.add(sent ?? {});
    listedAt = clock.now() + 250_000;
    for (let seconds = 0; seconds < 500; seconds += 10) {
      await clock.advance(10_000);
      while ((await world.engine.runDue()) > 0);
    }
    expect(tries).toBe(1);
    expect([...referrals.stored.keys()]).toEqual(["r1"]);
    expect((await world.onlyPair()).referral?.id).toBe("r1");
  },
);
