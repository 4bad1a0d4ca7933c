import type { CrmFields } from "../../crm/index.ts";
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
  };
}
