import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The processes of another host, or of another container that shares the folder, can't be asked
 * whether they live.
 */
const ours = `partner-referrals-memory-${hostname()}-`;

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Removes what processes left that were killed before they could do so themselves. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const processId = name.startsWith(ours) ? Number.parseInt(name.slice(ours.length), 10) : 0;
    if (processId > 0 && !isAlive(processId)) remove(join(tmpdir(), name));
  }
}

/**
 * A folder that goes with this process at the latest; a killed one's goes when the next one is
 * made.
 */
export function makeTemporaryFolder(): { readonly path: string; readonly release: () => void } {
  removeAbandoned();
  const path = mkdtempSync(join(tmpdir(), `${ours}${process.pid}-`));
  const onExit = (): void => remove(path);
  process.once("exit", onExit);
  return {
    path,
    release: () => {
      process.off("exit", onExit);
      remove(path);
    },
  };
}
