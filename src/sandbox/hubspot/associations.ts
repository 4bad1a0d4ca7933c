import type { RowValues } from "../row-store.ts";
import { associationTypes, type ObjectKind } from "./definitions.ts";
import { badRequest, notFound } from "./errors.ts";
import { objectById, type Portal } from "./portal.ts";

interface Link {
  readonly from: string;
  readonly to: string;
}

const kindOfLinks = (from: ObjectKind, to: ObjectKind): string => `links/${from}/${to}`;

/** The number of the link between two kinds. Errors: 400. */
export function associationTypeId(from: ObjectKind, to: ObjectKind): number {
  const id = associationTypes[`${from}/${to}`];
  if (id !== undefined) return id;
  throw badRequest(`${from} can't be associated with ${to}`);
}

function live(portal: Portal, kind: ObjectKind, id: string): boolean {
  return objectById(portal, kind, id)?.archived === false;
}

/** The ids to which an object is linked; archived ones aren't shown. */
export function linkedIds(
  portal: Portal,
  from: ObjectKind,
  id: string,
  to: ObjectKind,
): readonly string[] {
  const links = portal.store.all(kindOfLinks(from, to)) as unknown as readonly Link[];
  return links
    .filter((link) => link.from === id && live(portal, to, link.to))
    .map(({ to: at }) => at);
}

/** Links two objects, both ways. Errors: 400, 404. */
export function link(
  portal: Portal,
  from: ObjectKind,
  fromId: string,
  to: ObjectKind,
  toId: string,
): void {
  associationTypeId(from, to);
  if (!live(portal, from, fromId) || !live(portal, to, toId)) throw notFound();
  const forth: Link = { from: fromId, to: toId };
  const back: Link = { from: toId, to: fromId };
  const put = (kind: string, { from: one, to: other }: Link): void =>
    portal.store.put(kind, `${one}/${other}`, { from: one, to: other } satisfies RowValues);
  put(kindOfLinks(from, to), forth);
  put(kindOfLinks(to, from), back);
}

/** Takes a link away; where there is none, nothing happens. */
export function unlink(
  portal: Portal,
  from: ObjectKind,
  fromId: string,
  to: ObjectKind,
  toId: string,
): void {
  portal.store.remove(kindOfLinks(from, to), `${fromId}/${toId}`);
  portal.store.remove(kindOfLinks(to, from), `${toId}/${fromId}`);
}

/** Links a new object to those that its body names. Errors: 400, 404. */
export function linkNamed(
  portal: Portal,
  from: ObjectKind,
  id: string,
  associations: unknown,
): void {
  if (associations === undefined) return;
  const list = associations as readonly {
    readonly to?: { readonly id?: unknown };
    readonly types?: readonly { readonly associationTypeId?: unknown }[];
  }[];
  for (const { to, types } of list) {
    const target = (["companies", "contacts", "deals"] as const).find(
      (kind) => associationTypes[`${from}/${kind}`] === types?.[0]?.associationTypeId,
    );
    if (!target) throw badRequest("One or more associations are not valid");
    link(portal, from, id, target, String(to?.id));
  }
}
