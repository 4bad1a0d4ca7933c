import { z } from "zod";
import { errorFromResponse, type JsonSchema, ReferralsError } from "../../contract/index.ts";
import { type Http, HttpFailure, type HttpRequest } from "../../runtime/index.ts";
import { inputOf, type Tool, textSchema } from "./tool.ts";
import { parseToolInput } from "./tool-input.ts";

const text = z.string().max(200);
const timeoutMs = 60_000;
const mostDeals = 100;

const choices = ["referral", "crm", "value", "link", "create", "close", "dismiss"] as const;
const answerInput = z.strictObject({
  id: text.min(1),
  choose: z.enum(choices),
  always: z.boolean().optional(),
  value: z.json().optional(),
  recordId: text.optional(),
});

/** Calls the operator's API of a running sync; resolves to what it answers. */
type Ask = (method: HttpRequest["method"], path: string, body?: unknown) => Promise<unknown>;

function askOver(http: Http, baseUrl: string, token: string | undefined): Ask {
  const signIn: Readonly<Record<string, string>> =
    token === undefined ? {} : { authorization: `Bearer ${token}`, "x-operator": "agent" };
  return async (method, path, body) => {
    try {
      const answer = await http({
        method,
        url: `${baseUrl}${path}`,
        timeoutMs,
        headers: {
          accept: "application/json",
          ...signIn,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (answer.status < 300) return JSON.parse(answer.body);
      throw errorFromResponse(answer.status, answer.headers, answer.body);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const message = `The sync at ${baseUrl} doesn't answer: start it with \`referrals start\`.`;
      throw new ReferralsError("unreachable", { message, cause: error });
    }
  };
}

/** For a tool that takes no argument. */
const noInput =
  (work: () => Promise<unknown>): Tool["prepare"] =>
  (input) => {
    parseToolInput(z.strictObject({}), input);
    return work;
  };

function readingTools(ask: Ask): readonly Tool[] {
  const dealsInput = z.strictObject({ text: text.optional(), state: text.optional() });
  return [
    {
      name: "sync_status",
      title: "Status of the sync",
      description:
        "How the sync between the CRM and Partner Center stands: deals by state, open questions, " +
        "calls left, when each side was last looked at.",
      effect: "read",
      inputSchema: inputOf({}),
      prepare: noInput(() => ask("GET", "/api/status")),
    },
    {
      name: "find_deals",
      title: "Find deals",
      description: "Lists deals that are kept in step, by text or state, with how each stands.",
      effect: "read",
      inputSchema: inputOf({
        text: textSchema("Part of a deal's or customer's name."),
        state: textSchema("A state, such as asking, dead, held or in-step."),
      }),
      prepare: (input) => {
        const query = new URLSearchParams({
          ...(parseToolInput(dealsInput, input) as Record<string, string>),
          limit: String(mostDeals),
        });
        return () => ask("GET", `/api/deals?${query}`);
      },
    },
    {
      name: "deal_status",
      title: "Status of a deal",
      description:
        "Everything about one deal: both sides field by field, what was agreed, what is parked " +
        "and why, open questions and the history.",
      effect: "read",
      inputSchema: inputOf(
        { id: textSchema("The id of the pair, of the referral or of the CRM's record.") },
        ["id"],
      ),
      prepare: (input) => {
        const { id } = parseToolInput(z.strictObject({ id: text.min(1) }), input);
        return () => ask("GET", `/api/deals/${encodeURIComponent(id)}`);
      },
    },
    {
      name: "list_conflicts",
      title: "What waits for a decision",
      description: "The inbox: conflicts and other questions that only a person can answer.",
      effect: "read",
      inputSchema: inputOf({}),
      prepare: noInput(() => ask("GET", "/api/inbox")),
    },
    {
      name: "sync_plan",
      title: "What the sync would do",
      description: "A rehearsal: every write that the sync would make now, without making it.",
      effect: "read",
      inputSchema: inputOf({}),
      prepare: noInput(() => ask("GET", "/api/plan")),
    },
  ];
}

const answerSchema: Readonly<Record<string, JsonSchema>> = {
  id: textSchema("The question's id, from list_conflicts."),
  choose: {
    type: "string",
    enum: choices,
    description:
      "referral or crm: that side's value counts. value: another one. link: to a record. create, " +
      "close, dismiss: as the question offers.",
  },
  always: { type: "boolean", description: "With referral or crm: for this field from now on." },
  value: { description: "With value: the value." },
  recordId: textSchema("With link: the CRM record's id."),
};

function answeringTools(ask: Ask): readonly Tool[] {
  return [
    {
      name: "answer_conflict",
      title: "Answer a question of the inbox",
      description: "Decides what list_conflicts shows; the sync then writes accordingly.",
      effect: "write",
      inputSchema: inputOf(answerSchema, ["id", "choose"]),
      prepare: (input) => {
        const { id, ...answer } = parseToolInput(answerInput, input);
        return () => ask("POST", `/api/inbox/${encodeURIComponent(id)}/answer`, answer);
      },
    },
  ];
}

/** Tools over a running sync, by its operator's API. */
export function syncTools(http: Http, operationsUrl: string, token?: string): readonly Tool[] {
  const ask = askOver(http, operationsUrl.replace(/\/+$/, ""), token);
  return [...readingTools(ask), ...answeringTools(ask)];
}
