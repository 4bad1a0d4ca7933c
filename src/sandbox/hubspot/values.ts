import type { ObjectKind, PropertyDefinition } from "./definitions.ts";
import { badRequest, invalidProperties, type PropertyProblem } from "./errors.ts";
import { definitionsOf, type Portal, stagesOf } from "./portal.ts";

const longestText = 65_536;
const longestUnique = 255;

function optionsOf(portal: Portal, { name, options }: PropertyDefinition): readonly string[] {
  if (name === "dealstage") return stagesOf(portal).map(({ id }) => id);
  if (name === "pipeline") return ["default"];
  return options.map(({ value }) => value);
}

/** A moment in milliseconds since 1970, from a number or ISO 8601; NaN where it is none. */
export function momentOf(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
}

function dateText(text: string): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    return Number.isNaN(Date.parse(text)) ? undefined : text;
  }
  const milliseconds = momentOf(text);
  const isMidnight = milliseconds % 86_400_000 === 0;
  return isMidnight ? new Date(milliseconds).toISOString().slice(0, 10) : undefined;
}

type Outcome = { readonly value: string | null } | Omit<PropertyProblem, "name">;

function problem(error: string, message: string): Outcome {
  return { error, message };
}

function storedValue(portal: Portal, definition: PropertyDefinition, sent: string): Outcome {
  const { hasUniqueValue, name, type } = definition;
  switch (type) {
    case "number":
      return Number.isFinite(Number(sent))
        ? { value: String(Number(sent)) }
        : problem("INVALID_DOUBLE", `${sent} was not a valid number.`);
    case "bool":
      return sent === "true" || sent === "false"
        ? { value: sent }
        : problem("INVALID_OPTION", `${sent} was not one of the allowed options: [true, false]`);
    case "enumeration":
      return optionsOf(portal, definition).includes(sent)
        ? { value: sent }
        : problem("INVALID_OPTION", `${sent} was not one of the allowed options`);
    case "datetime": {
      const moment = momentOf(sent);
      return Number.isNaN(moment)
        ? problem("INVALID_LONG", `${sent} was not a valid long.`)
        : { value: new Date(moment).toISOString() };
    }
    case "date": {
      const date = dateText(sent);
      return date === undefined
        ? problem("INVALID_DATE", `${sent} is not at midnight UTC.`)
        : { value: date };
    }
    default: {
      const longest = hasUniqueValue ? longestUnique : longestText;
      if (sent.length > longest) {
        return problem("PROPERTY_VALUE_TOO_LONG", `${name} is longer than ${longest}: ${sent}`);
      }
      return { value: name === "email" ? sent.trim().toLowerCase() : sent };
    }
  }
}

/** The properties of a body as they are stored. Errors: 400 with each one that doesn't fit. */
export function readProperties(
  portal: Portal,
  kind: ObjectKind,
  body: unknown,
): Record<string, string | null> {
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw badRequest("Invalid input JSON: properties must be an object");
  }
  const definitions = new Map(definitionsOf(portal, kind).map((each) => [each.name, each]));
  const values: Record<string, string | null> = {};
  const problems: PropertyProblem[] = [];
  for (const [name, sent] of Object.entries(body)) {
    const definition = definitions.get(name);
    if (!definition) {
      const message = `Property "${name}" does not exist`;
      problems.push({ name, error: "PROPERTY_DOESNT_EXIST", message });
      continue;
    }
    if (definition.readOnlyValue) {
      const message = `"${name}" is a read only property; its value cannot be set.`;
      problems.push({ name, error: "READ_ONLY_VALUE", message });
      continue;
    }
    if (sent !== null && typeof sent === "object") {
      throw badRequest("Invalid input JSON: property values must be texts");
    }
    const text = sent === null ? "" : String(sent);
    const outcome = text === "" ? { value: null } : storedValue(portal, definition, text);
    if ("error" in outcome) problems.push({ name, ...outcome });
    else values[name] = outcome.value;
  }
  if (problems.length > 0) throw invalidProperties(problems);
  return values;
}
