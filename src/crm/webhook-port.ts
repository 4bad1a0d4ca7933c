/** A CRM's webhook as it arrived. */
export interface CrmDelivery {
  readonly method: string;
  /** The body as it came, before it is parsed: signatures are over these bytes. */
  readonly rawBody: string;
  /** What stands behind the webhook's path: the secret of a CRM that signs nothing. */
  readonly token?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a webhook hints at, or why it isn't believed. */
export type CrmWebhookVerdict =
  | {
      readonly ok: true;
      /** Deals that may have changed; only hints, to be read. */
      readonly recordIds: readonly string[];
      /**
       * From a CRM whose messages can't be believed, or tell too little: something changed, and a
       * poll in so many milliseconds sees it.
       */
      readonly pollInMs?: number;
    }
  | { readonly ok: false; readonly reason: string };

/** Verifies a CRM's webhooks and tells what they hint at: never data, never an order. */
export type CrmWebhook = (delivery: CrmDelivery) => CrmWebhookVerdict;
