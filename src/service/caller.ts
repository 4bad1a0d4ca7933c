import type { FastifyRequest } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import { type Principal, referralsRoles } from "../http/index.ts";
import type { Caller } from "./referrals.ts";

/** What the service knows of organisations and their users beside what a token says. */
export interface CallerDirectory {
  /** The name that an organisation's referrals carry. */
  organizationName(organizationId: string): string;
  /** The business locations at which a Referrals user works. */
  locationsOf(principal: Principal): readonly string[];
}

/** The verified caller of a request behind the bearer check. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new ReferralsError("unauthenticated");
  return request.principal;
}

/** What a caller may see and do by their role. Errors: accessDenied without a referrals role. */
export function partnerCaller(principal: Principal, directory: CallerDirectory): Caller {
  const { organizationId: tenantId, roles } = principal;
  const organization = { id: tenantId, name: directory.organizationName(tenantId) };
  if (roles.includes(referralsRoles.admin)) {
    return { scope: { tenantId }, organization, side: "partner" };
  }
  if (roles.includes(referralsRoles.user)) {
    const locations = directory.locationsOf(principal);
    return { scope: { tenantId, locations }, organization, side: "partner" };
  }
  throw new ReferralsError("accessDenied");
}

/** Refuses whoever isn't a Referrals admin. */
export function assertAdmin(principal: Principal): void {
  if (!principal.roles.includes(referralsRoles.admin)) {
    throw new ReferralsError("accessDenied", {
      message: "Only a Referrals admin can do this.",
    });
  }
}
