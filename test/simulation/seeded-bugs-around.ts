import type { CrmAdapter } from "../../src/crm/port.ts";
import { CrmError } from "../../src/crm/port.ts";
import type { PlannedWrite } from "../../src/sync/engine-port.ts";
import { type SeededBug, withMethods, withReferrals, withSettings } from "./seeded-bug.ts";

/** An adapter that lets the errors of its CRM through as they come. */
function withPlainErrors(crm: CrmAdapter): CrmAdapter {
  return {
    ...crm,
    read: (recordId, options) =>
      crm.read(recordId, options).catch((error: unknown) => {
        throw error instanceof CrmError ? new TypeError(error.message) : error;
      }),
  };
}

/** A rehearsal that leaves some writes out, with the calls that they would cost. */
const forgettingInRehearsals =
  (isForgotten: (write: PlannedWrite) => boolean): SeededBug["sabotage"] =>
  () => ({
    engine: (engine) => {
      const whole = engine.rehearse.bind(engine);
      return Object.assign(engine, {
        rehearse: async () => {
          const rehearsal = await whole();
          const writes = rehearsal.writes.filter((write) => !isForgotten(write));
          const calls = rehearsal.calls - (rehearsal.writes.length - writes.length);
          return { ...rehearsal, writes, calls };
        },
      });
    },
  });

/** Mistakes around the engine: in its settings, its adapters, its mapping and its rehearsal. */
export const bugsAround: readonly SeededBug[] = [
  {
    name: "a missing country made up",
    safeguard: "what a referral needs and the CRM lacks is asked for",
    invariant: "no invented value",
    sabotage: () => ({
      environment: (environment) => ({
        ...environment,
        mapping: {
          ...environment.mapping,
          fields: environment.mapping.fields.map((field) =>
            field.name === "country"
              ? {
                  ...field,
                  lens: {
                    ...field.lens,
                    toReferral: (crm, old, context) =>
                      field.lens.toReferral(crm ?? "LU", old, context),
                  },
                }
              : field,
          ),
        },
      }),
    }),
  },
  {
    name: "a write repeated by the client",
    family: "calm",
    safeguard: "what succeeded is never sent again",
    invariant: "at most one write per side per edit without faults",
    sabotage: withReferrals((port) => ({
      patch: async (id, operations, options) => {
        const { eTag } = await port.patch(id, operations, options);
        return port.patch(id, operations, { ...options, ifMatch: eTag });
      },
    })),
  },
  {
    name: "work of the last life forgotten",
    family: "crashes",
    safeguard: "what is due is due for whoever comes next",
    invariant: "a crash at any point gives the same final state",
    sabotage: () => ({
      environment: (environment) => {
        const { ledger } = environment;
        const own = new Set<string>();
        return {
          ...environment,
          ledger: withMethods(ledger, {
            commit: (change) => {
              for (const { id } of change.pairs ?? []) own.add(id);
              return ledger.commit(change);
            },
            due: async (now, limit) =>
              (await ledger.due(now, limit)).filter(({ pairId }) => own.has(pairId)),
          }),
        };
      },
    }),
  },
  {
    name: "polls far apart",
    family: "calm",
    safeguard: "each side is asked at its rhythm",
    invariant: "bounded staleness",
    sabotage: withSettings(({ pollCrmMs }) => ({ pollCrmMs: 5 * pollCrmMs })),
  },
  {
    name: "one CRM for two tenants",
    safeguard: "each connection has an adapter of its own",
    invariant: "tenants isolated",
    sabotage: () => {
      const adapters = new Map<number, CrmAdapter>();
      return {
        environment: (environment, { generation }) => {
          const crm = adapters.get(generation.number) ?? environment.crm;
          adapters.set(generation.number, crm);
          return { ...environment, crm };
        },
      };
    },
  },
  {
    name: "a new deal's id left out of the rehearsal",
    family: "calm",
    safeguard: "what is made in a rehearsal shows what it would show in earnest",
    invariant: "dry run equals run",
    sabotage: forgettingInRehearsals(({ fields }) => fields.join() === "/externalReferenceId"),
  },
  {
    name: "new records left out of the rehearsal",
    family: "calm",
    safeguard: "the rehearsal is the same engine over a copy",
    invariant: "dry run equals run",
    sabotage: forgettingInRehearsals(({ kind }) => kind === "create"),
  },
  {
    name: "first run unasked",
    safeguard: "nothing is written before a person has seen the plan",
    invariant: "no write before a person allowed it",
    sabotage: withSettings(() => ({ isApproved: true })),
  },
  {
    name: "errors of the CRM let through",
    safeguard: "an adapter throws the errors of the port, and no others",
    invariant: "the engine does not fail",
    sabotage: () => ({
      environment: (environment) => ({ ...environment, crm: withPlainErrors(environment.crm) }),
    }),
  },
];
