import { describe, expect, test } from "vitest";
import { marks, paint, remedyLine } from "./paint.ts";
import { progressText, rateOf, startProgress } from "./progress.ts";
import { cut, table, widthOf, wrapped } from "./table.ts";
import { abilitiesOf, degrade } from "./terminal.ts";
import { counted, duration, relative, shown } from "./words.ts";

const screen = { isTTY: true, columns: 80 };
const plain = { hasColour: false, hasUnicode: false, isInteractive: false, width: 80 };

describe("what a terminal can show", () => {
  test.each([
    ["a terminal", { LANG: "en_US.UTF-8", TERM: "xterm" }, screen, true, true],
    ["NO_COLOR", { LANG: "C.UTF-8", NO_COLOR: "1" }, screen, false, true],
    ["an empty NO_COLOR", { LANG: "C.UTF-8", NO_COLOR: "" }, screen, true, true],
    ["TERM=dumb", { LANG: "C.UTF-8", TERM: "dumb" }, screen, false, false],
    ["LANG=C", { LANG: "C" }, screen, true, false],
    ["LC_ALL before LANG", { LC_ALL: "POSIX", LANG: "de_DE.UTF-8" }, screen, true, false],
    ["a pipe", { LANG: "C.UTF-8" }, {}, false, true],
    ["FORCE_COLOR in a pipe", { LANG: "C.UTF-8", FORCE_COLOR: "1" }, {}, true, true],
  ])("%s", (_name, environment, stream, hasColour, hasUnicode) => {
    expect(abilitiesOf(environment, stream)).toMatchObject({ hasColour, hasUnicode });
  });

  test("only a terminal has a width; a pipe gets whole lines", () => {
    expect(abilitiesOf({}, screen).width).toBe(80);
    expect(abilitiesOf({}, {}).width).toBe(Number.POSITIVE_INFINITY);
  });

  test("a command that is copied with its arrow doesn't write a file", () => {
    expect(degrade(remedyLine("referrals plan"), plain)).toBe("-> referrals plan");
  });

  test("a text without colours and symbols has the same width, and nothing but ASCII", () => {
    const text = `${marks.good} ${paint.bad("✗ – … → ● │ ’")} ${remedyLine("go")}`;
    const shownText = degrade(text, plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant.
    expect(shownText).toMatch(/^[\x00-\x7f]*$/);
    expect(widthOf(shownText)).toBe(widthOf(text));
  });
});

describe("a table", () => {
  const columns = [
    { title: "deal", canShrink: true },
    { title: "value", align: "right" as const },
  ];

  test("aligns its columns whatever colours are in them", () => {
    const rows = [
      ["a", paint.warn("1")],
      ["bb", "1,000"],
    ];
    const lines = degrade(table(columns, rows, 80), plain).split("\n");
    expect(lines).toEqual(["deal  value", "a         1", "bb    1,000"]);
  });

  test("keeps to its width by cutting what may be cut", () => {
    const text = table(columns, [["x".repeat(100), "1,000"]], 40);
    for (const line of text.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(40);
    expect(text).toContain("…");
  });

  test("a cut text is as long as allowed, a short one stays whole", () => {
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("abc", 4)).toBe("abc");
  });

  test("a wrapped sentence keeps every word", () => {
    const words = "one two three four five six seven eight nine ten";
    const text = wrapped(words, 30, "  ");
    expect(text.split("\n").length).toBeGreaterThan(1);
    expect(text.split(/\s+/).join(" ")).toBe(words);
  });
});

describe("progress", () => {
  test("tells share, rate and remaining time", () => {
    expect(progressText(412, 1_204, 1.6)).toBe("412/1,204  34 %  1.6/s  8 min left");
    expect(progressText(3, 100, 0.05)).toContain("3.0/min");
  });

  test("its rate is that of the samples it is given", () => {
    expect(rateOf([{ at: 0, done: 0 }])).toBe(0);
    expect(
      rateOf([
        { at: 0, done: 0 },
        { at: 10_000, done: 25 },
      ]),
    ).toBe(2.5);
  });

  test("a backfill of ninety calls a minute ends when it was foretold", () => {
    let now = 0;
    const lines: string[] = [];
    const terminal = { err: plain, draw: () => {}, tell: (text: string) => void lines.push(text) };
    const clock = { now: () => now, sleep: async () => {} };
    const progress = startProgress(terminal, clock, "Syncing");
    for (let done = 0; done <= 900; done += 1) {
      now = (done * 60_000) / 90;
      progress.update(done, 900);
    }
    // After five minutes half is done, and five minutes are left.
    expect(lines.some((line) => line.includes("450/900") && line.includes("5 min left"))).toBe(
      true,
    );
    expect(lines.length).toBeLessThanOrEqual(61);
  });

  test("where a person watches, one line moves and is wiped at the end", () => {
    let drawn = "";
    const err = { ...plain, isInteractive: true };
    const terminal = {
      err,
      tell: () => {},
      draw: (text: string) => {
        drawn += text;
      },
    };
    let now = 0;
    const progress = startProgress(terminal, { now: () => now, sleep: async () => {} }, "Syncing");
    now = 5_000;
    progress.update(1, 2);
    progress.end();
    expect(drawn).toContain("1/2");
    expect(drawn.endsWith("\r\u001b[2K")).toBe(true);
  });
});

describe("words", () => {
  test("times are as people say them", () => {
    expect([duration(400), duration(4_000), duration(200_000), duration(7_200_000)]).toEqual([
      "0 s",
      "4 s",
      "3 min",
      "2 h",
    ]);
    expect(relative(1_000, 5_000)).toBe("4 s ago");
    expect(relative(5_000, 1_000)).toBe("in 4 s");
    expect(counted(1, "try", "tries")).toBe("1 try");
    expect(counted(1_204, "deal")).toBe("1,204 deals");
  });

  test("values are as a seller reads them", () => {
    expect(shown(null)).toBe("–");
    expect(shown(60_000)).toBe("60,000");
    expect(shown("2027-02-26T00:00:00Z")).toBe("2027-02-26");
    expect(shown([{ firstName: "Ines", lastName: "Adeyemi" }])).toBe("Ines Adeyemi");
    expect(shown([{ pr_name: "Aldermoor" }])).toBe("Aldermoor");
  });
});
