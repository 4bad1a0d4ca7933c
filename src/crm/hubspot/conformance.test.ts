import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { openHubSpotWorld } from "./conformance-world-suite.ts";

describeCrmAdapter("HubSpot, deals", () => openHubSpotWorld());
