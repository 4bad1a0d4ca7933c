import type { Demonstration } from "../../operations/index.ts";
import { CliFailure } from "../failure.ts";

/** Where both sandboxes are reached, with what admits to them. */
export interface Stage {
  readonly referrals: { readonly adminUrl: string; readonly adminSecret: string };
  readonly crm: { readonly url: string; readonly token: string };
}

async function send(
  url: string,
  method: "POST" | "PATCH",
  token: string,
  body: unknown,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (response.ok) return text;
  const { error } = JSON.parse(text) as { error?: { message?: string } };
  throw new CliFailure(error?.message ?? `The sandbox answered ${response.status}.`, {
    remedy: "Correct the values and send them again.",
  });
}

/** Plays the CRM's user over the CRM's own API, and Microsoft over the sandbox's admin API. */
export function createPlay(stage: Stage): Demonstration {
  const { referrals, crm } = stage;
  return {
    editDeal: async (recordId, fields) => {
      await send(`${crm.url}/opportunities(${recordId})`, "PATCH", crm.token, fields);
    },
    editReferral: async (referralId, changes) => {
      const url = `${referrals.adminUrl}/referrals/${encodeURIComponent(referralId)}`;
      await send(url, "PATCH", referrals.adminSecret, changes);
    },
    sendLead: async () => {
      const url = `${referrals.adminUrl}/referrals`;
      const answer = await send(url, "POST", referrals.adminSecret, { kind: "lead" });
      return (JSON.parse(answer) as { id: string }).id;
    },
  };
}
