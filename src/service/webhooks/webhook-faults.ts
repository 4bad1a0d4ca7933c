/** How deliveries go wrong on purpose. Chances are between 0 and 1. */
export interface WebhookFaults {
  readonly lostChance: number;
  readonly doubledChance: number;
  readonly lateChance: number;
  /** Milliseconds by which a late delivery is held back. */
  readonly lateMs: number;
}

/** Deliveries go right. */
export const noWebhookFaults: WebhookFaults = {
  lostChance: 0,
  doubledChance: 0,
  lateChance: 0,
  lateMs: 0,
};
