import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../runtime/index.ts";

const secretBytes = 24;

/** A secret of a sandbox: made once, kept in its folder, readable by the owner alone. */
export function storedSecret(folder: string, name: string): string {
  const path = join(folder, name);
  if (!existsSync(path)) {
    const secret = Buffer.from(systemRandom.bytes(secretBytes)).toString("base64url");
    writeFileSync(path, secret, { mode: 0o600 });
  }
  return readFileSync(path, "utf8");
}
