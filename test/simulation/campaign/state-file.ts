import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Campaign } from "./campaign.ts";
import type { Share } from "./run-share.ts";
import { emptyTally, merge } from "./tally.ts";

/** What parts of a campaign must have in common so that they make one sum. */
export interface Identity extends Pick<Share, "subject" | "ledger"> {
  /** The commit that was played. */
  readonly commit: string;
}

/** What has been played of a campaign, as a file keeps it. */
export interface CampaignState extends Identity {
  readonly seed: number;
  readonly campaign: Campaign;
  /** Seconds that it took, over all its parts. */
  readonly seconds: number;
}

function readState(file: string): CampaignState {
  const { campaign, ...state } = JSON.parse(readFileSync(file, "utf8")) as CampaignState;
  if (campaign?.tally === undefined) throw new Error(`${file} is no state of a campaign`);
  // Its end was the end of a part, not of the campaign.
  const { tally, nextSeed } = campaign;
  return { ...state, campaign: { tally, nextSeed } };
}

function demandSame(file: string, found: Identity, wanted: Identity): void {
  for (const name of ["commit", "subject", "ledger"] as const) {
    if (found[name] === wanted[name]) continue;
    throw new Error(`${file} is of ${name} ${found[name]}, not ${wanted[name]}: they make no sum`);
  }
}

/**
 * What a file keeps of this campaign, or undefined where there is none yet; throws where it is of
 * another.
 */
export function loadState(
  file: string,
  wanted: Identity & Pick<CampaignState, "seed">,
): CampaignState | undefined {
  if (!existsSync(file)) return undefined;
  const state = readState(file);
  demandSame(file, state, wanted);
  if (state.seed === wanted.seed) return state;
  throw new Error(`${file} begins with seed ${state.seed}, not ${wanted.seed}`);
}

/** Keeps what has been played; a process that dies meanwhile leaves the file as it was. */
export function saveState(file: string, state: CampaignState): void {
  const beside = `${file}.new`;
  writeFileSync(beside, JSON.stringify(state));
  renameSync(beside, file);
}

/** The sum of campaigns of one commit that have no seed in common. */
export function sumOf(files: readonly string[]): CampaignState {
  const states = files
    .map((file) => ({ file, state: readState(file) }))
    .sort((left, right) => left.state.seed - right.state.seed);
  const [first] = states;
  if (!first) throw new Error("name the files to add up");
  const tally = emptyTally();
  let { seed: nextSeed } = first.state;
  let seconds = 0;
  for (const { file, state } of states) {
    demandSame(file, state, first.state);
    if (state.seed < nextSeed) throw new Error(`${file} has seeds that another file has as well`);
    merge(tally, state.campaign.tally);
    nextSeed = state.campaign.nextSeed;
    seconds += state.seconds;
  }
  return { ...first.state, campaign: { tally, nextSeed }, seconds };
}
