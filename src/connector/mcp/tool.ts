import type { JsonSchema } from "../../contract/index.ts";

/** What a tool was called with, checked no further than that it is an object. */
export type ToolInput = Readonly<Record<string, unknown>>;

/** A tool as agents see it. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** A JSON Schema of type object. */
  readonly inputSchema: JsonSchema;
  /** `read` changes nothing; `write` is confirmed first; `final` can't be undone either. */
  readonly effect: "read" | "write" | "final";
  /**
   * Checks the input and answers what does the work: nobody is asked to agree to what can't be
   * done. The work resolves to plain data. Errors of both: ReferralsError.
   */
  prepare(input: ToolInput): () => Promise<unknown>;
}

/** A schema for a tool's input. */
export const inputOf = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
  definitions?: JsonSchema,
): JsonSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
  ...(definitions ? { $defs: definitions } : {}),
});

/** A schema of text. */
export const textSchema = (description: string): JsonSchema => ({ type: "string", description });
