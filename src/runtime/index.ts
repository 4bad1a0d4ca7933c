export { type Clock, monotonicMs, systemClock } from "./clock.ts";
export {
  fetchHttp,
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
} from "./http.ts";
export { createLog, type Log, silentLog } from "./log.ts";
export { type Random, systemRandom } from "./random.ts";
export { seededRandom } from "./seeded-random.ts";
export {
  parseTypedYaml,
  type ValueFault,
  YamlFileError,
  type YamlProblem,
} from "./typed-yaml.ts";
