// What Odoo's double can be asked over RPC.

import { loadRows } from "./odoo-double-import-suite.ts";
import { field } from "./odoo-double-models-suite.ts";
import type { Records, Row, Value } from "./odoo-double-records-suite.ts";

type Method = (records: Records, model: string, args: Value[], named: Row) => Value;
const idsOf = (value: Value): number[] => (Array.isArray(value) ? value : [value]) as number[];

function makeField(records: Records, values: Row): number {
  const model = String(records.tables["ir.model"]?.get(Number(values.model_id))?.model);
  const selection = (values.selection_ids as [number, number, Row][] | undefined)?.map(
    ([, , each]) => [String(each.value), String(each.name)] as const,
  );
  const more = {
    ...(selection ? { selection } : {}),
    ...(values.relation ? { relation: String(values.relation) } : {}),
  };
  const known = records.fields[model];
  if (known)
    known[String(values.name)] = field(
      String(values.ttype),
      String(values.field_description),
      more,
    );
  return 1;
}

function makeRule(records: Records, { action_server_ids, ...values }: Row): number {
  const actions = (action_server_ids as [number, number, Row][]).map(([, , action]) =>
    records.insert("ir.actions.server", action),
  );
  const { model } = records.tables["ir.model"]?.get(Number(values.model_id)) ?? {};
  return records.insert("base.automation", {
    ...values,
    model_name: model,
    action_server_ids: [[6, 0, actions]],
  });
}

/**
 * Sends what Odoo 17 sends of its automation rules: a body of three keys, while the transaction
 * still lasts, more than once for one change; what becomes of it is only logged there.
 */
export async function callRules(records: Records): Promise<void> {
  const saved = records.saved.splice(0);
  for (const rule of records.tables["base.automation"]?.values() ?? []) {
    if (rule.trigger !== "on_create_or_write") continue;
    const action = (rule.action_server_ids as number[])[0] ?? 0;
    const url = String(records.tables["ir.actions.server"]?.get(action)?.webhook_url);
    for (const { id, model } of saved.filter((each) => each.model === rule.model_name)) {
      const name = `Send Webhook Notification(#${action})`;
      const body = `{"_action": "${name}", "_id": ${id}, "_model": "${model}"}`;
      const headers = {
        "content-type": "application/json",
        "user-agent": "python-requests/2.28.1",
      };
      await fetch(url, { method: "POST", headers, body }).catch(() => {});
      await fetch(url, { method: "POST", headers, body }).catch(() => {});
    }
  }
}

/** The methods that the adapter and its setup call, by name. */
export const methods: Record<string, Method> = {
  search: (records, model, [domain], named) =>
    records.search(model, domain as Value[], named).map(({ id }) => id),
  search_count: (records, model, [domain], named) =>
    records.search(model, domain as Value[], named).length,
  search_read: (records, model, [domain, names], named) =>
    records.show(model, records.search(model, domain as Value[], named), names as string[]),
  read: (records, model, [ids, names]) =>
    records.show(
      model,
      records.search(model, [["id", "in", idsOf(ids)]], { context: { active_test: false } }),
      names as string[],
    ),
  fields_get: (records, model) => records.fields[model],
  check_access_rights: (records, model) => !records.forbidden.has(model),
  create: (records, model, [values]) => {
    if (model === "base.automation") return makeRule(records, values as Row);
    if (model !== "ir.model.fields") return records.insert(model, values as Row);
    return makeField(records, (Array.isArray(values) ? values[0] : values) as Row);
  },
  write: (records, model, [ids, values]) => {
    records.update(model, idsOf(ids), values as Row);
    return true;
  },
  unlink: (records, model, [ids]) => {
    for (const id of idsOf(ids)) records.tables[model]?.delete(id);
    return true;
  },
  load: (records, model, [names, rows], named) =>
    loadRows(records, model, names as string[], rows as Value[][], (named.context ?? {}) as Row),
  action_set_won: (records, model, [ids]) => {
    const won = records.search("crm.stage", [["is_won", "=", true]], {})[0];
    records.update(model, idsOf(ids), { stage_id: won?.id, active: true, probability: 100 });
    return true;
  },
  action_set_lost: (records, model, [ids]) => {
    records.update(model, idsOf(ids), { active: false, probability: 0 });
    return true;
  },
  toggle_active: (records, model, [ids]) => {
    for (const id of idsOf(ids)) {
      const row = records.tables[model]?.get(id);
      records.update(model, [id], { active: row?.active === false });
    }
    return true;
  },
};
