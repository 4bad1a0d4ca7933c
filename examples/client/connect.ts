import { createClientSecretCredential, ReferralsClient } from "../../src/client/index.ts";

// What the sandbox prints at its start. For Microsoft's own API see sign-in.ts.
const { AUTHORITY = "", CLIENT_ID = "", CLIENT_SECRET = "", REFERRALS_URL = "" } = process.env;

export const client = new ReferralsClient({
  endpoint: REFERRALS_URL,
  credential: createClientSecretCredential({
    authority: AUTHORITY,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
  }),
});
