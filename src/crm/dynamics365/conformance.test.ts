import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { openDynamicsWorld } from "./conformance-world-suite.ts";

describeCrmAdapter("Dynamics 365", openDynamicsWorld);
