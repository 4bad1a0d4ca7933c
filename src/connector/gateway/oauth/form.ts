import { OAuthRefusal } from "./oauth-refusal.ts";

/** The parameters of an OAuth request. */
export type Form = Readonly<Record<string, string | undefined>>;

const longestParameter = 4_096;

/** Reads parameters. One given twice is an error (RFC 6749 section 3.1), an empty one is absent. */
export function parseForm(text: string): Form {
  const form: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(form, name) || value.length > longestParameter) {
      throw new OAuthRefusal("invalid_request", "A parameter is repeated or too long.");
    }
    if (value !== "") form[name] = value;
  }
  return form;
}

/** A parameter that must be there. */
export function required(form: Form, name: string): string {
  const value = form[name];
  if (value === undefined) throw new OAuthRefusal("invalid_request", `${name} is missing.`);
  return value;
}
