import { describeDemonstration } from "./demonstration-suite.ts";
import type { DemonstrationLine } from "./visitor.ts";

interface Deal {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
}

interface Page {
  readonly results: readonly Deal[];
  readonly paging?: { readonly next: { readonly after: string } };
}

async function call({ crm }: DemonstrationLine, method: string, path: string, body?: unknown) {
  const response = await fetch(`${crm.url}/crm/v3/objects/deals${path}`, {
    method,
    headers: { authorization: `Bearer ${crm.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the CRM answered ${response.status}: ${text}`);
  return JSON.parse(text) as unknown;
}

describeDemonstration("hubspot", {
  list: async (line) => {
    const deals: Deal[] = [];
    let after = "0";
    do {
      const path = `?limit=100&after=${after}&properties=amount,pr_referral_id,hs_is_closed`;
      const page = (await call(line, "GET", path)) as Page;
      deals.push(...page.results);
      after = page.paging?.next.after ?? "";
    } while (after !== "");
    return deals.map(({ id, properties }) => ({
      id,
      amount: properties.amount ? Number(properties.amount) : null,
      referralId: properties.pr_referral_id ?? null,
      isOpen: properties.hs_is_closed !== "true",
    }));
  },
  setAmount: async (line, id, amount) => {
    await call(line, "PATCH", `/${id}`, { properties: { amount: String(amount) } });
  },
});
