import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { openSalesforceWorld } from "./conformance-world-suite.ts";

describeCrmAdapter("Salesforce, opportunities", openSalesforceWorld);
