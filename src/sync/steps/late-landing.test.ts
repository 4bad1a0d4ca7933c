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

test.each([
  ["the partner's referral", 1],
  ["Microsoft's side", 2],
])(
  "%s that landed without an answer is linked by the next walk, long before the probe",
  async (_, lost) => {
    const world = await smallWorld({ inviteMicrosoft: true }, {}, {});
    world.crm.add({ ...deal, consentToShare: true });
    const { referrals } = world;
    let made = 0;
    const create: typeof referrals.create = (referral, options) => {
      made += 1;
      if (made === lost) referrals.faults.push({ method: "create", fault: "timeout-after" });
      return referrals.create(referral, options);
    };
    world.engine = createEngine({ ...world.environment, referrals: { ...referrals, create } });
    await world.sync();
    expect((await world.onlyPair()).state).not.toBe("in-step");
    await world.clock.advance(1_000);
    await world.sync();
    expect(await world.onlyPair()).toMatchObject({ state: "in-step", invitation: "done" });
    expect([made, referrals.stored.size]).toEqual([2, 2]);
  },
);
