export { suggestMappingText } from "./adapting/suggest-mapping.ts";
export { compileMapping, crmFieldsOf, loadMapping } from "./compile-mapping.ts";
export type {
  FieldPolicy,
  Lens,
  LensContext,
  LensResult,
  MappedField,
  Mapping,
  ReferralValue,
} from "./mapping-port.ts";
export type { MappingSpec } from "./mapping-schema.ts";
export { parseMapping } from "./parse-mapping.ts";
export { type CrmWriteOrder, partOf, planCrmWrite } from "./plan-crm-write.ts";
export {
  type CrmAdapter,
  type CrmCapabilities,
  type CrmChange,
  CrmError,
  type CrmErrorCode,
  type CrmFields,
  type CrmRecord,
  type CrmRecordVersion,
  type CrmStep,
  type CrmValue,
  type CrmWrite,
  isEmptyValue,
  type OperationOptions,
  type StepMemo,
  type Watermark,
} from "./port.ts";
export type { CrmDelivery, CrmWebhook, CrmWebhookVerdict } from "./webhook-port.ts";
