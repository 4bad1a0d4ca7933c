function distance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const change = left[row - 1] === right[column - 1] ? 0 : 1;
      line.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (line[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + change,
        ),
      );
    }
    previous = line;
  }
  return previous[right.length] ?? 0;
}

/** The longest text that is compared: beyond it, nobody mistyped. */
const longestComparedText = 120;

/** The name most like `text`, if one is near enough to be what was meant. */
export function nearestName(text: string, names: Iterable<string>): string | undefined {
  if (text.length > longestComparedText) return undefined;
  const wanted = text.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(2, Math.ceil(text.length / 3)) + 1;
  for (const name of names) {
    const changes = distance(wanted, name.toLowerCase(), fewest);
    if (changes < fewest) {
      fewest = changes;
      best = name;
    }
  }
  return best;
}
