import {
  actions,
  answerWithinMs,
  errorTable,
  fields,
  lifecycle,
  nearestName,
  patchPaths,
  ReferralsError,
  registrationWaitMs,
} from "../../contract/index.ts";

/** Something to read, as agents see it. */
export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: "application/json";
}

const hourMs = 3_600_000;
const json = "application/json" as const;
const fieldPrefix = "referrals://fields/";

const lifecycleHelp = () => ({
  statuses: lifecycle,
  moves: actions,
  rules: [
    "Status and substatus change together, in one patch.",
    "After a final state (Closed) no action is possible.",
    `A referral that nobody answers within ${answerWithinMs / hourMs / 24} days expires.`,
    "Sharing with Microsoft can't be withdrawn.",
    `A registrable deal should be ${registrationWaitMs / hourMs} hours old before it is won.`,
    "One co-sell engagement is two referrals with the same engagementId: keep them apart by id.",
  ],
});

const patchable = new Map(patchPaths.map(({ path, ops }) => [path, ops]));

function fieldHelp(path: string): unknown {
  const field = fields.find((one) => one.path.toLowerCase() === path.toLowerCase());
  if (!field) {
    const nearest = nearestName(
      path,
      fields.map((one) => one.path),
    );
    const hint = nearest ? `Did you mean ${nearest}?` : `Read ${fieldPrefix.slice(0, -1)}.`;
    throw new ReferralsError("itemNotFound", { message: `There is no field ${path}. ${hint}` });
  }
  const { visibility: _visibility, ...facts } = field;
  return {
    ...facts,
    isOwnedByServer: field.write.length === 0,
    patchOperations: patchable.get(field.pointer) ?? [],
    appendOperations: patchable.get(`${field.pointer}/-`) ?? [],
  };
}

const readers: Readonly<Record<string, () => unknown>> = {
  "referrals://lifecycle": lifecycleHelp,
  "referrals://fields": () =>
    fields.map(({ path, type, description, write, values }) => ({
      path,
      type,
      description,
      write,
      ...(values ? { values } : {}),
    })),
  "referrals://errors": () => errorTable,
};

/** What can be read. */
export const resources: readonly Resource[] = [
  {
    uri: "referrals://lifecycle",
    name: "lifecycle",
    title: "The lifecycle of a referral",
    description: "Statuses, what may become of each, and the rules that no call may break.",
    mimeType: json,
  },
  {
    uri: "referrals://fields",
    name: "fields",
    title: "The fields of a referral",
    description: "Every field with its type, meaning, known values and who may write it.",
    mimeType: json,
  },
  {
    uri: "referrals://errors",
    name: "errors",
    title: "Error codes",
    description: "Every error code with what it means and what to do.",
    mimeType: json,
  },
];

/** Resources by a pattern. */
export const resourceTemplates = [
  {
    uriTemplate: `${fieldPrefix}{path}`,
    name: "field",
    title: "One field of a referral",
    description: "Help on one field by its path, such as details.dealValue.",
    mimeType: json,
  },
] as const;

/** The text of a resource. Errors: itemNotFound. */
export function readResource(uri: string): string {
  const content = Object.hasOwn(readers, uri) ? readers[uri]?.() : fieldAt(uri);
  return JSON.stringify(content, undefined, 2);
}

function fieldAt(uri: string): unknown {
  if (uri.startsWith(fieldPrefix)) {
    return fieldHelp(decodeURIComponent(uri.slice(fieldPrefix.length)));
  }
  throw new ReferralsError("itemNotFound", { message: `There is no resource ${uri}.` });
}
