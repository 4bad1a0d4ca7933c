/** What the double says of a field. */
export interface Field {
  readonly type: string;
  readonly string: string;
  readonly relation?: string;
  readonly selection?: readonly (readonly [string, string])[];
}

/** A field of a type under a label. */
export const field = (type: string, string: string, more: Partial<Field> = {}): Field => ({
  type,
  string,
  ...more,
});

const common = {
  id: field("integer", "ID"),
  write_date: field("datetime", "Last Updated on"),
  write_uid: field("many2one", "Last Updated by", { relation: "res.users" }),
};

/** The models that the adapter uses, with the fields that matter. */
export const models: Record<string, Record<string, Field>> = {
  "crm.lead": {
    ...common,
    name: field("char", "Opportunity"),
    type: field("selection", "Type", {
      selection: [
        ["lead", "Lead"],
        ["opportunity", "Opportunity"],
      ],
    }),
    expected_revenue: field("monetary", "Expected Revenue"),
    date_deadline: field("date", "Expected Closing"),
    description: field("html", "Notes"),
    active: field("boolean", "Active"),
    probability: field("float", "Probability"),
    stage_id: field("many2one", "Stage", { relation: "crm.stage" }),
    partner_id: field("many2one", "Customer", { relation: "res.partner" }),
    company_currency: field("many2one", "Currency", { relation: "res.currency" }),
  },
  "res.partner": {
    ...common,
    name: field("char", "Name"),
    email: field("char", "Email"),
    phone: field("char", "Phone"),
    street: field("char", "Street"),
    street2: field("char", "Street2"),
    city: field("char", "City"),
    zip: field("char", "Zip"),
    is_company: field("boolean", "Is a Company"),
    parent_id: field("many2one", "Related Company", { relation: "res.partner" }),
    country_id: field("many2one", "Country", { relation: "res.country" }),
  },
  "crm.stage": {
    ...common,
    name: field("char", "Stage Name"),
    sequence: field("integer", "Sequence"),
    is_won: field("boolean", "Is Won Stage?"),
  },
  "res.country": { ...common, name: field("char", "Country"), code: field("char", "Code") },
  "res.currency": { ...common, name: field("char", "Currency") },
  "res.company": {
    ...common,
    name: field("char", "Company"),
    currency_id: field("many2one", "Currency", { relation: "res.currency" }),
  },
  "res.users": {
    ...common,
    name: field("char", "Name"),
    company_id: field("many2one", "Company", { relation: "res.company" }),
  },
  "base.automation": {
    ...common,
    name: field("char", "Automation Rule Name"),
    model_id: field("many2one", "Model", { relation: "ir.model" }),
    model_name: field("char", "Model Name"),
    trigger: field("selection", "Trigger"),
    action_server_ids: field("many2many", "Actions", { relation: "ir.actions.server" }),
  },
  "ir.actions.server": {
    ...common,
    name: field("char", "Action Name"),
    model_id: field("many2one", "Model", { relation: "ir.model" }),
    state: field("selection", "Type"),
    usage: field("selection", "Usage"),
    webhook_url: field("char", "Webhook URL"),
  },
  "ir.model": { ...common, model: field("char", "Model") },
  "ir.model.fields": { ...common, name: field("char", "Field Name") },
  "ir.model.data": {
    ...common,
    module: field("char", "Module"),
    name: field("char", "Name"),
    res_id: field("integer", "Record"),
    noupdate: field("boolean", "Non Updatable"),
  },
};
