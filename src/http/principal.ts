/** Who is calling, as a verified token says. */
export interface Principal {
  readonly organizationId: string;
  readonly userId: string;
  readonly clientId: string;
  /** Partner Center roles, spelt as in `referralsRoles`. */
  readonly roles: readonly string[];
  /** What the call limit is counted by: one user's connection through one client. */
  readonly connectionKey: string;
}

/** The roles of the referrals workspace, as Partner Center spells them. */
export const referralsRoles = { admin: "Referrals admin", user: "Referrals user" } as const;

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the bearer check of a route's scope. */
    principal: Principal | undefined;
    /** The body's bytes as they came, for signatures. */
    rawBody: Buffer | undefined;
  }
}
