// One segment of a canonical path, as the text that it means.

/** Empty where the path has no such segment. */
export function readSegment(path: string, index: number): string {
  return decodePercent(path.split('/')[index + 1] ?? '');
}

/** As it stands where it is no UTF-8. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
