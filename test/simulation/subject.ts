import type { TokenCredential } from "@azure/core-auth";
import { createReferralsPort } from "../../src/client/index.ts";
import type { ReferralsPort } from "../../src/client/port.ts";
import type { CrmAdapter } from "../../src/crm/port.ts";
import type { Clock, Random } from "../../src/runtime/index.ts";
import type { Witness } from "./check/witness.ts";
import { type Generation, generationClock } from "./kernel/generation.ts";
import type { Action, EditedField, Side } from "./schedule/schedule.ts";
import type { Deal } from "./world/deal-book.ts";
import type { Notice } from "./world/mishaps.ts";
import { referralsOrigin } from "./world/referrals-http.ts";
import type { World } from "./world/world.ts";

/** The world as one life of one organisation's process sees it. */
export interface Surroundings {
  readonly organisation: string;
  readonly generation: Generation;
  readonly clock: Clock;
  readonly random: Random;
  readonly referrals: ReferralsPort;
  readonly crm: CrmAdapter;
}

/** A process under test, alive. */
export interface Process {
  /** Takes a webhook; until this resolves the sender keeps trying. */
  notice(notice: Notice): Promise<void>;
  /** An operator has everything compared now, whenever the next audit is due. */
  audit(): Promise<void>;
  /** An operator acts. */
  operate(action: Action, deal: Deal): Promise<void>;
}

/**
 * Something that keeps two sides in step: the engine, or a naive flow beside which it is measured.
 */
export interface Subject {
  /** Starts one life on whatever the last one left. */
  start(surroundings: Surroundings): Process;
  /** Copies what is durable. */
  backUp(): Promise<void>;
  /** Puts the copy back; no life is running meanwhile. */
  restore(): Promise<void>;
  /** True where nothing is under way or due, and everything has been compared since `since`. */
  isAtRest(since: number): boolean;
  /** The states that the pairs of a record are in now, or all pairs, by name. */
  readonly statesOf: (record: string | undefined) => readonly string[];
  /** The kinds of what a person is asked about a deal now, each with its field. */
  questionsAbout(deal: Deal): readonly string[];
  /** Why a field of a deal may rest unequal: an open question or a known problem. */
  excuseFor(deal: Deal, field: EditedField | undefined): string | undefined;
  /**
   * How a value that was overwritten stands on the record: as a conflict's loser, as answered or
   * undone by a person, or not.
   */
  givenUp(
    deal: number,
    field: EditedField,
    value: string,
    side: Side,
  ): "conflict" | "person" | undefined;
  /** Checks of the subject's own, at the end of a schedule. */
  finalChecks(witness: Witness): Promise<void>;
}

/** Makes the subject of one world; it lives as long as the world does. */
export type SubjectFactory = (world: World, witness: Witness) => Subject | Promise<Subject>;

/** A bearer token of the model service; it never expires by itself, the service withdraws it. */
function credentialFor(world: World, organisation: string, clock: Clock): TokenCredential {
  return {
    getToken: async () => ({
      token: `${organisation}.${world.tokens.get(organisation) ?? 0}`,
      expiresOnTimestamp: clock.now() + 3_600_000,
    }),
  };
}

/** What one life of an organisation's process is given. */
export function surroundingsOf(
  world: World,
  organisation: string,
  generation: Generation,
): Surroundings {
  const clock = generationClock(world.scheduler, generation, world.schedule.settings.ownSkewMs);
  const random = world.randomFor(generation.number, organisation);
  return {
    organisation,
    generation,
    clock,
    random,
    referrals: createReferralsPort({
      credential: credentialFor(world, organisation, clock),
      endpoint: referralsOrigin,
      http: world.referralsHttp(generation),
      clock,
      random,
    }),
    crm: world.crmAdapter(organisation, generation),
  };
}
