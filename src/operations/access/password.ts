import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import type { Random } from "../../runtime/index.ts";

const cost = { N: 32_768, r: 8, p: 1 } as const;
const memoryLimitBytes = 128 * 1024 * 1024;
const keyBytes = 32;
const saltBytes = 16;
const form = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]+)\$([\w-]+)$/;

function derive(password: string, salt: Uint8Array, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const limits = { ...options, maxmem: memoryLimitBytes };
    scrypt(password.normalize("NFKC"), salt, keyBytes, limits, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** A password as the configuration may hold it: `scrypt$N$r$p$salt$key`. */
export async function hashPassword(
  password: string,
  random: Pick<Random, "bytes">,
): Promise<string> {
  const salt = random.bytes(saltBytes);
  const key = await derive(password, salt, cost);
  const parts = [cost.N, cost.r, cost.p, Buffer.from(salt).toString("base64url")];
  return ["scrypt", ...parts, key.toString("base64url")].join("$");
}

/** Whether a text is a hash that `isPassword` can check. */
export function isPasswordHash(text: string): boolean {
  return form.test(text);
}

const nobody = [cost.N, cost.r, cost.p, "A".repeat(22), "A".repeat(43)];

/**
 * What is compared where nobody has the name, so that a wrong name takes as long as a right one.
 */
export const nobodysHash = ["scrypt", ...nobody].join("$");

/** Whether a password is the one that was hashed; takes as long where it isn't. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [, n, r, p, salt = "", key = ""] = form.exec(hash) ?? [];
  if (n === undefined) return false;
  const expected = Buffer.from(key, "base64url");
  if (expected.length !== keyBytes) return false;
  const options = { N: Number(n), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(password, Buffer.from(salt, "base64url"), options), expected);
}
