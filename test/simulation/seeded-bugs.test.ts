import { afterAll, describe, expect, it } from "vitest";
import { hunt } from "./campaign/hunt.ts";
import { closeStores } from "./ledger-stores.ts";
import { seededBugs } from "./seeded-bugs.ts";

const firstSeed = Number(process.env.SEED ?? 1);
/** What a campaign in CI plays is the most that a hunt may need. */
const maxSchedules = 20_000;

describe(`each safeguard is missed when it is taken away, from seed ${firstSeed}`, () => {
  afterAll(closeStores);

  for (const bug of seededBugs) {
    it(`${bug.name}: ${bug.safeguard}`, async () => {
      const { isFound, broken } = await hunt(bug, { firstSeed, maxSchedules });
      expect(isFound).toBe(true);
      expect(broken.length).toBeGreaterThan(0);
    }, 300_000);
  }
});
