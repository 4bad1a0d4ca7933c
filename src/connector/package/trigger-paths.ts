import { referralTypeName } from "../../contract/index.ts";
import { daysBeforeLimits, type Trigger, triggerPaths, triggers } from "../triggers.ts";
import type { SwaggerObject } from "./record-schema.ts";

const callbackUrl: SwaggerObject = {
  title: "Callback URL",
  description: "Where the notifications are sent; the platform fills it in.",
  type: "string",
  "x-ms-notification-url": true,
  "x-ms-visibility": "internal",
};

const daysBefore: SwaggerObject = {
  title: "Days Before",
  description: "How many days before the expiry the flow starts.",
  type: "integer",
  format: "int32",
  default: daysBeforeLimits.unlessTold,
  minimum: daysBeforeLimits.least,
  maximum: daysBeforeLimits.most,
};

const subscriptionSchema: SwaggerObject = {
  type: "object",
  properties: {
    id: { title: "Subscription ID", description: "Identifies the subscription.", type: "string" },
    signingSecret: {
      title: "Signing Secret",
      description: "Checks the signature of the notifications.",
      type: "string",
    },
  },
};

const refusals: SwaggerObject = {
  "400": { description: "Bad Request" },
  "401": { description: "Unauthorized" },
  "403": { description: "Forbidden" },
  "429": { description: "Too Many Requests" },
};

function subscribe(trigger: Trigger): SwaggerObject {
  return {
    operationId: trigger.operationId,
    summary: trigger.summary,
    description: trigger.description,
    tags: ["Triggers"],
    "x-ms-trigger": "single",
    "x-ms-trigger-hint": trigger.hint,
    parameters: [
      {
        name: "subscription",
        in: "body",
        required: true,
        schema: {
          type: "object",
          required: ["callbackUrl"],
          properties: { callbackUrl, ...(trigger.hasDaysBefore ? { daysBefore } : {}) },
        },
      },
    ],
    responses: { "201": { description: "Created", schema: subscriptionSchema }, ...refusals },
  };
}

const unsubscribe: SwaggerObject = {
  operationId: "DeleteSubscription",
  summary: "Delete a subscription",
  description: "Ends a trigger's subscription; the platform calls it when a flow is turned off.",
  tags: ["Triggers"],
  "x-ms-visibility": "internal",
  parameters: [
    {
      name: "id",
      in: "path",
      required: true,
      type: "string",
      description: "Identifier of the subscription.",
      "x-ms-summary": "Subscription ID",
    },
  ],
  responses: {
    "204": { description: "No Content" },
    "401": { description: "Unauthorized" },
    "403": { description: "Forbidden" },
    "404": { description: "Not Found" },
  },
};

/** The paths of the gateway's triggers: subscribing, what arrives, and unsubscribing. */
export function triggerPathItems(): Readonly<Record<string, SwaggerObject>> {
  const subscribing = triggers.map((trigger) => [
    `${triggerPaths.triggers}/${trigger.name}`,
    {
      "x-ms-notification-content": {
        description: "The referral as it is when the flow starts.",
        schema: { $ref: `#/definitions/${referralTypeName}` },
      },
      post: subscribe(trigger),
    },
  ]);
  return {
    ...Object.fromEntries(subscribing),
    [`${triggerPaths.subscriptions}/{id}`]: { delete: unsubscribe },
  };
}
