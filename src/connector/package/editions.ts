import type { Edition } from "../../contract/index.ts";

/** `specification`: the five actions of the reference page. `current`: with everything since. */
export type ConnectorEdition = Edition;

/** Whom a package talks to: Microsoft's API itself, or a gateway of ours, which adds triggers. */
export type ConnectorProfile = "microsoft" | "gateway";

/** The editions that can be exported. */
export const connectorEditions: readonly ConnectorEdition[] = ["specification", "current"];

/** The profiles that can be exported. */
export const connectorProfiles: readonly ConnectorProfile[] = ["microsoft", "gateway"];
