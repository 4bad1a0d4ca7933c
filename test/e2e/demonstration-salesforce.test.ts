import { describeDemonstration } from "./demonstration-suite.ts";
import type { DemonstrationLine } from "./visitor.ts";

interface Opportunity {
  readonly Id: string;
  readonly Amount: number | null;
  readonly PR_ReferralId__c: string | null;
  readonly IsClosed: boolean;
}

async function call({ crm }: DemonstrationLine, method: string, path: string, body?: unknown) {
  const response = await fetch(`${crm.url}/services/data/v62.0/${path}`, {
    method,
    headers: { authorization: `Bearer ${crm.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the CRM answered ${response.status}: ${text}`);
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

describeDemonstration("salesforce", {
  list: async (line) => {
    const soql = "SELECT Id,Amount,PR_ReferralId__c,IsClosed FROM Opportunity";
    const answer = await call(line, "GET", `query?q=${encodeURIComponent(soql)}`);
    const { records } = answer as { records: readonly Opportunity[] };
    return records.map((row) => ({
      id: row.Id,
      amount: row.Amount,
      referralId: row.PR_ReferralId__c,
      isOpen: !row.IsClosed,
    }));
  },
  setAmount: async (line, id, Amount) => {
    await call(line, "PATCH", `sobjects/Opportunity/${id}`, { Amount });
  },
});
