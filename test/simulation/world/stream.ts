import { type Random, seededRandom } from "../../../src/runtime/index.ts";

/**
 * Sequences that don't disturb one another: dropping an edit must not reshuffle the latencies of
 * all calls.
 */
export function stream(seed: number, purpose: number): Random {
  return seededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b)) | 0);
}
