import type { Gateway } from "./gateway.ts";
import type { GatewayOptions } from "./options.ts";

/**
 * Makes a gateway on a database that is opened, and created where it isn't there. Its parts are
 * loaded only now: who exports a package needs none of them.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { assembleGateway } = await import("./gateway.ts");
  return assembleGateway(options);
}
