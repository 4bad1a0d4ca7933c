export type { Mishap, MishapTrigger } from "../mishaps.ts";
export type { ProtectionLimits, SandboxClient } from "./access.ts";
export {
  createDynamicsSandbox,
  type DynamicsSandbox,
  type DynamicsSandboxOptions,
} from "./sandbox.ts";
