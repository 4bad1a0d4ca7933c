/** What a person is told of. */
export const alertKinds = [
  "expiring",
  "conflict",
  "refused",
  "dead-letter",
  "sign-in",
  "stale",
] as const;

/** One of them. */
export type AlertKind = (typeof alertKinds)[number];

/** One thing that a person should know of now. Moments are milliseconds since 1970. */
export interface Alert {
  readonly kind: AlertKind;
  /** The same thing has the same key for as long as it lasts. */
  readonly key: string;
  /** What it is about: a deal's name, a system's. */
  readonly title: string;
  readonly sentence: string;
  readonly remedy?: string;
  /** Where in the dashboard it is mended: `/deals/…`. */
  readonly path: string;
}

/** Several alerts as one message. */
export interface AlertMessage {
  readonly subject: string;
  readonly environment: string;
  readonly sections: readonly {
    readonly kind: AlertKind;
    readonly heading: string;
    readonly lines: readonly {
      readonly title: string;
      readonly sentence: string;
      readonly remedy?: string;
      readonly link: string;
    }[];
    /** Alerts of this kind that the message has no room for. */
    readonly more: number;
  }[];
  /** The dashboard's first page. */
  readonly link: string;
}

/**
 * Sends a message to where people read. Rejects where it isn't certain that it arrived; it is then
 * sent again.
 */
export type AlertSender = (message: AlertMessage) => Promise<void>;

/** When and how often people are told. */
export interface AlertSettings {
  /** An unanswered referral is told of from so many days before its end. */
  readonly expiringDays: number;
  /** A sign-in that ends in so many days. */
  readonly signInDays: number;
  /** A change that isn't carried over after so many minutes. */
  readonly staleMinutes: number;
  /** How long the first news waits for company, so that a burst is one message. */
  readonly groupSeconds: number;
  /** Messages to one receiver in any hour; what comes above is in the next one. */
  readonly perHour: number;
  /** What still stands is told again after so many hours. */
  readonly remindHours: number;
}

/** What holds where nothing else is said. */
export const defaultAlertSettings: AlertSettings = {
  expiringDays: 3,
  signInDays: 14,
  staleMinutes: 15,
  groupSeconds: 30,
  perHour: 6,
  remindHours: 24,
};
