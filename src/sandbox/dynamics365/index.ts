export {
  createDynamicsSandbox,
  type DynamicsSandbox,
  type DynamicsSandboxOptions,
} from "./sandbox.ts";
