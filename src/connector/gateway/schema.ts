import { dialects } from "../../storage/index.ts";
import type { DialectName, Migration } from "../../storage/port.ts";

/**
 * The gateway's tables. Invariant: none has a place for a referral; of referrals they know ids and
 * moments.
 */
export function gatewayMigrations(dialect: DialectName): readonly Migration[] {
  const { text, integer: moment } = dialects[dialect].types;
  return [
    {
      version: 1,
      statements: [
        `CREATE TABLE "gatewayConnections" (
          "id" ${text} PRIMARY KEY, "tenantId" ${text} NOT NULL, "userId" ${text} NOT NULL,
          "clientId" ${text} NOT NULL, "createdAt" ${moment} NOT NULL, "signIn" TEXT,
          "problem" ${text}, "problemAt" ${moment})`,
        `CREATE INDEX "gatewayConnections_owner" ON "gatewayConnections" ("tenantId", "userId")`,
        `CREATE TABLE "gatewayTokens" (
          "hash" ${text} PRIMARY KEY, "kind" ${text} NOT NULL, "connectionId" ${text} NOT NULL,
          "expiresAt" ${moment} NOT NULL)`,
        `CREATE INDEX "gatewayTokens_connectionId" ON "gatewayTokens" ("connectionId")`,
        `CREATE INDEX "gatewayTokens_expiresAt" ON "gatewayTokens" ("expiresAt")`,
        `CREATE TABLE "gatewaySubscriptions" (
          "id" ${text} PRIMARY KEY, "connectionId" ${text} NOT NULL, "trigger" ${text} NOT NULL,
          "daysBefore" INTEGER, "callback" TEXT NOT NULL, "since" ${text} NOT NULL,
          "createdAt" ${moment} NOT NULL)`,
        `CREATE INDEX "gatewaySubscriptions_connectionId"
          ON "gatewaySubscriptions" ("connectionId")`,
        `CREATE TABLE "gatewayWatches" (
          "connectionId" ${text} PRIMARY KEY, "tenantId" ${text} NOT NULL,
          "cursor" ${text} NOT NULL, "nextLookAt" ${moment} NOT NULL,
          "nextExpiryLookAt" ${moment} NOT NULL)`,
        `CREATE INDEX "gatewayWatches_nextLookAt" ON "gatewayWatches" ("nextLookAt")`,
        `CREATE TABLE "gatewayNotifications" (
          "subscriptionId" ${text} NOT NULL, "referralId" ${text} NOT NULL, "mark" ${text} NOT NULL,
          "state" ${text} NOT NULL, "attempts" INTEGER NOT NULL, "nextAttemptAt" ${moment} NOT NULL,
          "seenAt" ${moment} NOT NULL, "problem" ${text},
          PRIMARY KEY ("subscriptionId", "referralId", "mark"))`,
        `CREATE INDEX "gatewayNotifications_due"
          ON "gatewayNotifications" ("state", "nextAttemptAt")`,
      ],
    },
  ];
}
