import type { Random } from "../../runtime/index.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const instance = "dL000000";

/** An id of 15 characters with the three that tell upper from lower case appended. */
export function longId(shortId: string): string {
  let suffix = "";
  for (let start = 0; start < 15; start += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      if (/[A-Z]/.test(shortId[start + place] ?? "")) bits |= 1 << place;
    }
    suffix += alphabet[bits];
  }
  return shortId + suffix;
}

/** The stored form of an id as a client wrote it; undefined where it is none. */
export function parseId(text: string): string | undefined {
  if (/^[0-9A-Za-z]{15}$/.test(text)) return longId(text);
  if (!/^[0-9A-Za-z]{18}$/.test(text)) return undefined;
  const id = longId(text.slice(0, 15));
  return id === text ? id : undefined;
}

/** A new id of an object. */
export function newId(prefix: string, random: Random): string {
  const [high = 0, low = 0] = random.bytes(2);
  const number = (high * 256 + low) % digits.length ** 2;
  const counter = Math.floor(random.fraction() * digits.length ** 3);
  const text = [number, counter]
    .map((part) => {
      let rest = part;
      let word = "";
      for (let place = 0; place < 3; place += 1) {
        word = `${digits[rest % digits.length]}${word}`;
        rest = Math.floor(rest / digits.length);
      }
      return word;
    })
    .join("");
  const extra = digits[Math.floor(random.fraction() * digits.length)] ?? "0";
  const id = `${prefix}${instance.slice(0, 5)}${text}${extra}`;
  return longId(id.slice(0, 15));
}
