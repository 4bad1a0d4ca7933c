import type { FastifyInstance } from "fastify";
import { z } from "zod";
import {
  type MappingPreview,
  type OperatorSettings,
  ReferralsError,
} from "../../contract/index.ts";
import { crmFieldsOf } from "../../crm/index.ts";
import type { Pair } from "../../sync/index.ts";
import { operatorOf } from "../access/access.ts";
import { parseInput } from "../input.ts";
import { editYaml } from "../mapping/edit-yaml.ts";
import { mappingView, previewMapping, readMappingText } from "../mapping/read-mapping.ts";
import type { Office } from "../office.ts";

const mostText = 500_000;
const edit = z.strictObject({
  path: z
    .array(z.union([z.string().max(200), z.number().int().min(0)]))
    .min(1)
    .max(10),
  value: z.json().optional(),
});
const changeBody = z.strictObject({
  text: z.string().max(mostText),
  edits: z.array(edit).max(500).default([]),
  pairId: z.string().max(200).optional(),
});
const saveBody = z.strictObject({ text: z.string().max(mostText), before: z.string() });
const policyBody = z.strictObject({
  field: z.string().max(200),
  policy: z.enum(["referral", "crm"]).nullable(),
});
const sampled = 200;

/** Names that the CRM's records carry, as far as they have been read. */
async function knownCrmFields({ ledger, mapping }: Office): Promise<readonly string[]> {
  const pairs = await ledger.pairs({ limit: sampled });
  const seen = pairs.flatMap(({ crm }) => Object.keys(crm?.document ?? {}));
  return [...new Set([...crmFieldsOf(mapping), ...seen])].sort();
}

async function sampleOf({ ledger }: Office, id: string | undefined): Promise<Pair | undefined> {
  if (id !== undefined) return ledger.pair(id);
  const [pair] = await ledger.pairs({ states: ["in-step"], limit: 1 });
  return pair ?? (await ledger.pairs({ limit: 1 }))[0];
}

/** The mapping: how it is, what a change of it would do, and its storing. */
export function addMappingRoutes(server: FastifyInstance, office: Office): void {
  const { mappingFile: file } = office;
  if (!file) return;

  server.get("/api/mapping", async () => {
    const { path, canSave } = file;
    const crmFields = await knownCrmFields(office);
    return mappingView({ path, canSave, text: await file.read(), crmFields });
  });

  server.post("/api/mapping/preview", async (request): Promise<MappingPreview> => {
    const { text, edits, pairId } = parseInput(changeBody, request.body);
    const changed = editYaml(
      text,
      edits.map(({ path, value }) => (value === undefined ? { path } : { path, value })),
    );
    return previewMapping(await file.read(), changed, await sampleOf(office, pairId), file.path);
  });

  /** A mapping that can run; refuses any other with its faults. */
  const runnable = (text: string) => {
    const { mapping, faults } = readMappingText(text, file.path);
    if (mapping) return mapping;
    const message = faults.map(({ line, sentence }) => `line ${line}: ${sentence}`).join("; ");
    throw new ReferralsError("invalidRequest", { message });
  };

  server.post("/api/mapping/plan", async (request) => {
    const { text } = parseInput(z.strictObject({ text: z.string().max(mostText) }), request.body);
    return office.engine.rehearse(runnable(text));
  });

  server.post("/api/mapping/save", async (request) => {
    const { text, before } = parseInput(saveBody, request.body);
    const mapping = runnable(text);
    if ((await file.read()) !== before) {
      const message = "The mapping was changed elsewhere meanwhile: load it again.";
      throw new ReferralsError("preconditionFailed", { message });
    }
    await file.write(text);
    office.log.info({ by: operatorOf(request) ?? "this machine" }, "the mapping was changed");
    const known = new Set(crmFieldsOf(office.mapping));
    const isWider = crmFieldsOf(mapping).some((name) => !known.has(name));
    file.apply({ rereadsCrm: isWider });
    return { saved: true };
  });
}

/** What the sync runs with, and the preferences that people gave it. */
export function addSettingsRoutes(server: FastifyInstance, office: Office): void {
  const { settings, ledger, projection, engine } = office;
  server.get("/api/settings", async (): Promise<OperatorSettings> => {
    const { policies } = await ledger.connection();
    return {
      callsPerMinute: settings.callsPerMinute,
      pollReferralsMs: settings.pollReferralsMs,
      pollCrmMs: settings.pollCrmMs,
      auditMs: settings.auditMs,
      inviteMicrosoft: settings.inviteMicrosoft,
      deletionPolicy: settings.deletion.policy,
      isApproved: settings.isApproved,
      policies,
      labels: Object.fromEntries(projection.fields.map(({ name, label }) => [name, label])),
    };
  });
  server.post("/api/policies", async (request) => {
    const { field, policy } = parseInput(policyBody, request.body);
    await engine.prefer(field, policy ?? undefined);
    return { field, policy };
  });
}
