import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  announceAddress,
  claimDataFolder,
  fileWitness,
  runningAddress,
  witnessFile,
} from "./data-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "data-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const module = new URL("data-folder.ts", import.meta.url).href;

/** A process that claims the folder, says so, and waits to be killed. */
async function otherOwner() {
  const names = "{ claimDataFolder, announceAddress }";
  const script = `const ${names} = await import(${JSON.stringify(module)});
    claimDataFolder(${JSON.stringify(folder)});
    announceAddress(${JSON.stringify(folder)}, "http://127.0.0.1:9");
    console.log("claimed"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    id: child.pid,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("a folder that is released can be claimed again", () => {
  const release = claimDataFolder(folder);
  expect(() => claimDataFolder(folder)).toThrow("already runs on this data");
  release();
  claimDataFolder(folder)();
});

test("a second process is refused with the first one's id, and admitted after kill -9", async () => {
  const other = await otherOwner();
  expect(() => claimDataFolder(folder)).toThrow(`Another process (${other.id}) already runs`);
  expect(runningAddress(folder)).toBe("http://127.0.0.1:9");
  await other.kill();
  expect(runningAddress(folder)).toBeUndefined();
  claimDataFolder(folder)();
});

test("an address is announced until it is withdrawn", () => {
  const withdraw = announceAddress(folder, "http://127.0.0.1:1");
  expect(runningAddress(folder)).toBe("http://127.0.0.1:1");
  withdraw();
  expect(runningAddress(folder)).toBeUndefined();
});

test("how far the ledger has come is kept in a file, also one that tells of no calls", async () => {
  const witness = fileWitness(folder);
  expect(await witness.read()).toBeUndefined();
  await witness.write({ generation: 12, calls: 345 });
  expect(await fileWitness(folder).read()).toEqual({ generation: 12, calls: 345 });
  writeFileSync(join(folder, witnessFile), "7");
  expect(await witness.read()).toEqual({ generation: 7, calls: 0 });
});
