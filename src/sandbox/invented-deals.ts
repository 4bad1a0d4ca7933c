import type { Random } from "../runtime/index.ts";

/*
 * Every company is invented; domains end in .example (RFC 2606), numbers lie in 555-01xx
 * (reserved for fiction).
 */
const companyHeads = ["Aldermoor", "Brightwater", "Cinderhall", "Dovecote", "Elmstead", "Foxglove"];
const companyTails = ["Shipping", "Bakeries", "Optics", "Clinics", "Timber", "Outfitters"];
const undertakings = [
  "Cloud migration of the order system",
  "Data platform for the plants",
  "Service desk with self-help",
  "Security review and sign-in",
  "Backup across two regions",
  "Planning on live figures",
];
const firstNames = ["Ines", "Marek", "Aiko", "Tunde", "Solveig", "Darius", "Leila", "Petra"];
const lastNames = ["Holm", "Adeyemi", "Kowalska", "Tanabe", "Marchetti", "Lindqvist", "Osei"];
const places = [
  ["Portland", "OR", "97201", "United States", "USD"],
  ["Leipzig", "Sachsen", "04103", "Germany", "EUR"],
  ["Nantes", "Pays de la Loire", "44000", "France", "EUR"],
  ["Leeds", "England", "LS1 4DY", "United Kingdom", "GBP"],
  ["Sendai", "Miyagi", "980-0021", "Japan", "JPY"],
] as const;
const solutions = [
  { code: "SOL-30117-ALD", name: "Aldermoor Insight" },
  { code: "SOL-48820-BRW", name: "Brightwater Bridge" },
] as const;
const dayMs = 86_400_000;

/** A deal of an invented company, in no CRM's words. */
export interface InventedDeal {
  readonly title: string;
  readonly company: string;
  readonly street: string;
  readonly city: string;
  readonly state: string;
  readonly postalCode: string;
  readonly country: string;
  readonly currency: string;
  readonly amount: number;
  /** `2026-12-24`. */
  readonly closeDate: string;
  readonly notes: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
  /** Marked for Partner Center. */
  readonly isShared: boolean;
  /** Microsoft's help is asked for. */
  readonly wantsHelp: boolean;
  readonly solution: { readonly code: string; readonly name: string };
}

/** Invents the deal of one place in a list; every second one is marked for Partner Center. */
export function inventDeal(random: Random, nowMs: number, place: number): InventedDeal {
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const company = `${pick(companyHeads)} ${pick(companyTails)} ${place + 1}`;
  const [city, state, postalCode, country, currency] = pick(places);
  const firstName = pick(firstNames);
  const lastName = pick(lastNames);
  const domain = `${company.toLowerCase().replaceAll(" ", "-")}.example`;
  const isShared = place % 2 === 0;
  return {
    title: `${pick(undertakings)} – ${company}`,
    company,
    street: `${1 + below(120)} Station Road`,
    city,
    state,
    postalCode,
    country,
    currency,
    amount: 5_000 + below(900) * 250,
    closeDate: new Date(nowMs + (20 + below(160)) * dayMs).toISOString().slice(0, 10),
    notes: "The customer asks for a first conversation this quarter.",
    firstName,
    lastName,
    email: `${firstName}.${lastName}@${domain}`.toLowerCase(),
    phone: `+1 202 555 01${String(below(100)).padStart(2, "0")}`,
    isShared,
    wantsHelp: isShared && below(2) === 0,
    solution: pick(solutions),
  };
}
