import { expect, test } from "vitest";
import { byteText, joinParts } from "./json-parts.ts";

const texts = ["plain", "Zoë", "é only", "株式会社 🪵", "", "\u00ff\u0100"];

test.each(texts)("%j is the same bytes as text, as bytes and as a buffer", (text) => {
  const bytes = new TextEncoder().encode(`__${text}__`).subarray(2, -2);
  const written = (parts: readonly (string | Uint8Array)[]) =>
    Buffer.from(byteText(parts), "latin1").toString("utf8");
  expect(written([text])).toBe(text);
  expect(written([bytes])).toBe(text);
  expect(written(["{", bytes, text, "}"])).toBe(`{${text}${text}}`);
  expect(byteText([text, bytes])).toHaveLength(joinParts([text, bytes]).length);
});
