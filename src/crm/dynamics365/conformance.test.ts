import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { leadWorld, openDynamicsWorld } from "./conformance-world-suite.ts";

describeCrmAdapter("Dynamics 365, opportunities", () => openDynamicsWorld());
describeCrmAdapter("Dynamics 365, leads", () => openDynamicsWorld(leadWorld));
