import {
  createClientSecretCredential,
  ReferralsClient,
  type ReferralsClientOptions,
} from "../../src/client/index.ts";
import type { Referral } from "../../src/contract/index.ts";
import { fetchHttp, type Http, HttpFailure, type HttpRequest } from "../../src/runtime/index.ts";
import {
  createReferralsService,
  type ReferralsService,
  type ReferralsServiceOptions,
  type ServiceUrls,
} from "../../src/service/index.ts";

type SandboxClient = ReferralsService["clients"][number];

/** A service that listens on loopback, and clients that reach it over real HTTP. */
export interface RunningService {
  readonly service: ReferralsService;
  readonly urls: ServiceUrls;
  /**
   * A client signed in as one of the sandbox's apps; by default as an admin of the first
   * organisation.
   */
  clientOf(app?: SandboxClient, options?: Partial<ReferralsClientOptions>): ReferralsClient;
  credentialOf(app?: SandboxClient): ReturnType<typeof createClientSecretCredential>;
  readonly apps: {
    readonly admin: SandboxClient;
    readonly user: SandboxClient;
    readonly stranger: SandboxClient;
  };
  /** Gives an order to the sandbox's admin API, such as `/mfa` or `/faults`. */
  play(path: string, order: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Starts a service with its data in memory. */
export async function runService(options: ReferralsServiceOptions = {}): Promise<RunningService> {
  const service = await createReferralsService({ callLimit: 100_000, ...options });
  const urls = await service.listen();
  const [admin] = service.clients;
  const user = service.clients.find(({ role }) => role === "Referrals user");
  const stranger = service.clients.find((app) => app.organizationId !== admin?.organizationId);
  if (!admin || !user || !stranger) throw new Error("the sandbox has fewer apps than expected");
  const credentialOf = (app = admin): ReturnType<typeof createClientSecretCredential> =>
    createClientSecretCredential({
      authority: urls.baseUrl,
      clientId: app.clientId,
      clientSecret: app.clientSecret,
    });
  return {
    service,
    urls,
    credentialOf,
    apps: { admin, user, stranger },
    clientOf: (app, more = {}) =>
      new ReferralsClient({
        credential: credentialOf(app),
        endpoint: urls.referralsUrl,
        retry: { firstDelayMs: 10 },
        ...more,
      }),
    async play(path, order) {
      const response = await fetch(`${urls.adminUrl}${path}`, {
        method: "PUT",
        headers: {
          authorization: `Bearer ${service.adminSecret}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(order),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    },
    close: () => service.close(),
  };
}

/** What happens to one call on its way. */
export type Mishap = "none" | "answerLost" | "neverSent" | "failsAfterCommit" | "failsBefore";

/** Http that lets calls to referrals through by a script; tokens pass untouched. */
export function accidentProneHttp(script: readonly Mishap[]): {
  readonly http: Http;
  readonly sent: HttpRequest[];
} {
  const sent: HttpRequest[] = [];
  const http: Http = async (request) => {
    if (!request.url.includes("/referrals")) return fetchHttp(request);
    const mishap = script[sent.length] ?? "none";
    sent.push(request);
    if (mishap === "neverSent") throw new HttpFailure("unreachable", "scripted");
    if (mishap === "failsBefore") return { status: 503, headers: {}, body: "" };
    const response = await fetchHttp(request);
    if (mishap === "answerLost") throw new HttpFailure("connection-lost", "scripted");
    return mishap === "failsAfterCommit" ? { status: 500, headers: {}, body: "" } : response;
  };
  return { http, sent };
}

/**
 * The least that a new referral needs, and what a test adds. Invented people and companies only.
 */
export function newReferral(more: Partial<Referral> = {}): Referral {
  return {
    name: "Proseware: data estate",
    type: "Independent",
    qualification: "SalesQualified",
    customerProfile: {
      name: "Proseware",
      address: { country: "US", city: "Tacoma", state: "WA", postalCode: "98402" },
      team: [{ firstName: "Kim", lastName: "Vale", email: "kim@proseware.example" }],
    },
    consent: { consentToContact: true, consentToToShareInfoWithOthers: true },
    details: { dealValue: 25_000, currency: "USD", notes: "Three plants, one warehouse." },
    ...more,
  };
}
