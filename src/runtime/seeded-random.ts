import type { Random } from "./random.ts";

const uuidLengths = [8, 4, 4, 4, 12];

/**
 * A repeatable Random (sfc32): the same seed gives the same sequence on every machine. Never for
 * secrets.
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  const hexadecimal = (length: number): string => {
    let text = "";
    while (text.length < length) text += next().toString(16).padStart(8, "0");
    return text.slice(0, length);
  };
  return {
    uuid: () => {
      const [first = "", second = "", third = "", fourth = "", fifth = ""] =
        uuidLengths.map(hexadecimal);
      return `${first}-${second}-4${third.slice(1)}-a${fourth.slice(1)}-${fifth}`;
    },
    fraction: () => next() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
