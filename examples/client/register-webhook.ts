import {
  createClientSecretCredential,
  ReferralsError,
  WebhookRegistrationClient,
} from "../../src/client/index.ts";

const { AUTHORITY = "", CLIENT_ID = "", CLIENT_SECRET = "", WEBHOOK_URL = "" } = process.env;

const webhooks = new WebhookRegistrationClient({
  endpoint: WEBHOOK_URL,
  credential: createClientSecretCredential({
    authority: AUTHORITY,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
  }),
});

try {
  const { outcome } = await webhooks.register({
    webhookUrl: process.argv[2] ?? "https://sync.example.com/webhooks",
    webhookEvents: ["referral-created", "referral-updated"],
  });
  console.log(outcome);
} catch (error) {
  if (!(error instanceof ReferralsError) || error.code !== "webhookTaken") throw error;
  // Somebody else's system listens there. Leave it, and poll; or register with takeOver: true.
  for (const { reason } of error.problems ?? []) console.log(reason);
}
