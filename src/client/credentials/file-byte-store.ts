import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Random, systemRandom } from "../../runtime/index.ts";
import type { ByteStore } from "./encrypted-token-store.ts";

const isWindows = process.platform === "win32";

/**
 * Bytes in one file that only its owner may read. A write goes to a new file beside it, is synced,
 * and takes the old one's place in one step (rename), so that a crash leaves one of the two whole.
 */
export function createFileByteStore(path: string, random: Random = systemRandom): ByteStore {
  return {
    async read() {
      try {
        return await readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(bytes) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const beside = `${path}.${random.uuid()}.new`;
      try {
        await writeSynced(beside, bytes);
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
    },
    remove: () => rm(path, { force: true }),
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The new name survives a power cut only once the folder is synced as well; Windows offers no such
 * call.
 */
async function syncFolder(path: string): Promise<void> {
  if (isWindows) return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
