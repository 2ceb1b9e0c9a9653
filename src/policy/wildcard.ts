// Texts with `*` in the place of any text. Looked at once from left to right: whoever writes the pattern, a match costs little.

export function compileWildcard(pattern: string): (text: string) => boolean {
  return compilePieces(pattern.split('*'));
}

/** @param pieces what stands between the wildcards */
export function compilePieces(pieces: readonly string[]): (text: string) => boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of others) {
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at + last.length <= text.length;
  };
}
