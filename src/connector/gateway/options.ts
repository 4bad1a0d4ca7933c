import type { TokenKey } from "../../client/index.ts";
import type { Clock, Http, Log, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/port.ts";
import type { GatewayClient } from "./oauth/client-registry.ts";
import type { VerifyWebhook } from "./routes/webhook-route.ts";
import type { UpstreamApp } from "./upstream-tokens.ts";

/** How a gateway is made. */
export interface GatewayOptions {
  /** The app that people sign in with at the issuer behind the gateway. */
  readonly app: UpstreamApp;
  /** The keys that secrets are encrypted with; the first one encrypts. */
  readonly keys: readonly [TokenKey, ...TokenKey[]];
  /** How notifications are sent; it should refuse private addresses. */
  readonly callbackHttp: Http;
  /** An origin, or the collection's URL; Microsoft's API unless told. */
  readonly referralsUrl?: string;
  /** What access tokens are asked for; that of Microsoft's API unless told. */
  readonly scope?: string;
  /** `:memory:` (the default), a path, a URL, or a database that the caller opens and closes. */
  readonly database?: string | Database;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** How the referrals API and the issuer are called. */
  readonly http?: Http;
  /** Unless told, 127.0.0.1. */
  readonly host?: string;
  /** Unless told, 0: any free port. */
  readonly port?: number;
  /** The address under which callers reach the gateway, where it isn't the one it listens on. */
  readonly publicUrl?: string;
  /** Apps beside Power Platform that may ask for tokens. */
  readonly clients?: readonly GatewayClient[];
  /** Calls per connection in a sliding minute; 100 unless told. */
  readonly callLimit?: number;
  /** `follow` (unless told): lists are answered whole. `pass`: page by page. */
  readonly pages?: "follow" | "pass";
  /** Milliseconds that the answer to a read may be old; 0 unless told: every read is forwarded. */
  readonly cacheMaxAgeMs?: number;
  /** Milliseconds between two looks for changes; 60,000 unless told. */
  readonly pollMs?: number;
  /** Milliseconds between two looks for referrals that need an answer; 900,000 unless told. */
  readonly expiryPollMs?: number;
  /** Milliseconds before a notification's second attempt; 5,000 unless told. */
  readonly notificationBackoffMs?: number;
  /** True: triggers may notify http and private addresses. */
  readonly allowsPrivateCallbacks?: boolean;
  /** Takes Partner Center's webhooks as hints; without it, polling alone feeds the triggers. */
  readonly webhooks?: {
    readonly verify: VerifyWebhook;
    /** Where they are registered for; without it, somebody else registers. */
    readonly registrationUrl?: string;
    readonly scope?: string;
  };
  /** Admits to the operator's routes; a random one unless told. */
  readonly adminSecret?: string;
  /** True: the metrics tell of the whole process too. */
  readonly measuresProcess?: boolean;
}

/** Where a running gateway is reached. */
export interface GatewayUrls {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly referralsUrl: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** To be allowed as a redirect address of the app at the issuer. */
  readonly callbackUrl: string;
  readonly adminUrl: string;
}
