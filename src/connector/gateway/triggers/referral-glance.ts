import { z } from "zod";
import { ReferralsError } from "../../../contract/index.ts";
import type { Connection } from "../connections.ts";
import type { Upstream } from "../upstream.ts";
import { comparableMoment } from "./moments.ts";

/** What triggers need to know of a referral: an id and moments, nothing personal. */
export interface Glance {
  readonly id: string;
  readonly status: string | undefined;
  /** Comparable moments. */
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  /** As the service wrote it. */
  readonly expirationDateTime: string | undefined;
}

const page = z.object({ value: z.array(z.record(z.string(), z.unknown())) });
const selected = "id,status,createdDateTime,updatedDateTime,expirationDateTime";

/** Referrals per look, and how many looks one walk may take. */
export const glanceLimits = { pageSize: 100, pages: 1_000 } as const;

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const glanceOf = (item: Readonly<Record<string, unknown>>): Glance[] => {
  const id = textOf(item.id);
  if (id === undefined) return [];
  return [
    {
      id,
      status: textOf(item.status),
      createdAt: comparableMoment(item.createdDateTime),
      updatedAt: comparableMoment(item.updatedDateTime),
      expirationDateTime: textOf(item.expirationDateTime),
    },
  ];
};

/** One page of glances, by $top and $skip, which every edition of the service documents. */
async function lookAtPage(
  upstream: Upstream,
  connection: Connection,
  query: Readonly<Record<string, string>>,
  skip: number,
  top: number,
): Promise<readonly Glance[]> {
  const options = { ...query, select: selected, top: String(top), skip: String(skip) };
  const text = Object.entries(options)
    .map(([name, value]) => `$${name}=${encodeURIComponent(value)}`)
    .join("&");
  const answer = await upstream.send(connection, {
    method: "GET",
    url: `${upstream.endpoint.referralsUrl}?${text}`,
    headers: { accept: "application/json", "content-type": "application/json" },
  });
  if (answer.status !== 200) {
    const code = answer.status === 429 ? "tooManyRequests" : "serviceNotAvailable";
    throw new ReferralsError(code, { status: answer.status });
  }
  const parsed = page.safeParse(JSON.parse(answer.body));
  if (!parsed.success) throw new ReferralsError("invalidAnswer");
  return parsed.data.value.flatMap(glanceOf);
}

async function* walk(
  upstream: Upstream,
  connection: Connection,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<Glance> {
  const { pageSize } = glanceLimits;
  for (let pages = 0; pages < glanceLimits.pages; pages += 1) {
    const found = await lookAtPage(upstream, connection, query, pages * pageSize, pageSize);
    yield* found;
    if (found.length < pageSize) return;
  }
}

/** The moment of the latest change of all; empty where there is no referral. */
export async function latestChange(upstream: Upstream, connection: Connection): Promise<string> {
  const query = { orderby: "updatedDateTime desc" };
  const [newest] = await lookAtPage(upstream, connection, query, 0, 1);
  return newest?.updatedAt ?? "";
}

/**
 * Every referral changed at `from` or later, the latest first. It needs no filter, which not every
 * edition of the service allows here; what changes meanwhile moves to the front, so that a walk can
 * repeat but never skip.
 */
export async function* changedSince(
  upstream: Upstream,
  connection: Connection,
  from: string,
): AsyncGenerator<Glance> {
  for await (const glance of walk(upstream, connection, { orderby: "updatedDateTime desc" })) {
    if (glance.updatedAt !== undefined && glance.updatedAt < from) return;
    yield glance;
  }
}

/**
 * Every referral that waits for an answer. One that is answered meanwhile can make another one be
 * skipped; the next walk finds it.
 */
export const unanswered = (upstream: Upstream, connection: Connection): AsyncGenerator<Glance> =>
  walk(upstream, connection, { filter: "status eq 'New'", orderby: "createdDateTime" });
