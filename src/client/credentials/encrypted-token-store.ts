import { createCipheriv, createDecipheriv } from "node:crypto";
import { ReferralsError } from "../../contract/index.ts";
import { type Random, systemRandom } from "../../runtime/index.ts";
import type { TokenKey } from "./token-key.ts";
import type { StoredSignIn, TokenStore } from "./token-store-port.ts";

/**
 * Where the encrypted bytes live.
 *
 * Guarantees: `write` leaves either the old bytes or the new ones, whole, also through a crash.
 */
export interface ByteStore {
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

/** What an encrypted token store needs. */
export interface EncryptedTokenStoreOptions {
  readonly bytes: ByteStore;
  /** The first key encrypts; the others still decrypt what was written before a rotation. */
  readonly keys: readonly [TokenKey, ...TokenKey[]];
  readonly random?: Random;
}

/** A token store whose content is useless without its key. */
export interface EncryptedTokenStore extends TokenStore {
  /** Encrypts the stored sign-in with the first key, so that older keys can be thrown away. */
  rotate(): Promise<void>;
}

interface Envelope {
  readonly version: 1;
  readonly keyId: string;
  readonly nonce: string;
  readonly tag: string;
  readonly ciphertext: string;
}

const algorithm = "aes-256-gcm";
/** NIST SP 800-38D 5.2.1.1 recommends 96 bits; a fresh random one per write. */
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Creates a token store that encrypts with AES-256-GCM. Where the bytes were damaged, cut short or
 * written under another key, `load` rejects with ReferralsError `tokenStoreUnreadable`: a wrong
 * token is never given out.
 */
export function createEncryptedTokenStore(
  options: EncryptedTokenStoreOptions,
): EncryptedTokenStore {
  const { bytes, keys, random = systemRandom } = options;
  const [currentKey] = keys;

  async function load(): Promise<StoredSignIn | undefined> {
    const stored = await bytes.read();
    return stored === undefined ? undefined : decrypt(stored, keys);
  }

  const save = (signIn: StoredSignIn): Promise<void> =>
    bytes.write(encrypt(signIn, currentKey, random.bytes(nonceBytes)));

  return {
    load,
    save,
    clear: () => bytes.remove(),
    async rotate() {
      const signIn = await load();
      if (signIn !== undefined) await save(signIn);
    },
  };
}

/**
 * What is authenticated beside the content: an envelope can't be passed off as one of another kind
 * or key.
 */
const additionalData = (keyId: string): Buffer =>
  Buffer.from(`partner-referrals sign-in 1 ${keyId}`);

function encrypt(signIn: StoredSignIn, key: TokenKey, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(key.id));
  const text = Buffer.concat([cipher.update(JSON.stringify(signIn), "utf8"), cipher.final()]);
  const envelope: Envelope = {
    version: 1,
    keyId: key.id,
    nonce: Buffer.from(nonce).toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    ciphertext: text.toString("base64"),
  };
  return Buffer.from(`${JSON.stringify(envelope)}\n`);
}

function decrypt(stored: Uint8Array, keys: readonly TokenKey[]): StoredSignIn {
  const envelope = envelopeOf(stored);
  const key = keys.find(({ id }) => id === envelope.keyId);
  if (key === undefined) {
    throw unreadable(
      `The stored sign-in was encrypted with key ${envelope.keyId}, but only ` +
        `${keys.map(({ id }) => id).join(", ")} is at hand.`,
    );
  }
  try {
    const nonce = Buffer.from(envelope.nonce, "base64");
    const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
    decipher.setAAD(additionalData(key.id));
    decipher.setAuthTag(Buffer.from(envelope.tag, "base64"));
    const text = Buffer.concat([
      decipher.update(Buffer.from(envelope.ciphertext, "base64")),
      decipher.final(),
    ]);
    return JSON.parse(text.toString("utf8")) as StoredSignIn;
  } catch (cause) {
    throw unreadable("The stored sign-in was damaged or changed.", cause);
  }
}

function envelopeOf(stored: Uint8Array): Envelope {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(stored).toString("utf8"));
  } catch (cause) {
    throw unreadable("The stored sign-in is damaged or cut short.", cause);
  }
  const fields = (document ?? {}) as Readonly<Record<string, unknown>>;
  const texts = ["keyId", "nonce", "tag", "ciphertext"];
  if (fields.version !== 1 || texts.some((name) => typeof fields[name] !== "string")) {
    throw unreadable("The stored sign-in has an unknown form.");
  }
  return document as Envelope;
}

function unreadable(message: string, cause?: unknown): ReferralsError {
  return new ReferralsError("tokenStoreUnreadable", { message, cause });
}
