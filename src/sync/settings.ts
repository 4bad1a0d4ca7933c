/** What an operator may set; every limit of the engine has its name here. */
export interface EngineSettings {
  /** Names the connection in budgets and logs. */
  readonly connectionId: string;
  /** Who owns the call limit: the Partner Center tenant. Connections of one owner share it. */
  readonly quotaOwner: string;
  /** Calls in any 60 s that the other side allows; 95 % of them are used. */
  readonly callsPerMinute: number;
  readonly pollReferralsMs: number;
  readonly pollCrmMs: number;
  /** The least time between two walks over the CRM that its wake-up calls bring about. */
  readonly earlyPollGapMs: number;
  readonly auditMs: number;
  /** How far a walk goes back behind its cursor: longer than a list lags behind the truth. */
  readonly cursorOverlapMs: number;
  /**
   * How long a create with unknown outcome is left alone before it is looked for, beside the lag of
   * lists: longer than a late request lives.
   */
  readonly probeSettleMs: number;
  /** Two edits closer than this are not ordered: policy newest asks. */
  readonly newestSkewMs: number;
  /** How often a write that was refused as stale is planned anew before a person is asked. */
  readonly staleRetries: number;
  /**
   * A field is stopped after so many writes of ours in both directions, or so many in one, within
   * the window.
   */
  readonly breaker: {
    readonly writes: number;
    readonly writesOneWay: number;
    readonly windowMs: number;
  };
  readonly deletion: {
    /** What a deal deleted in the CRM means for its referral. */
    readonly policy: "ignore" | "close" | "unlink";
    /** The statusReason of a referral closed for a deleted deal. */
    readonly statusReason: string;
    /**
     * The brake: at most the larger of this share of all pairs and `atLeast` in an hour, never more
     * than `atMost`.
     */
    readonly sharePerHour: number;
    readonly atLeast: number;
    readonly atMost: number;
  };
  /**
   * Writes need no approval by a person, neither at the first run nor after a restore. For
   * demonstrations and tests.
   */
  readonly isApproved: boolean;
  /** A shared deal also gets Microsoft's side of its engagement. */
  readonly inviteMicrosoft: boolean;
  /**
   * Mapped fields whose normalised values together find a deal for a referral; empty: never by
   * values.
   */
  readonly matchFields: readonly string[];
  /** Where a person opens a referral; `{id}` stands for its id. */
  readonly referralLink: string;
  /** First and longest wait before a failed pair is tried again. */
  readonly retry: { readonly firstMs: number; readonly longestMs: number };
  /** From so many hinted pairs on, one walk is cheaper than a read each. */
  readonly gatherHints: number;
  /** How long a hint waits for company before its referral is read. */
  readonly gatherMs: number;
  /** How long the hints of a burst wait for its end. */
  readonly gatherLongestMs: number;
  /** Pairs reconciled at the same time. */
  readonly concurrency: number;
  /** How often the ledger is asked for work that another process left there. */
  readonly idleMs: number;
  /** Days before its expiry from which an unanswered referral goes first. */
  readonly expiringDays: number;
}

const second = 1_000;
const minute = 60 * second;

/** What holds where nothing else is said. */
export const defaultSettings: EngineSettings = {
  connectionId: "default",
  quotaOwner: "default",
  callsPerMinute: 100,
  pollReferralsMs: 30 * second,
  pollCrmMs: 10 * second,
  earlyPollGapMs: 5 * second,
  auditMs: 24 * 60 * minute,
  cursorOverlapMs: 5 * minute,
  probeSettleMs: 2 * minute,
  newestSkewMs: 5 * second,
  staleRetries: 5,
  breaker: { writes: 3, writesOneWay: 20, windowMs: 10 * minute },
  deletion: {
    policy: "ignore",
    statusReason: "The deal was deleted in the CRM.",
    sharePerHour: 0.02,
    atLeast: 5,
    atMost: 20,
  },
  isApproved: false,
  inviteMicrosoft: false,
  matchFields: [],
  referralLink: "https://partner.microsoft.com/dashboard/v2/referrals/{id}",
  retry: { firstMs: 5 * second, longestMs: 10 * minute },
  gatherHints: 3,
  gatherMs: 150,
  gatherLongestMs: 3 * second,
  concurrency: 8,
  idleMs: second,
  expiringDays: 5,
};
