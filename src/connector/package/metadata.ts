import { callLimit } from "../../contract/index.ts";

/** What a connector says of itself beside its actions. */
export interface ConnectorMetadata {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly status: "Preview" | "Production";
  readonly publisher: string;
  readonly contact: { readonly name: string; readonly url: string; readonly email: string };
  readonly website: string;
  readonly privacyPolicy: string;
  readonly categories: readonly string[];
  /** Behind the icon. */
  readonly iconBrandColor: string;
}

/** The metadata of the specification's connector. */
export const connectorMetadata: ConnectorMetadata = {
  title: "Partner Center Referrals",
  version: "1.0",
  description:
    "Partner center referrals connector will help Microsoft partners to get a bidirectional sync " +
    "between their CRM instances and partner center referrals system.",
  status: "Preview",
  publisher: "Microsoft Corporation",
  contact: {
    name: "Partner Center Support",
    url: "https://partner.microsoft.com/en-us/support",
    email: "pcRefConnectorHelp@microsoft.com",
  },
  website: "https://partner.microsoft.com/dashboard",
  privacyPolicy: "https://privacy.microsoft.com/en-US/privacystatement",
  categories: ["Productivity", "Sales and CRM"],
  iconBrandColor: "#0078d4",
};

const guides = "https://docs.microsoft.com/en-us/partner-center";

/** What a maker must have, do and know. */
export const connectorTerms = {
  prerequisites: ["Microsoft Partner Center Account", "Microsoft Power Automate subscription"],
  credentials: [
    {
      step: "Get a Microsoft Partner Center account",
      url: `${guides}/mpn-create-a-partner-center-account`,
    },
    {
      step: "Assign Referral admin role to the user",
      url: `${guides}/create-user-accounts-and-set-permissions`,
    },
  ],
  knownIssues: "None",
  authentication: {
    name: "Default",
    applicable: "All regions",
    isShareable: false,
    explanation:
      "This is not shareable connection. If the power app is shared with another user, another " +
      "user will be prompted to create new connection explicitly.",
  },
  throttling: {
    name: "API calls per connection",
    calls: callLimit.calls,
    renewalPeriodSeconds: callLimit.periodMs / 1000,
  },
} as const;
