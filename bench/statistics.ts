/** The middle value; of an even number, the upper one of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("the median of nothing");
  return middle;
}

/** Measures every contestant once a round, in turn, so that noise of the machine hits all alike. */
export async function interleave<Name extends string, Figure>(
  contestants: Readonly<Record<Name, () => Promise<Figure>>>,
  rounds: number,
): Promise<Record<Name, Figure[]>> {
  const names = Object.keys(contestants) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Figure[]])) as Record<
    Name,
    Figure[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await contestants[name]());
    }
  }
  return results;
}

/**
 * The median over the rounds of one contestant's figure divided by the other's of the same round.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}
