import fc from "fast-check";
import { describe, test } from "vitest";
import { countryCodes, currencyCodes } from "../../contract/index.ts";
import { computedLens } from "../computed-value.ts";
import type { CrmValue } from "../port.ts";
import { booleanLens, classesLens } from "./classes-lens.ts";
import { countryLens } from "./country-lens.ts";
import { currencyLens } from "./currency-lens.ts";
import { dateLens } from "./date-lens.ts";
import { decimalLens } from "./decimal-lens.ts";
import { expectLensLaws } from "./lens-laws-suite.ts";
import { listLens } from "./list-lens.ts";
import { phoneDigits } from "./phone-spelling.ts";
import { sameLens } from "./same-lens.ts";
import { continuationMark, textLens } from "./text-lens.ts";

const senseless: fc.Arbitrary<CrmValue> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant([]),
  fc.constant({ odd: 1 }),
);
const mostly = (sensible: fc.Arbitrary<CrmValue>): fc.Arbitrary<CrmValue> =>
  fc.oneof({ weight: 9, arbitrary: sensible }, { weight: 1, arbitrary: senseless });

const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 90 }),
  fc.string({ unit: "binary", maxLength: 90 }),
  fc.nat(60).map(continuationMark),
);
const text = mostly(
  fc.oneof(
    fc.constant(""),
    fc
      .array(line, { maxLength: 5 })
      .chain((lines) => fc.constantFrom("\n", "\r\n", "\r").map((end) => lines.join(end))),
    fc.tuple(line, fc.nat(30)).map(([head, missing]) => head + continuationMark(missing)),
  ),
);

const amount = mostly(
  fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.integer({ min: -10_000_000, max: 10_000_000 }).map((cents) => cents / 100),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => Number(value.toPrecision(12))),
    fc.integer({ min: -99_999, max: 99_999 }).map((mills) => (mills / 1000).toFixed(3)),
    fc.constantFrom("0.00", "-0", "+5", "007.50", "1e3", ".5", ""),
  ),
);

const moment = fc
  .date({ min: new Date("1800-01-01"), max: new Date("2200-01-01"), noInvalidDate: true })
  .chain((date) =>
    fc.constantFrom(
      date.toISOString(),
      `${date.toISOString().slice(0, 19)}.1234567Z`,
      `${date.toISOString().slice(0, 19)}+05:30`,
      date.toISOString().slice(0, 10),
    ),
  );
const calendarDate = fc
  .date({ min: new Date("1800-01-01"), max: new Date("2200-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const zones = ["UTC", "America/New_York", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu"];

const countryCode = fc.constantFrom(...countryCodes);
const countryName = fc.oneof(
  countryCode.map((code) => new Intl.DisplayNames(["en"], { type: "region" }).of(code) ?? code),
  countryCode.map((code) => new Intl.DisplayNames(["de"], { type: "region" }).of(code) ?? code),
  countryCode.map((code) => code.toLowerCase()),
  fc.constantFrom("USA", "U.K.", " holland ", "Côte d’Ivoire", "Atlantis"),
);
const currencyCode = fc
  .constantFrom(...currencyCodes)
  .chain((code) => fc.constantFrom(code, code.toLowerCase(), ` ${code}`));

const email = fc.constantFrom("a@x.example", "A@x.example", "b@x.example", "", "c@x.example");
const optionalText = fc.option(fc.constantFrom("Ann", " Ann ", "Bo", ""), { nil: null });
const people = (names: readonly [string, string, string], extra: string) =>
  fc.array(
    fc
      .record(
        {
          [names[0]]: email,
          [names[1]]: optionalText,
          [names[2]]: optionalText,
          [extra]: fc.nat(),
        },
        { requiredKeys: [] },
      )
      .map((entry) => entry as CrmValue),
    { maxLength: 5 },
  ) as fc.Arbitrary<CrmValue>;

describe("put-get and get-put hold, on sensible and senseless values, for", () => {
  test.each([60, 300])("text of at most %i characters", (maxLength) => {
    expectLensLaws({ lens: textLens({ maxLength }), crm: text, referral: text });
  });
  test("text without a limit", () => {
    expectLensLaws({ lens: textLens(), crm: text, referral: text });
  });
  test.each([0, 2, 4])("an amount with %i digits after the point", (scale) => {
    expectLensLaws({ lens: decimalLens({ scale }), crm: amount, referral: amount });
  });
  test.each(zones)("a calendar date in %s", (timeZone) => {
    const lens = dateLens({ crm: "date", timeZone });
    expectLensLaws({ lens, crm: mostly(calendarDate), referral: mostly(moment) });
  });
  test("a moment in whole seconds", () => {
    const lens = dateLens({ crm: "datetime", timeZone: "UTC" });
    expectLensLaws({ lens, crm: mostly(moment), referral: mostly(moment) });
  });
  test.each(["name", "code"] as const)("a country by %s", (crm) => {
    const lens = countryLens({ crm, languages: ["en", "de"] });
    expectLensLaws({ lens, crm: mostly(countryName), referral: mostly(countryCode) });
  });
  test("a currency", () => {
    expectLensLaws({
      lens: currencyLens(),
      crm: mostly(currencyCode),
      referral: mostly(currencyCode),
    });
  });
  test("a picklist in which several values share one", () => {
    const lens = classesLens("picklist", [
      { crm: [1, 2], referral: ["Small"] },
      { crm: [3], referral: ["Medium", "Large"] },
    ]);
    expectLensLaws({
      lens,
      crm: mostly(fc.constantFrom(1, 2, 3, 4)),
      referral: mostly(fc.constantFrom("Small", "Medium", "Large", "Huge")),
    });
  });
  test("a boolean", () => {
    const value = mostly(fc.constantFrom(true, false, null));
    expectLensLaws({ lens: booleanLens(), crm: value, referral: value });
  });
  test("a stage with wildcards and a value of its own for unanswered referrals", () => {
    const lens = classesLens("stage", [
      { crm: ["open/holding"], referral: ["New/Pending", "New/Received"] },
      { crm: ["open/1", "open/*"], referral: ["Active/Accepted"] },
      { crm: ["won/3"], referral: ["Closed/Won"] },
      {
        crm: ["lost/4", "lost/*"],
        referral: ["Closed/Lost", "Closed/Declined", "Closed/Expired"],
        unanswered: "Closed/Declined",
      },
    ]);
    const crm = fc.constantFrom("open/holding", "open/1", "open/7", "won/3", "lost/4", "lost/9");
    const referral = fc.constantFrom("New/Pending", "New/Received", "Active/Accepted", "None/None");
    const closed = fc.constantFrom("Closed/Won", "Closed/Lost", "Closed/Declined");
    expectLensLaws({ lens, crm: mostly(crm), referral: mostly(fc.oneof(referral, closed)) });
  });
  test("a list of contacts", () => {
    const fields = { email: "mail", firstName: "first", phoneNumber: "phone" };
    expectLensLaws({
      lens: listLens({ name: "contacts", noun: "contact", key: "email", fields }),
      crm: mostly(people(["mail", "first", "phone"], "contactid")),
      referral: mostly(people(["email", "firstName", "phoneNumber"], "contactPreference")),
    });
  });
  test("a list of contacts whose phone numbers each side spells in its own way", () => {
    const fields = { email: "mail", phoneNumber: "phone" };
    const spelt = fc.constantFrom("+49 30 12", "+493012", "+49 (0)30-12", "+49 30 13", "-", "");
    const called = (mail: string, phone: string) =>
      fc.array(
        fc.record(
          { [mail]: email, [phone]: spelt },
          { requiredKeys: [] },
        ) as fc.Arbitrary<CrmValue>,
        { maxLength: 5 },
      ) as fc.Arbitrary<CrmValue>;
    expectLensLaws({
      lens: listLens({
        ...{ name: "contacts", noun: "contact", key: "email", fields },
        spellings: { phoneNumber: phoneDigits },
      }),
      crm: mostly(called("mail", "phone")),
      referral: mostly(called("email", "phoneNumber")),
    });
  });
  test("a value that is the same on both sides, and a computed one", () => {
    expectLensLaws({ lens: sameLens(), crm: text, referral: amount });
    expectLensLaws({ lens: computedLens(), crm: text, referral: amount });
  });
});
