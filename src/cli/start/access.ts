import { type AccessOptions, isSignInRequired, refuseOpenAddress } from "../../operations/index.ts";
import type { Config } from "../config/config-schema.ts";
import { CliFailure } from "../failure.ts";
import { storedSecret } from "./stored-secret.ts";

/** The file in the data folder by which the command line signs in. */
export const operationsTokenFile = "operations.token";

/**
 * Who may come in, as a configuration says. Errors: CliFailure where the page would be open to
 * other machines without a sign-in.
 */
export function accessOf({ server, data }: Pick<Config, "server" | "data">): AccessOptions {
  const { users, openId, host } = server;
  const access: AccessOptions = { users, ...(openId ? { openId } : {}) };
  const refusal = refuseOpenAddress(host, access);
  if (refusal !== undefined) {
    throw new CliFailure(refusal, {
      place: "server.host",
      remedy: "Name server.users or server.openId, or listen on 127.0.0.1 behind a proxy.",
    });
  }
  if (!isSignInRequired(access)) return access;
  return { ...access, serviceToken: storedSecret(data, operationsTokenFile) };
}
