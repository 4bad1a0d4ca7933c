import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { judge } from "./campaign/judge.ts";
import { engineSubject } from "./engine-subject.ts";
import { closeStores } from "./ledger-stores.ts";
import type { Schedule } from "./schedule/schedule.ts";

interface Found {
  /** What went wrong when it was found. */
  readonly found: string;
  readonly schedule: Schedule;
}

const folder = new URL("./corpus/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("every failure that the simulation ever found stays mended", () => {
  afterAll(closeStores);

  it("holds a corpus", () => {
    expect(files.length).toBeGreaterThan(15);
  });

  for (const file of files) {
    const { found, schedule } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Found;
    it(`${file}: ${found}`, async () => {
      const { violations } = await judge(schedule, engineSubject());
      expect(violations).toEqual([]);
    });
    it(`${file} on SQLite`, async () => {
      const settings = { ...schedule.settings, ledger: "sqlite" } as const;
      const { violations } = await judge({ ...schedule, settings }, engineSubject());
      expect(violations).toEqual([]);
    });
  }
});
