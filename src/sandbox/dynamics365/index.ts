export type { ProtectionLimits, SandboxClient } from "./access.ts";
export type { Fault, FaultTrigger, SandboxFaults } from "./faults.ts";
export {
  createDynamicsSandbox,
  type DynamicsSandbox,
  type DynamicsSandboxOptions,
} from "./sandbox.ts";
