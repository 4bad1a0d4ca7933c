import { expect, test } from "vitest";
import { openDatabase } from "../storage/index.ts";
import { RowStore } from "./row-store.ts";

test("a change that throws leaves every row as it was, an inner one within an outer too", async () => {
  const database = await openDatabase(":memory:");
  const store = await RowStore.open(database);
  store.change(() => store.put("deal", "1", { name: "first" }));
  const outer = (): void =>
    store.change(() => {
      store.change(() => store.put("deal", "1", { name: "second" }));
      const inner = (): void =>
        store.change(() => {
          store.put("deal", "2", { name: "new" });
          store.remove("deal", "1");
          throw new Error("inner");
        });
      expect(inner).toThrow("inner");
      expect(store.all("deal")).toEqual([{ name: "second" }]);
      throw new Error("outer");
    });
  expect(outer).toThrow("outer");
  expect(store.all("deal")).toEqual([{ name: "first" }]);
  await database.close();
});

test("what was saved is there again after a restart, what was removed is not", async () => {
  const database = await openDatabase(":memory:");
  const store = await RowStore.open(database);
  store.change(() => {
    store.put("deal", "1", { name: "kept" });
    store.put("deal", "2", { name: "removed" });
  });
  await store.saved();
  store.change(() => store.remove("deal", "2"));
  await store.saved();
  const again = await RowStore.open(database);
  expect(again.all("deal")).toEqual([{ name: "kept" }]);
  await database.close();
});
