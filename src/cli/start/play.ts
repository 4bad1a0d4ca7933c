import type { CrmFields } from "../../crm/index.ts";
import { faultNames } from "../../http/index.ts";
import type { Demonstration } from "../../operations/index.ts";
import { sendJson } from "../crm/send-json.ts";

/** How both sandboxes are reached. */
export interface Stage {
  readonly referrals: { readonly adminUrl: string; readonly adminSecret: string };
  /** Changes fields of a deal as a seller would, over the CRM's own API. */
  readonly editDeal: (recordId: string, fields: CrmFields) => Promise<void>;
}

/** Plays the CRM's user over the CRM's own API, and Microsoft over the sandbox's admin API. */
export function createPlay({ referrals, editDeal }: Stage): Demonstration {
  return {
    editDeal: (recordId, fields) => editDeal(recordId, fields as CrmFields),
    editReferral: async (referralId, changes) => {
      const url = `${referrals.adminUrl}/referrals/${encodeURIComponent(referralId)}`;
      await sendJson(url, "PATCH", referrals.adminSecret, changes);
    },
    sendLead: async () => {
      const url = `${referrals.adminUrl}/referrals`;
      const answer = await sendJson(url, "POST", referrals.adminSecret, { kind: "lead" });
      return (JSON.parse(answer) as { id: string }).id;
    },
    faults: faultsOf(referrals),
  };
}

const isFault = (name: string): boolean => (faultNames as readonly string[]).includes(name);

/** What is wrong with Partner Center, over the sandbox's admin API. */
function faultsOf({
  adminUrl,
  adminSecret,
}: Stage["referrals"]): NonNullable<Demonstration["faults"]> {
  const url = `${adminUrl}/faults`;
  return {
    current: async () => {
      const headers = { authorization: `Bearer ${adminSecret}` };
      const answer: unknown = await (await fetch(url, { headers })).json();
      const { profile } = answer as { profile: Readonly<Record<string, number>> };
      const strikes = Object.entries(profile).filter(([name, share]) => isFault(name) && share > 0);
      return Object.fromEntries(strikes);
    },
    set: async (shares) => {
      await sendJson(url, "PUT", adminSecret, shares);
    },
  };
}
