import { describe, expect, test } from "vitest";
import type { OperatorStatus } from "../../contract/index.ts";
import { silentLog } from "../../runtime/index.ts";
import { type AlertMessage, defaultAlertSettings } from "./alert.ts";
import { type AlertMemory, createAlerter } from "./alerter.ts";
import { composeMessage } from "./compose-message.ts";
import { type AlertSources, findAlerts } from "./find-alerts.ts";
import { plainText, slackBody, teamsBody } from "./formats.ts";

const start = Date.UTC(2026, 0, 5);
const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function statusAt(now: number, more: Partial<OperatorStatus> = {}): OperatorStatus {
  return {
    now,
    staleness: { firstWrites: 0, nowMs: 0 },
    upstreams: [{ name: "Partner Center", side: "referral", state: "well", sentence: "Answers" }],
    ...more,
  } as OperatorStatus;
}

const conflict = (id: string) =>
  ({
    id: `conflict:${id}:dealValue`,
    kind: "conflict",
    pairId: id,
    field: "dealValue",
    openedAt: start,
    sentence: "Deal value differs.",
    crm: 60_000,
    referral: 50_000,
    deal: { title: `Contoso ${id}`, isReferral: true, label: "Deal value" },
  }) as const;

const quiet: AlertSources = {
  status: statusAt(start),
  questions: [],
  problems: [],
  expiring: [],
};

/** A receiver that keeps what it is sent, over sources that a test changes. */
function desk(settings: Partial<typeof defaultAlertSettings> = {}) {
  let now = start;
  let stored: Awaited<ReturnType<AlertMemory["read"]>> = {};
  const got: AlertMessage[] = [];
  const world = { sources: quiet, isDown: false };
  const create = () =>
    createAlerter({
      receivers: [
        {
          name: "team",
          send: async (message) => {
            if (world.isDown) throw new Error("the receiver answered 503");
            got.push(message);
          },
        },
      ],
      settings: { ...defaultAlertSettings, ...settings },
      sources: async () => ({ ...world.sources, status: { ...world.sources.status, now } }),
      memory: {
        read: async () => stored,
        write: async (memory) => {
          stored = JSON.parse(JSON.stringify(memory));
        },
      },
      clock: { now: () => now, sleep: async () => {} },
      log: silentLog,
      environment: "staging",
      pageUrl: "http://127.0.0.1:4400",
    });
  const look = async (laterMs = 0): Promise<number> => {
    now += laterMs;
    return create().look();
  };
  return { world, got, look };
}

describe("what people are told of", () => {
  test("each of the six kinds comes of what the operator's API says", () => {
    const deal = { id: "p1", title: "Fabrikam lead", properties: { expires: "2026-01-07" } };
    const alerts = findAlerts(
      {
        status: statusAt(start, {
          staleness: { firstWrites: 0, nowMs: 40 * 60_000, oldestPairId: "p9" },
          upstreams: [
            {
              name: "Partner Center",
              side: "referral",
              state: "well",
              sentence: "",
              signInEndsAt: start + 3 * dayMs,
            },
          ],
        }),
        questions: [conflict("p2")],
        problems: [
          {
            code: "accessDenied",
            kind: "stopped",
            sentence: "Refused.",
            remedy: "Ask.",
            side: "crm",
            deals: [{ id: "p3", title: "Adatum" }],
          },
          {
            code: "noCountry",
            kind: "refused",
            sentence: "No country.",
            remedy: "Set it.",
            side: "referral",
            deals: [{ id: "p4", title: "Wingtip", field: "country", label: "Country" }],
          },
          {
            code: "timeout",
            kind: "retrying",
            sentence: "Later.",
            remedy: "",
            side: "crm",
            deals: [{ id: "p5", title: "Tried by itself" }],
          },
        ],
        expiring: [deal as never],
      },
      defaultAlertSettings,
    );
    expect(alerts.map(({ kind }) => kind).toSorted()).toEqual(
      ["conflict", "dead-letter", "expiring", "refused", "sign-in", "stale"].toSorted(),
    );
    expect(alerts.find(({ kind }) => kind === "expiring")?.sentence).toContain("in 2 days");
    expect(alerts.find(({ kind }) => kind === "conflict")).toMatchObject({
      title: "Contoso p2 · Deal value",
      path: "/deals/p2",
    });
    expect(alerts.find(({ kind }) => kind === "stale")?.sentence).toContain("40 minutes");
  });

  test("a system that fails is told beside a change that waits: neither hides the other", () => {
    const failing = { side: "crm", state: "failing", name: "Dynamics 365", sentence: "Silent" };
    const staleness = { firstWrites: 0, nowMs: 40 * 60_000, oldestPairId: "p9" };
    const status = statusAt(start, { staleness, upstreams: [failing as never] });
    const alerts = findAlerts({ ...quiet, status }, defaultAlertSettings);
    expect(alerts.map(({ kind, title, path }) => [kind, title, path])).toEqual([
      ["stale", "Dynamics 365", "/"],
      ["stale", "The sync is behind", "/deals/p9"],
    ]);
    expect(new Set(alerts.map(({ key }) => key)).size).toBe(2);
  });

  test("where nothing is wrong nobody is told", () => {
    expect(findAlerts(quiet, defaultAlertSettings)).toEqual([]);
  });
});

describe("when people are told", () => {
  test("a burst of news is one message, after it had time to gather", async () => {
    const { world, got, look } = desk();
    world.sources = { ...quiet, questions: [conflict("a")] };
    expect(await look()).toBe(0);
    world.sources = { ...quiet, questions: [conflict("a"), conflict("b")] };
    expect(await look(10 * secondMs)).toBe(0);
    expect(await look(25 * secondMs)).toBe(1);
    expect(got[0]?.sections[0]?.lines.map(({ title }) => title)).toEqual([
      "Contoso a · Deal value",
      "Contoso b · Deal value",
    ]);
    expect(got[0]?.sections[0]?.lines[0]?.link).toBe("http://127.0.0.1:4400/deals/a");
  });

  test("what was told isn't told again before a day has passed, also across a restart", async () => {
    const { world, got, look } = desk();
    world.sources = { ...quiet, questions: [conflict("a")] };
    await look();
    await look(31 * secondMs);
    await look(12 * hourMs);
    expect(got).toHaveLength(1);
    await look(13 * hourMs);
    await look(31 * secondMs);
    expect(got).toHaveLength(2);
  });

  test("what ended and came back is news", async () => {
    const { world, got, look } = desk({ groupSeconds: 0 });
    world.sources = { ...quiet, questions: [conflict("a")] };
    await look();
    world.sources = quiet;
    await look(secondMs);
    world.sources = { ...quiet, questions: [conflict("a")] };
    await look(secondMs);
    expect(got).toHaveLength(2);
  });

  test("above the hourly limit news waits, and nothing of it is lost", async () => {
    const { world, got, look } = desk({ groupSeconds: 0, perHour: 2 });
    for (let index = 0; index < 10; index += 1) {
      const questions = [...world.sources.questions, conflict(`d${index}`)];
      world.sources = { ...quiet, questions };
      await look(60 * secondMs);
    }
    expect(got).toHaveLength(2);
    await look(hourMs);
    expect(got).toHaveLength(3);
    const told = got.flatMap(({ sections }) => sections.flatMap(({ lines }) => lines));
    expect(told).toHaveLength(10);
  });

  test("a receiver that is down is tried again, later each time, until it has the message", async () => {
    const { world, got, look } = desk({ groupSeconds: 0 });
    world.isDown = true;
    world.sources = { ...quiet, questions: [conflict("a")] };
    await look();
    world.isDown = false;
    expect(await look(30 * secondMs)).toBe(0);
    expect(await look(31 * secondMs)).toBe(1);
    expect(got).toHaveLength(1);
  });
});

describe("what a message says", () => {
  const hostile = {
    ...conflict("x"),
    deal: { isReferral: true, title: "*Bold* <b>|`x` [a](http://evil)" },
  };
  const message = composeMessage(
    findAlerts({ ...quiet, questions: [hostile] }, defaultAlertSettings),
    { environment: "staging", pageUrl: "https://sync.contoso.example" },
  );

  test("a deal's name can't smuggle a link or a format into a card", () => {
    const card = JSON.stringify(teamsBody(message));
    expect(card).toContain('"version":"1.4"');
    expect(card).not.toContain("[a](http://evil)");
    const slack = JSON.stringify(slackBody(message));
    expect(slack).toContain("<https://sync.contoso.example/deals/x|");
    expect(slack).not.toContain("<b>");
  });

  test("more alerts than a message has room for are counted", () => {
    const many = Array.from({ length: 14 }, (_, index) => conflict(`n${index}`));
    const alerts = findAlerts({ ...quiet, questions: many }, defaultAlertSettings);
    const text = plainText(
      composeMessage(alerts, { environment: "staging", pageUrl: "http://127.0.0.1" }),
    );
    expect(text).toContain("14 questions wait for your decision");
    expect(text).toContain("… and 4 more");
  });
});
