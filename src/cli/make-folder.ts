import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CliFailure } from "./failure.ts";

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Creates a folder and those above it, for the owner alone unless told. Folder by folder, since
 * Node's own
 * recursive way never ends where a system answers that a folder which may not be made is missing,
 * as Linux does below /proc.
 */
export function makeFolder(path: string, mode = 0o700): void {
  const folder = resolve(path);
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Another process may have made it meanwhile.
    if (code === "EEXIST" && isFolder(folder)) return;
    const isFile = code === "EEXIST" || code === "ENOTDIR";
    throw new CliFailure(
      isFile ? "There is a file where a folder must be." : "No folder can be made there.",
      { place: folder, remedy: "Name another folder, or give yourself the right to it.", cause },
    );
  }
}
