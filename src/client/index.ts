// Everything that also runs in a browser, which gets browser.ts alone (package.json, "exports").
export * from "./browser.ts";
export {
  type ByteStore,
  createEncryptedTokenStore,
  type EncryptedTokenStore,
  type EncryptedTokenStoreOptions,
} from "./credentials/encrypted-token-store.ts";
export { createFileByteStore } from "./credentials/file-byte-store.ts";
export { type TokenKey, tokenKeyFromFile, tokenKeyFromText } from "./credentials/token-key.ts";
