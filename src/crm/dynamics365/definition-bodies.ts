import type { WantedColumn, WantedCustomisation, WantedTable } from "./wanted-columns.ts";

/* Bodies of metadata requests in the form of Microsoft's documentation. */

type Json = Readonly<Record<string, unknown>>;

const english = 1033;

/** A label in English. */
export function labelBody(text: string): Json {
  return {
    "@odata.type": "Microsoft.Dynamics.CRM.Label",
    LocalizedLabels: [
      {
        "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel",
        Label: text,
        LanguageCode: english,
      },
    ],
  };
}

const notRequired = {
  Value: "None",
  CanBeChanged: true,
  ManagedPropertyLogicalName: "canmodifyrequirementlevelsettings",
};

const yesNo = {
  OptionSetType: "Boolean",
  TrueOption: { Value: 1, Label: labelBody("Yes") },
  FalseOption: { Value: 0, Label: labelBody("No") },
};

/** A column. */
export function columnBody(column: WantedColumn): Json {
  const { schemaName, label, type, maxLength, options } = column;
  return {
    "@odata.type": `Microsoft.Dynamics.CRM.${type}AttributeMetadata`,
    AttributeType: type,
    AttributeTypeName: { Value: `${type}Type` },
    SchemaName: schemaName,
    DisplayName: labelBody(label),
    RequiredLevel: notRequired,
    ...(maxLength === undefined ? {} : { MaxLength: maxLength }),
    ...(type === "String" ? { FormatName: { Value: "Text" } } : {}),
    ...(type === "Memo" ? { Format: "TextArea" } : {}),
    ...(type === "Boolean" ? { DefaultValue: false, OptionSet: yesNo } : {}),
    ...(options === undefined
      ? {}
      : {
          OptionSet: {
            "@odata.type": "Microsoft.Dynamics.CRM.OptionSetMetadata",
            IsGlobal: false,
            OptionSetType: "Picklist",
            Options: options.map((option) => ({
              Value: option.value,
              Label: labelBody(option.label),
            })),
          },
        }),
  };
}

/** An alternate key of one column. */
export function keyBody(key: WantedCustomisation["key"]): Json {
  return {
    SchemaName: key.schemaName,
    DisplayName: labelBody(key.label),
    KeyAttributes: [key.column],
  };
}

/** A status reason; its number is ours, so that the ready mapping can name it. */
export function statusReasonBody(table: string, reason: WantedCustomisation["statusReason"]): Json {
  return {
    EntityLogicalName: table,
    AttributeLogicalName: "statuscode",
    Value: reason.value,
    Label: labelBody(reason.label),
    StateCode: reason.state,
  };
}

/** A table that users own, with its columns and change tracking. */
export function tableBody(table: WantedTable): Json {
  return {
    "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
    SchemaName: table.schemaName,
    DisplayName: labelBody(table.label),
    DisplayCollectionName: labelBody(table.pluralLabel),
    OwnershipType: "UserOwned",
    IsActivity: false,
    HasActivities: false,
    HasNotes: false,
    ChangeTrackingEnabled: true,
    Attributes: [
      {
        ...columnBody({ schemaName: "pr_Name", label: "Name", type: "String", maxLength: 200 }),
        IsPrimaryName: true,
      },
      ...table.columns.map(columnBody),
    ],
  };
}

/** The relationship that gives a table's rows their deal. */
export function relationshipBody(table: WantedTable, dealTable: string): Json {
  const { schemaName, lookup } = table.relationship;
  return {
    "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
    SchemaName: schemaName,
    ReferencedEntity: dealTable,
    ReferencedAttribute: `${dealTable}id`,
    ReferencingEntity: table.schemaName.toLowerCase(),
    CascadeConfiguration: {
      Assign: "Cascade",
      Delete: "Cascade",
      Merge: "Cascade",
      Reparent: "Cascade",
      Share: "Cascade",
      Unshare: "Cascade",
    },
    Lookup: {
      "@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata",
      AttributeType: "Lookup",
      AttributeTypeName: { Value: "LookupType" },
      SchemaName: lookup,
      DisplayName: labelBody("Opportunity"),
      RequiredLevel: notRequired,
    },
  };
}
