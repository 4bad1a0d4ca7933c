/** How many letters must be added, removed or replaced to make one word of another. */
export function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let line = 1; line <= left.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (left[line - 1] === right[column - 1] ? 0 : 1);
      const shorter = Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
      next.push(Math.min(replaced, shorter));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** The word that was probably meant; undefined where none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, away: distance(typed, word) }))
    .toSorted((one, other) => one.away - other.away);
  return best && best.away <= Math.max(2, typed.length * 0.4) ? best.word : undefined;
}
