import type { Inspection } from "../adapting/inspection.ts";
import { CrmError } from "../port.ts";
import type { OdooCall } from "./transport.ts";

const ruleName = "Partner Center: look sooner";

/** What an administrator is told who makes the rule by hand. */
export const ruleByHand =
  "Settings, Technical, Automation Rules: model Lead/Opportunity, trigger On save, action Send " +
  "Webhook Notification without fields, to the address";

/** Whether a server can have automation rules, and whether this user may see and make them. */
type Outlook = "may" | "may-not" | "no-module";

async function outlookOf(call: OdooCall): Promise<Outlook> {
  const named = { raise_exception: false };
  try {
    const may = await call("base.automation", "check_access_rights", ["create"], {}, named);
    return may === true ? "may" : "may-not";
  } catch (error) {
    // Odoo answers a question about a model that isn't there with a sentence to the user.
    if (error instanceof CrmError && error.code === "invalid") return "no-module";
    throw error;
  }
}

async function createRule(call: OdooCall, url: string): Promise<void> {
  const models = await call("ir.model", "search", [[["model", "=", "crm.lead"]]], {});
  const model = (models as readonly number[])[0] ?? false;
  const action = { name: ruleName, model_id: model, state: "webhook", webhook_url: url };
  const rule = {
    name: ruleName,
    model_id: model,
    trigger: "on_create_or_write",
    action_server_ids: [[0, 0, { ...action, usage: "base_automation" }]],
  };
  await call("base.automation", "create", [rule], {});
}

/**
 * The rule that calls `url` when a deal was saved: what is missing, with how it is made, and what
 * stands in its way. A user without the right to see rules is told nothing of them.
 */
export async function missingRule(call: OdooCall, url: string) {
  const problems: { sentence: string; remedy: string }[] = [];
  const missing: { name: string; label: string; create(each: OdooCall): Promise<void> }[] = [];
  const outlook = await outlookOf(call);
  if (outlook === "no-module") {
    const sentence = "the module Automation Rules (base_automation) isn't installed";
    problems.push({ sentence, remedy: "install it, or leave `webhook` out: the poll is enough" });
  }
  if (outlook !== "may") return { missing, problems: problems as Inspection["problems"] };
  const domain = [
    ["model_name", "=", "crm.lead"],
    ["trigger", "=", "on_create_or_write"],
    ["action_server_ids.webhook_url", "=", url],
  ];
  if ((await call("base.automation", "search_count", [domain], {})) === 0) {
    const name = `automation rule ${ruleName}`;
    const label = `A saved deal is looked at within seconds. By hand: ${ruleByHand}`;
    missing.push({ name, label, create: (each) => createRule(each, url) });
  }
  return { missing, problems: problems as Inspection["problems"] };
}
