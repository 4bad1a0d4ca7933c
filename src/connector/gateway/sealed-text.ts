import { createCipheriv, createDecipheriv } from "node:crypto";
import type { TokenKey } from "../../client/index.ts";
import { ReferralsError } from "../../contract/index.ts";
import type { Random } from "../../runtime/index.ts";

/** Makes texts unreadable and unchangeable for whoever has no key. */
export interface Sealer {
  /** `purpose` must be the same on opening: a text can't be passed off as one of another kind. */
  seal(text: string, purpose: string): string;
  /** Errors: tokenStoreUnreadable. */
  open(sealed: string, purpose: string): string;
}

const algorithm = "aes-256-gcm";
/** As NIST SP 800-38D 5.2.1.1 recommends; a fresh random one for each text. */
const nonceBytes = 12;
const tagBytes = 16;

const additionalData = (keyId: string, purpose: string): Buffer =>
  Buffer.from(`partner-referrals gateway 1 ${keyId} ${purpose}`);

/** A Sealer with AES-256-GCM. The first key seals, the others still open what was sealed before. */
export function createSealer(keys: readonly [TokenKey, ...TokenKey[]], random: Random): Sealer {
  const [current] = keys;
  return {
    seal(text, purpose) {
      const nonce = Buffer.from(random.bytes(nonceBytes));
      const cipher = createCipheriv(algorithm, current.bytes, nonce, { authTagLength: tagBytes });
      cipher.setAAD(additionalData(current.id, purpose));
      const content = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      const sealed = Buffer.concat([nonce, cipher.getAuthTag(), content]);
      return `${current.id}.${sealed.toString("base64url")}`;
    },
    open(sealed, purpose) {
      const [keyId = "", content = ""] = sealed.split(".");
      const key = keys.find(({ id }) => id === keyId);
      if (!key) {
        const message = `A secret was sealed with key ${keyId}, which isn't at hand.`;
        throw new ReferralsError("tokenStoreUnreadable", { message });
      }
      return openWith(key, Buffer.from(content, "base64url"), purpose);
    },
  };
}

function openWith(key: TokenKey, bytes: Buffer, purpose: string): string {
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
    decipher.setAAD(additionalData(key.id, purpose));
    decipher.setAuthTag(tag);
    const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (cause) {
    const message = "A sealed secret was damaged, or sealed for something else.";
    throw new ReferralsError("tokenStoreUnreadable", { message, cause });
  }
}
