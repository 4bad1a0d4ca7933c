import { expect, test } from "vitest";
import { tokenKeyFromText } from "../../client/index.ts";
import { systemRandom } from "../../runtime/index.ts";
import { createSealer } from "./sealed-text.ts";

const keyOf = (byte: number) => tokenKeyFromText(Buffer.alloc(32, byte).toString("base64"));
const sealer = createSealer([keyOf(1)], systemRandom);
const text = "https://flow.example/?sig=secret";

test("what is sealed can be opened, and betrays nothing", () => {
  const sealed = sealer.seal(text, "callback");
  expect(sealer.open(sealed, "callback")).toBe(text);
  expect(sealed).not.toContain("flow");
  expect(sealer.seal(text, "callback")).not.toBe(sealed);
});

test("it opens only for what it was sealed for", () => {
  const sealed = sealer.seal(text, "callback");
  expect(() => sealer.open(sealed, "sign-in")).toThrow("sealed for something else");
});

test("a change of any character is noticed", () => {
  const sealed = sealer.seal(text, "callback");
  for (const index of [sealed.indexOf(".") + 1, sealed.length - 4]) {
    const other = sealed[index] === "A" ? "B" : "A";
    const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
    expect(() => sealer.open(changed, "callback")).toThrow();
  }
});

test("after a rotation the old key still opens, a lost key is named", () => {
  const sealed = sealer.seal(text, "callback");
  const rotated = createSealer([keyOf(2), keyOf(1)], systemRandom);
  expect(rotated.open(sealed, "callback")).toBe(text);
  const lost = createSealer([keyOf(2)], systemRandom);
  expect(() => lost.open(sealed, "callback")).toThrow(keyOf(1).id);
});
