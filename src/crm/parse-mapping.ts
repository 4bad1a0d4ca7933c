import { parseTypedYaml } from "../runtime/index.ts";
import { checkMapping } from "./check-mapping.ts";
import { type MappingSpec, mappingSpec } from "./mapping-schema.ts";

/**
 * Reads a mapping file (YAML or JSON).
 * Errors: YamlFileError with every fault, each with line, column, reason and remedy.
 */
export function parseMapping(text: string, fileName = "mapping.yaml"): MappingSpec {
  return parseTypedYaml(mappingSpec, text, fileName, checkMapping);
}
