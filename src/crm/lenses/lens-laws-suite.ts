import fc from "fast-check";
import { expect } from "vitest";
import type { Lens, LensContext } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";

/** Values with which a lens is tried: sensible and senseless ones of both sides. */
export interface LensSample {
  readonly lens: Lens;
  readonly crm: fc.Arbitrary<CrmValue>;
  readonly referral: fc.Arbitrary<CrmValue>;
  /**
   * The least share of tries in which a translation must succeed, so that the laws aren't kept by
   * refusing.
   */
  readonly succeeds?: number;
}

const context: LensContext = { referral: {}, crm: {} };
const seed = Number(process.env.SEED ?? 20_261_123);
const runs = 400;

interface Put {
  readonly name: string;
  put: Lens["toCrm"];
  get: Lens["toReferral"];
  sameSource: Lens["sameInReferral"];
  sameTarget: Lens["sameInCrm"];
}

function directions(lens: Lens): readonly Put[] {
  return [
    {
      name: `${lens.name} to the CRM`,
      put: lens.toCrm,
      get: lens.toReferral,
      sameSource: lens.sameInReferral,
      sameTarget: lens.sameInCrm,
    },
    {
      name: `${lens.name} to the referral`,
      put: lens.toReferral,
      get: lens.toCrm,
      sameSource: lens.sameInCrm,
      sameTarget: lens.sameInReferral,
    },
  ];
}

/**
 * Checks both laws in both directions. put-get: what was put is what is got back. get-put:
 * putting what was got changes nothing, to the last character.
 */
export function expectLensLaws(sample: LensSample): void {
  for (const way of directions(sample.lens)) {
    const toCrm = way.name.endsWith("CRM");
    const source = toCrm ? sample.referral : sample.crm;
    const target = toCrm ? sample.crm : sample.referral;
    let succeeded = 0;
    fc.assert(
      fc.property(source, target, (value, old) => {
        const put = way.put(value, old, context);
        if (!put.ok) {
          expect(put.reason.length, `${way.name}: a refusal says why`).toBeGreaterThan(10);
          expect(put.remedy.length, `${way.name}: a refusal says what to do`).toBeGreaterThan(5);
          return;
        }
        succeeded += 1;
        const got = way.get(put.value, value, context);
        expect(got.ok, `${way.name}: what was put can be got`).toBe(true);
        if (!got.ok) return;
        expect(way.sameSource(got.value, value), `${way.name}: put-get`).toBe(true);
        const again = way.put(got.value, put.value, context);
        expect(again, `${way.name}: get-put`).toEqual({ ok: true, value: put.value });
        expect(way.sameTarget(put.value, put.value), `${way.name}: a value is itself`).toBe(true);
      }),
      { seed, numRuns: runs },
    );
    const least = (sample.succeeds ?? 0.3) * runs;
    expect(succeeded, `${way.name}: succeeds often enough`).toBeGreaterThanOrEqual(least);
  }
}
