import { isIP } from "node:net";
import type { Problem } from "../../contract/index.ts";
import { isPrivateAddress } from "./addresses.ts";

const lengthLimit = 2_000;

function reasonAgainst(text: string, allowsPrivate: boolean): string | undefined {
  if (text.length > lengthLimit) return `is longer than ${lengthLimit} characters`;
  if (!URL.canParse(text)) return "is not an absolute URL";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "holds a user name or password";
  if (url.hash !== "") return "has a fragment";
  const isHttps = url.protocol === "https:";
  if (!isHttps && !(allowsPrivate && url.protocol === "http:")) return "is not an https address";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isLocal = host === "localhost" || host.endsWith(".localhost");
  const isPrivate = isLocal || (isIP(host) !== 0 && isPrivateAddress(host));
  return isPrivate && !allowsPrivate ? "names a private address" : undefined;
}

/**
 * What is wrong with an address that webhooks are to go to; names are resolved and checked again at
 * each delivery.
 */
export function webhookUrlProblem(
  text: string,
  pointer: string,
  allowsPrivate: boolean,
): Problem | undefined {
  const reason = reasonAgainst(text, allowsPrivate);
  const remedy = "Send an https address that the internet can reach.";
  return reason === undefined ? undefined : { pointer, reason, remedy };
}
