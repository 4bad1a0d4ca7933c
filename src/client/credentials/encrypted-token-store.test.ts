import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReferralsError } from "../../contract/index.ts";
import { seededRandom } from "../../runtime/index.ts";
import { createEncryptedTokenStore } from "./encrypted-token-store.ts";
import { createFileByteStore } from "./file-byte-store.ts";
import { tokenKeyFromFile, tokenKeyFromText } from "./token-key.ts";
import type { StoredSignIn } from "./token-store-port.ts";

const signIn: StoredSignIn = {
  refreshToken: "0.AXoA-very-secret",
  issuedAt: 1,
  signedInAt: 1,
  account: "sync@contoso.example",
};
const oldKey = tokenKeyFromText("11".repeat(32));
const newKey = tokenKeyFromText("22".repeat(32));

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "token-store-"));
  path = join(folder, "sign-in");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const storeWith = (...keys: [typeof oldKey, ...(typeof oldKey)[]]) =>
  createEncryptedTokenStore({ bytes: createFileByteStore(path), keys });

async function refusalOf(work: Promise<unknown>): Promise<ReferralsError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ReferralsError);
  return error as ReferralsError;
}

describe("an encrypted token store", () => {
  test("gives back what was saved, and nothing before or after", async () => {
    const store = storeWith(oldKey);
    expect(await store.load()).toBeUndefined();
    await store.save(signIn);
    expect(await store.load()).toEqual(signIn);
    await store.clear();
    expect(await store.load()).toBeUndefined();
  });

  test("writes nothing readable, in a file for its owner only", async () => {
    await storeWith(oldKey).save(signIn);
    const text = readFileSync(path, "utf8");
    for (const secret of [signIn.refreshToken, "contoso", "refreshToken", "11".repeat(32)]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("base64"));
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["sign-in"]);
  });

  test("never uses a nonce twice", async () => {
    const nonces = new Set<string>();
    const store = storeWith(oldKey);
    for (let write = 0; write < 50; write += 1) {
      await store.save(signIn);
      nonces.add(JSON.parse(readFileSync(path, "utf8")).nonce);
    }
    expect(nonces.size).toBe(50);
  });

  test("notices each single changed or missing byte", async () => {
    const store = storeWith(oldKey);
    await store.save(signIn);
    const whole = readFileSync(path);
    for (let position = 0; position < whole.length - 1; position += 1) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] ?? 0) ^ 1;
      writeFileSync(path, changed);
      const loaded = await store.load().catch((error: unknown) => error);
      if (!(loaded instanceof ReferralsError)) expect(loaded).toEqual(signIn);
      else expect(loaded.code).toBe("tokenStoreUnreadable");
      writeFileSync(path, whole.subarray(0, position));
      expect((await refusalOf(store.load())).code).toBe("tokenStoreUnreadable");
    }
  });

  test("says which key is missing, and what to do", async () => {
    await storeWith(oldKey).save(signIn);
    const error = await refusalOf(storeWith(newKey).load());
    expect(error.message).toContain(oldKey.id);
    expect(error.message).toContain(newKey.id);
    expect(error.remedy).toContain("sign in again");
  });

  test("goes over to a new key, after which the old one is not needed", async () => {
    await storeWith(oldKey).save(signIn);
    const both = storeWith(newKey, oldKey);
    expect(await both.load()).toEqual(signIn);
    await both.rotate();
    expect(await storeWith(newKey).load()).toEqual(signIn);
    expect((await refusalOf(storeWith(oldKey).load())).code).toBe("tokenStoreUnreadable");
  });

  test("keeps the old value whole when a write fails", async () => {
    const bytes = createFileByteStore(path);
    await createEncryptedTokenStore({ bytes, keys: [oldKey] }).save(signIn);
    const before = readFileSync(path);
    chmodSync(folder, 0o500);
    try {
      const isRoot = process.getuid?.() === 0;
      const broken = createFileByteStore(isRoot ? join(path, "impossible") : path);
      await expect(broken.write(Buffer.from("new"))).rejects.toThrow();
    } finally {
      chmodSync(folder, 0o700);
    }
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["sign-in"]);
  });
});

describe("a key file", () => {
  test("is created once, for its owner only", async () => {
    const keyPath = join(folder, "keys", "token.key");
    const created = await tokenKeyFromFile(keyPath, seededRandom(5));
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    expect(await tokenKeyFromFile(keyPath, seededRandom(6))).toEqual(created);
  });

  test("is refused if others may read it, with the remedy", async () => {
    const keyPath = join(folder, "token.key");
    await tokenKeyFromFile(keyPath);
    chmodSync(keyPath, 0o640);
    const error = await refusalOf(tokenKeyFromFile(keyPath));
    expect(error.message).toMatch(/mode 640.*chmod 600/);
  });

  test("is refused if it holds no key", async () => {
    const keyPath = join(folder, "token.key");
    writeFileSync(keyPath, "short", { mode: 0o600 });
    expect((await refusalOf(tokenKeyFromFile(keyPath))).message).toContain("32 bytes");
  });

  test("may be given as text, in base64 or hexadecimal", () => {
    const base64 = Buffer.from("11".repeat(32), "hex").toString("base64");
    expect(tokenKeyFromText(`${base64}\n`)).toEqual(oldKey);
    expect(oldKey.id).not.toBe(newKey.id);
    expect(() => tokenKeyFromText("")).toThrow(ReferralsError);
  });
});
