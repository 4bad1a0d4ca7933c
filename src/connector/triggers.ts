import { answerWithinMs } from "../contract/index.ts";

/** What a trigger of the gateway fires on. */
export type TriggerName = "referral-created" | "referral-updated" | "referral-needs-answer";

/** A trigger as makers see it. */
export interface Trigger {
  readonly name: TriggerName;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly hint: string;
  /** True where a maker says how many days before the expiry it fires. */
  readonly hasDaysBefore: boolean;
}

/** The gateway's triggers. */
export const triggers: readonly Trigger[] = [
  {
    name: "referral-created",
    operationId: "WhenReferralIsCreated",
    summary: "When a referral is created",
    description: "Fires once for each referral that is created from now on, by whichever side.",
    hint: "To see it work, create a referral, or have a partner send one.",
    hasDaysBefore: false,
  },
  {
    name: "referral-updated",
    operationId: "WhenReferralIsUpdated",
    summary: "When a referral is updated",
    description:
      "Fires when a referral has changed, by whichever side; changes in quick succession may be " +
      "told as one.",
    hint: "To see it work, change a referral's notes in Partner Center.",
    hasDaysBefore: false,
  },
  {
    name: "referral-needs-answer",
    operationId: "WhenReferralNeedsAnswer",
    summary: "When a referral needs an answer",
    description:
      "Fires once for each new referral that nobody has answered, a number of days before it " +
      "expires.",
    hint: "To see it work, leave a new referral unanswered until the days before are reached.",
    hasDaysBefore: true,
  },
];

const dayMs = 86_400_000;

/** How many days before its expiry a referral can be told of. */
export const daysBeforeLimits = { least: 1, most: answerWithinMs / dayMs, unlessTold: 3 } as const;

/** Where triggers are subscribed to and left again, below the API's base path. */
export const triggerPaths = { triggers: "/triggers", subscriptions: "/subscriptions" } as const;
