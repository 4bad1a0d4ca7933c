import { CrmError, type CrmValue, type OperationOptions } from "../port.ts";
import { type Dictionary, formatStatus, type Stage, statusField } from "./mapping.ts";
import type { Transport } from "./transport.ts";

/** A property as HubSpot defines it. */
export interface PropertyInfo {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly hasUniqueValue?: boolean;
  readonly options?: readonly { readonly label: string; readonly value: string }[];
  readonly modificationMetadata?: { readonly readOnlyValue?: boolean };
}

/** Reads the definitions of an object's properties; undefined where the app may not. */
export async function readProperties(
  send: Transport,
  kind: "deals" | "companies" | "contacts",
  options: OperationOptions,
): Promise<readonly PropertyInfo[] | undefined> {
  const target = `crm/v3/properties/${kind}`;
  const response = await send({ method: "GET", target, accept: [403] }, options);
  if (response.status === 403) return undefined;
  return (JSON.parse(response.body) as { results: readonly PropertyInfo[] }).results;
}

interface PipelineInfo {
  readonly id: string;
  readonly stages: readonly {
    readonly id: string;
    readonly label: string;
    readonly displayOrder: number;
    readonly metadata: { readonly isClosed?: string; readonly probability?: string };
  }[];
}

function stateOf({ isClosed, probability }: PipelineInfo["stages"][number]["metadata"]) {
  if (isClosed !== "true") return "open";
  return Number(probability) === 1 ? "won" : "lost";
}

/** Reads the stages of all pipelines, in their order. */
export async function readStages(
  send: Transport,
  options: OperationOptions,
): Promise<readonly Stage[]> {
  const response = await send({ method: "GET", target: "crm/v3/pipelines/deals" }, options);
  const { results } = JSON.parse(response.body) as { results: readonly PipelineInfo[] };
  return results.flatMap(({ id: pipelineId, stages }) =>
    [...stages]
      .sort((left, right) => left.displayOrder - right.displayOrder)
      .map(({ id, label, metadata }) => ({ id, label, pipelineId, state: stateOf(metadata) })),
  );
}

/** The account's properties and stages: read when they are needed, and again when one is missed. */
export class DictionaryBook {
  readonly #send: Transport;
  readonly #pipelineId: string;
  #current: Dictionary | undefined;

  constructor(send: Transport, pipelineId: string) {
    this.#send = send;
    this.#pipelineId = pipelineId;
  }

  async #read(options: OperationOptions): Promise<Dictionary> {
    const properties = await readProperties(this.#send, "deals", options);
    const types = new Map((properties ?? []).map(({ name, type }) => [name, type]));
    this.#current = { types, stages: await readStages(this.#send, options) };
    return this.#current;
  }

  /** What translates deals of these stages. */
  async get(options: OperationOptions, stageIds: readonly unknown[] = []): Promise<Dictionary> {
    const known = this.#current;
    const isEnough = known && stageIds.every((id) => known.stages.some((stage) => stage.id === id));
    return isEnough ? known : this.#read(options);
  }

  /** The stage that a status asks for, in the deal's pipeline. Errors: CrmError `invalid`. */
  async stageOf(
    value: CrmValue | undefined,
    pipelineId: string | undefined,
    options: OperationOptions,
  ): Promise<Stage> {
    const home = pipelineId ?? this.#pipelineId;
    for (const again of [false, true]) {
      const { stages } = again ? await this.#read(options) : await this.get(options);
      const named = stages.filter(({ id }) => formatStatus(stages, id) === value);
      const found = named.find((stage) => stage.pipelineId === home) ?? named[0];
      if (found) return found;
    }
    throw new CrmError(
      "invalid",
      `"${String(value)}" is no status of this account; write open, won or lost and a stage's ` +
        "label, such as open/Contract Sent",
      { field: statusField },
    );
  }

  /** The stage in which a deal without a status begins: the pipeline's first open one. */
  async first(options: OperationOptions): Promise<Stage> {
    const { stages } = await this.get(options);
    const open = stages.filter(({ state }) => state === "open");
    const found = open.find(({ pipelineId }) => pipelineId === this.#pipelineId) ?? open[0];
    if (found) return found;
    throw new CrmError("invalid", "the account has no open deal stage", { field: statusField });
  }
}
