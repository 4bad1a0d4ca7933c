import { createHash } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ReferralsError } from "../../contract/index.ts";
import { type Random, systemRandom } from "../../runtime/index.ts";

/** A 256-bit key, and a name for it that betrays nothing of it. */
export interface TokenKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

const keyBytes = 32;
const isWindows = process.platform === "win32";

/**
 * A key from its text: 32 bytes in base64 or hexadecimal, as an environment variable would hold it.
 */
export function tokenKeyFromText(text: string): TokenKey {
  const trimmed = text.trim();
  const bytes = /^[\da-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : Buffer.from(trimmed, "base64");
  if (bytes.length !== keyBytes) {
    throw unusable(`A token key has ${keyBytes} bytes, this one has ${bytes.length}.`);
  }
  const digest = createHash("sha256").update("partner-referrals token key").update(bytes);
  return { id: digest.digest("hex").slice(0, 12), bytes: new Uint8Array(bytes) };
}

/**
 * A key from a file that only its owner may read (mode 0600). A missing file is created with a new
 * random key; one that others may read is refused with ReferralsError `tokenStoreUnreadable`.
 */
export async function tokenKeyFromFile(
  path: string,
  random: Random = systemRandom,
): Promise<TokenKey> {
  await createIfMissing(path, random);
  const { mode } = await stat(path);
  if (!isWindows && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8);
    throw unusable(`${path} can be read by others (mode ${octal}): run chmod 600 on it.`);
  }
  try {
    return tokenKeyFromText(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof ReferralsError)) throw error;
    throw unusable(`${path}: ${error.message}`, error);
  }
}

async function createIfMissing(path: string, random: Random): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // "wx" makes one of two processes the creator; the other reads what the first has written.
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(`${Buffer.from(random.bytes(keyBytes)).toString("base64")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function unusable(message: string, cause?: unknown): ReferralsError {
  return new ReferralsError("tokenStoreUnreadable", { message, cause });
}
