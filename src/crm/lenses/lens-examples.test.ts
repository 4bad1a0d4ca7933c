import { expect, test } from "vitest";
import { lensOf } from "../compile-mapping.ts";
import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { booleanLens, classesLens } from "./classes-lens.ts";
import { countryLens } from "./country-lens.ts";
import { currencyLens } from "./currency-lens.ts";
import { dateIn, dateLens, startOfDate } from "./date-lens.ts";
import { decimalLens } from "./decimal-lens.ts";
import { listLens } from "./list-lens.ts";

const context = { referral: {}, crm: {} };
const toCrm = (lens: Lens, value: CrmValue, old: CrmValue = null) =>
  lens.toCrm(value, old, context);
const toReferral = (lens: Lens, value: CrmValue, old: CrmValue = null) =>
  lens.toReferral(value, old, context);
const ok = (value: CrmValue) => ({ ok: true, value });

test("an amount is exact in decimal, as number or text, and rounds away from zero", () => {
  const lens = decimalLens({ scale: 2 });
  expect(toCrm(lens, 0.1 + 0.2)).toEqual(ok(0.3));
  expect(toCrm(lens, "1.005")).toEqual(ok(1.01));
  expect(toCrm(lens, -1.005)).toEqual(ok(-1.01));
  expect(toCrm(lens, 1e-7)).toEqual(ok(0));
  expect(toCrm(lens, 5e14)).toEqual(ok(500_000_000_000_000));
  expect(lens.sameInCrm(10, "10.00")).toBe(true);
  expect(toReferral(lens, 10, "10.004")).toEqual(ok("10.004"));
  expect(toCrm(lens, "123456789012345.67")).toMatchObject({ ok: false });
  expect(toCrm(lens, "a lot")).toMatchObject({ ok: false, remedy: "enter a number" });
});

test("a moment falls on the calendar date that it has in the mapping's time zone", () => {
  const late = "2026-03-31T22:30:00Z";
  expect(toCrm(dateLens({ crm: "date", timeZone: "UTC" }), late)).toEqual(ok("2026-03-31"));
  const berlin = dateLens({ crm: "date", timeZone: "Europe/Berlin" });
  expect(toCrm(berlin, late)).toEqual(ok("2026-04-01"));
  expect(toReferral(berlin, "2026-04-01")).toEqual(ok("2026-03-31T22:00:00Z"));
  expect(toReferral(berlin, "2026-04-01", late)).toEqual(ok(late));
  expect(toReferral(berlin, "2026-02-30")).toMatchObject({ ok: false });
});

test("a date begins at its first moment, where the clock jumps over midnight too", () => {
  const start = startOfDate("2018-11-04", "America/Sao_Paulo") ?? 0;
  expect(new Date(start).toISOString()).toBe("2018-11-04T03:00:00.000Z");
  expect(dateIn(start - 1, "America/Sao_Paulo")).toBe("2018-11-03");
  expect(startOfDate("2011-12-30", "Pacific/Apia")).toBeUndefined();
});

test("a country is understood by name, code and alias, and never guessed", () => {
  const lens = countryLens({ crm: "name", languages: ["en", "de"] });
  for (const text of ["Germany", "Deutschland", " germany ", "DE", "de"]) {
    expect(toReferral(lens, text), text).toEqual(ok("DE"));
  }
  expect(toReferral(lens, "U.K.")).toMatchObject({ ok: false });
  expect(toReferral(lens, "Great Britain")).toEqual(ok("GB"));
  expect(toReferral(lens, "Cote d'Ivoire")).toEqual(ok("CI"));
  expect(toCrm(lens, "US")).toEqual(ok("United States"));
  expect(toCrm(lens, "US", "USA")).toEqual(ok("USA"));
  expect(toReferral(lens, "")).toEqual(ok(null));
  expect(toReferral(lens, "Somewhere")).toEqual({
    ok: false,
    reason: "the CRM's country is not one that is known by this name",
    remedy: "write the country's English name or its two-letter code; it is never guessed",
  });
});

test("a currency is a code of ISO 4217 or refused", () => {
  expect(toCrm(currencyLens(), " eur")).toEqual(ok("EUR"));
  expect(toReferral(currencyLens(), "EURO")).toMatchObject({ ok: false });
  expect(toReferral(currencyLens(), null)).toEqual(ok(null));
});

test("a stage keeps what the other side can't say, and declines what was never answered", () => {
  const lens = classesLens("stage", [
    { crm: ["open/9"], referral: ["New/Pending", "New/Received"] },
    { crm: ["open/1", "open/*"], referral: ["Active/Accepted"] },
    {
      crm: ["lost/5", "lost/*"],
      referral: ["Closed/Lost", "Closed/Expired"],
      unanswered: "Closed/Declined",
    },
  ]);
  expect(toCrm(lens, "New/Received")).toEqual(ok("open/9"));
  expect(toReferral(lens, "open/9", "New/Received")).toEqual(ok("New/Received"));
  expect(toCrm(lens, "Active/Accepted", "open/2")).toEqual(ok("open/2"));
  expect(toCrm(lens, "Active/Accepted", "open/9")).toEqual(ok("open/1"));
  expect(toReferral(lens, "lost/4", "New/Pending")).toEqual(ok("Closed/Declined"));
  expect(toReferral(lens, "lost/4", "Active/Accepted")).toEqual(ok("Closed/Lost"));
  expect(toReferral(lens, "archived/1")).toEqual({
    ok: false,
    reason: "the CRM's value \"archived/1\" is not in the mapping's table",
    remedy: "add it to the field's values in the mapping file",
  });
});

test("nothing counts as no", () => {
  expect(toReferral(booleanLens(), null, true)).toEqual(ok(false));
  expect(toCrm(booleanLens(), false, null)).toEqual(ok(null));
  expect(toReferral(booleanLens(), "yes")).toMatchObject({ ok: false });
});

test("a phone number that is only spelt otherwise changes neither side", () => {
  const lens = lensOf({ kind: "contacts", fields: { email: "mail", phoneNumber: "phone" } });
  const referral = [{ email: "ann@x.example", phoneNumber: "+1 (202) 555-0100" }];
  const crm = [{ mail: "ann@x.example", phone: "+12025550100" }];
  expect(toReferral(lens, crm, referral)).toEqual(ok(referral));
  expect(toCrm(lens, referral, crm)).toEqual(ok(crm));
  const other = [{ mail: "ann@x.example", phone: "+12025550101" }];
  expect(toReferral(lens, other, referral)).toEqual(
    ok([{ email: "ann@x.example", phoneNumber: "+12025550101" }]),
  );
});

test("each side keeps what only it knows of a contact, and those without an address", () => {
  const lens = listLens({
    name: "contacts",
    noun: "contact",
    key: "email",
    fields: { email: "emailaddress1", firstName: "firstname" },
  });
  const crm = [
    { contactid: "1", emailaddress1: "Ann@x.example", firstname: "Ann", jobtitle: "CIO" },
    { contactid: "2", emailaddress1: null, firstname: "Nobody" },
  ];
  const referral = [
    { email: "ann@x.example", firstName: "Anne", contactPreference: { locale: "de" } },
  ];
  expect(toCrm(lens, referral, crm)).toEqual(
    ok([{ ...crm[0], firstname: "Anne" }, crm[1] as CrmValue] as CrmValue),
  );
  expect(toReferral(lens, crm, referral)).toEqual(ok([{ ...referral[0], firstName: "Ann" }]));
  expect(toReferral(lens, [crm[1] as CrmValue], referral)).toMatchObject({
    ok: false,
    remedy: "fill in emailaddress1 for at least one contact",
  });
});
