import { createHash } from "node:crypto";
import type { Clock, Random } from "../../runtime/index.ts";
import type { DocumentStore } from "../../storage/index.ts";
import type { Operator } from "./access-options.ts";

const tokenBytes = 32;
/** How long a sign-in lasts. */
export const sessionMs = 12 * 3_600_000;
const kind = "session";

/** Sign-ins by the hash of their token: whoever reads the database can't use them. */
export interface Sessions {
  begin(operator: Operator): Promise<string>;
  find(token: string): Promise<Operator | undefined>;
  end(token: string): Promise<void>;
}

const digest = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** Sessions that outlive a restart. */
export function createSessions(
  store: DocumentStore,
  world: { readonly clock: Clock; readonly random: Random },
): Sessions {
  return {
    begin: async (operator) => {
      const token = Buffer.from(world.random.bytes(tokenBytes)).toString("base64url");
      await store.put(kind, digest(token), JSON.stringify(operator), world.clock.now() + sessionMs);
      return token;
    },
    find: async (token) => {
      const text = await store.get(kind, digest(token));
      return text === undefined ? undefined : (JSON.parse(text) as Operator);
    },
    end: async (token) => {
      await store.take(kind, digest(token));
    },
  };
}
