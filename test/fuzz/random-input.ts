import { patchPaths } from "../../src/contract/index.ts";
import type { Random } from "../../src/runtime/index.ts";

const words = [
  ..."\0 \ud800 é 漢 😀 ' \" \\ / ~ % & = ? # ; , . : - _ + * ( ) { } [ ] $ @ ! | ^ ` < >".split(
    " ",
  ),
  ...["", " ", "\r\n", "\t", "__proto__", "constructor", "toString", "null", "NaN", "-0", "1e999"],
  ...["Active", "Closed", "Won", "New", "None", "Shared", "US", "EUR", "2030-01-01T00:00:00Z"],
  ...["9999-12-31T23:59:59.9999999Z", "0000-00-00", "x".repeat(300), "msft", "*", '"', 'W/"a"'],
];
const values: readonly unknown[] = [
  ...words,
  ...[null, true, false, 0, -1, 1.5, 1e21, 1e-300, Number.MAX_SAFE_INTEGER + 2, -0],
  ...[[], {}, [[]], [null], [{}], { id: 1 }, ["a", 1, null]],
];
const queries = [
  ...["$filter=", "$orderby=", "$select=", "$expand=", "$top=", "$skip=", "$count=", "$skiptoken="],
  ...[
    "$search=",
    "$compute=",
    "$id=",
    "@a=",
    "filter=",
    "&",
    "&&",
    "=",
    "$",
    "$filter",
    "$format=",
  ],
  ...["status", "updatedDateTime", "details/dealValue", "team", "customerProfile/address/country"],
  ...["team/any(t:t/email", "any(", "all(", "contains(", "substring(", "year(", "now()", "cast("],
  ...[" eq ", " ne ", " lt ", " in ", " and ", " or ", "not ", " div ", " mod ", " desc", " add "],
  ...["'x'", "'Active'", "1", "0", "-1", "2030-01-01T00:00:00Z", "null", "true", "duration'P1D'"],
  ...[
    "relatedReferrals",
    "relatedReferrals(",
    ")",
    "(",
    ",",
    ";",
    "/",
    "%20",
    "%00",
    "%ff",
    "%",
    "+",
  ],
];

/** Makes random calls' parts, most of them nearly right. */
export class RandomInput {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }

  happens(share: number): boolean {
    return this.#random.fraction() < share;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined && choices.length === 0) throw new RangeError("nothing to pick from");
    return chosen as T;
  }

  text(): string {
    return Array.from({ length: this.below(4) }, () => this.pick(words)).join("");
  }

  value(): unknown {
    if (this.happens(0.02)) return this.#nested(this.pick([10, 63, 64, 65, 1_000]));
    // What databases take for text differs most in these two.
    if (this.happens(0.1)) return this.pick(["a\0b", "\ud800"]);
    return this.pick(values);
  }

  /** The same JSON value with a few parts replaced, removed, renamed, doubled or added. */
  mutated(value: unknown, times = 1 + this.below(3)): unknown {
    let result = value;
    for (let time = 0; time < times; time += 1) result = this.#mutatedOnce(result);
    return result;
  }

  patch(): unknown {
    if (this.happens(0.1)) return this.value();
    return Array.from({ length: this.below(4) }, () => {
      const operation = {
        op: this.pick(["add", "replace", "replace", "remove", "test", this.text()]),
        path: this.happens(0.8) ? this.pick(patchPaths).path : `/${this.text()}/${this.text()}`,
        value: this.value(),
      };
      return this.happens(0.7) ? operation : this.mutated(operation, 1);
    });
  }

  /** JSON as bytes, sometimes damaged. */
  bytes(value: unknown): Buffer {
    const whole = Buffer.from(JSON.stringify(value) ?? "");
    if (this.happens(0.8) || whole.length === 0) return whole;
    const place = this.below(whole.length);
    if (this.happens(0.4)) return whole.subarray(0, place);
    whole[place] = this.below(256);
    return whole;
  }

  query(): string {
    const parts = Array.from({ length: 1 + this.below(8) }, () => this.pick(queries));
    return this.happens(0.5) ? parts.join("") : `${this.pick(queries)}${encodeURI(parts.join(""))}`;
  }

  /** A skip token of any shape, in the encoding of the real ones. */
  skipToken(): string {
    const token = {
      a: Array.from({ length: this.below(4) }, () => this.#tokenPart()),
      p: this.pick([10, 0, -1, 1.5, "10", 1e9]),
      t: this.pick(["", "2026-01-01T00:00:00.0000000Z", "\0", "now", this.text()]),
      r: this.pick([undefined, 0, 5, -1, "x"]),
    };
    const text = JSON.stringify(this.happens(0.8) ? token : this.mutated(token));
    return this.happens(0.9) ? Buffer.from(text).toString("base64url") : encodeURIComponent(text);
  }

  headerValue(): string {
    const length = this.below(20);
    const any = () => String.fromCharCode(32 + this.below(95 + (this.happens(0.1) ? 128 : 0)));
    return Array.from({ length }, any).join("").replaceAll("\x7f", "");
  }

  #tokenPart(): unknown {
    return this.pick(["x", "a\0b", "2026-01-01T00:00:00Z", null, true, { n: "1" }, { n: "x" }, 5]);
  }

  #nested(depth: number): unknown {
    let value: unknown = "x";
    for (let level = 0; level < depth; level += 1) {
      value = this.happens(0.5) ? [value] : { deeper: value };
    }
    return value;
  }

  #mutatedOnce(value: unknown): unknown {
    if (typeof value !== "object" || value === null || this.happens(0.15)) return this.value();
    const entries = Object.entries(value);
    const place = this.below(entries.length + 1);
    const [name, inner] = entries[place] ?? [this.text(), this.value()];
    const rest = entries.filter((_, index) => index !== place);
    const change = this.below(6);
    if (change === 0) return this.#like(value, rest);
    if (change === 1) return this.#like(value, [...rest, [this.text(), inner]]);
    if (change === 2) return this.#like(value, [...entries, [name.toUpperCase(), this.value()]]);
    return this.#like(value, [...rest, [name, this.#mutatedOnce(inner)]]);
  }

  #like(value: object, entries: readonly (readonly [string, unknown])[]): unknown {
    return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
  }
}
