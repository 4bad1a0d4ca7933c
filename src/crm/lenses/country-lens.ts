import { countryCodes } from "../../contract/index.ts";
import type { Lens, LensResult } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

/** What a country lens can be told. */
export interface CountryLensOptions {
  /** What the CRM holds: a name in free text, or the two-letter code. */
  readonly crm: "name" | "code";
  /** The language in which a name is written, and the others in which it is understood. */
  readonly languages: readonly string[];
}

/** Spellings that people use and that are not the standard's name in any language. */
const aliases: Readonly<Record<string, string>> = {
  usa: "US",
  "u.s.": "US",
  "u.s.a.": "US",
  "united states of america": "US",
  america: "US",
  uk: "GB",
  "great britain": "GB",
  britain: "GB",
  england: "GB",
  scotland: "GB",
  wales: "GB",
  holland: "NL",
  "the netherlands": "NL",
  turkey: "TR",
  "czech republic": "CZ",
  "ivory coast": "CI",
  swaziland: "SZ",
  macedonia: "MK",
  burma: "MM",
  "cape verde": "CV",
  "south korea": "KR",
  "korea, republic of": "KR",
  "republic of korea": "KR",
  "viet nam": "VN",
  "russian federation": "RU",
  "hong kong": "HK",
  macao: "MO",
  macau: "MO",
  uae: "AE",
};

function key(name: string): string {
  return name
    .trim()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/&/g, "and")
    .replace(/\s+/g, " ");
}

function namesIn(language: string): ReadonlyMap<string, string> {
  const display = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  return new Map(
    [...countryCodes].flatMap((code) => {
      const name = display.of(code);
      return name === undefined ? [] : [[code, name] as const];
    }),
  );
}

function readerOf(languages: readonly string[]): (value: CrmValue) => string | undefined {
  const codes = new Map<string, string>(Object.entries(aliases));
  for (const language of new Set([...languages, "en"])) {
    for (const [code, name] of namesIn(language)) codes.set(key(name), code);
  }
  return (value) => {
    if (typeof value !== "string") return undefined;
    const code = value.trim().toUpperCase();
    return countryCodes.has(code) ? code : codes.get(key(value));
  };
}

function isEmpty(value: CrmValue): boolean {
  return value === null || (typeof value === "string" && value.trim() === "");
}

function unknownCountry(side: string): LensResult<never> {
  return refused(
    `the ${side}'s country is not one that is known by this name`,
    "write the country's English name or its two-letter code; it is never guessed",
  );
}

/** The referral's two-letter country code, and a name or code in the CRM. */
export function countryLens({ crm, languages }: CountryLensOptions): Lens {
  const codeOf = readerOf(languages);
  const names = namesIn(languages[0] ?? "en");
  const same = (left: CrmValue, right: CrmValue): boolean => {
    if (isEmpty(left) || isEmpty(right)) return isEmpty(left) && isEmpty(right);
    const [one, other] = [codeOf(left), codeOf(right)];
    return one === undefined ? left === right : one === other;
  };
  return relationLens({
    name: "country",
    represents: (name, code) => {
      if (isEmpty(name) || isEmpty(code)) return isEmpty(name) && isEmpty(code);
      const found = codeOf(name);
      return found !== undefined && found === codeOf(code);
    },
    toCrm: (value) => {
      if (isEmpty(value)) return translated(null);
      const code = codeOf(value);
      if (code === undefined) return unknownCountry("referral");
      return translated(crm === "code" ? code : (names.get(code) ?? code));
    },
    toReferral: (value) => {
      if (isEmpty(value)) return translated(null);
      const code = codeOf(value);
      return code === undefined ? unknownCountry("CRM") : translated(code);
    },
    sameInCrm: same,
    sameInReferral: same,
  });
}
