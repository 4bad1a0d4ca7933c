export { type SandboxClient, syncAccountName } from "./accounts.ts";
export type { ReferralsServiceOptions, ServiceUrls } from "./options.ts";
export { webhookSignerName } from "./parts.ts";
export { createReferralsService, type ReferralsService } from "./service.ts";
export { guardedHttp } from "./webhooks/guarded-http.ts";
