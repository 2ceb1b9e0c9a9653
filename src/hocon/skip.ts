// How far a setting reaches that HOCON cannot read and NanoMQ may: by brackets, quotes and comments, without grammar.

/** A string on one line, a comment, a character that separates, or what lies between them. */
const PIECE = /"(?:[^"\\\n]|\\.)*"|(?:#|\/\/)[^\n]*|[{}[\]\n,]|[^"{}[\]\n,#/]+|["/]/y;
const OPENS_NEXT = /\s*[{[]/y;

/**
 * Where the setting ends that begins at `start`: at its line's end, before a comma, or behind the bracket it opened.
 * Undefined where a bracket or a quote never closes, or a wanted block begins on the way: what follows would be lost.
 */
export function findSettingEnd(
  text: string,
  start: number,
  wantedBlocks: readonly string[],
): number | undefined {
  const { end, bare } = scan(text, start);
  const wanted = new RegExp(`(?:^|[\\s},])(?:${wantedBlocks.join('|')})\\s*[.{=:]`);
  return wanted.test(bare) ? undefined : end;
}

/** `bare` is what was passed, without strings and comments. */
function scan(text: string, start: number): { end: number | undefined; bare: string } {
  const bare: string[] = [];
  let depth = 0;
  let isEmpty = true;
  const finish = (end: number | undefined) => ({ end, bare: bare.join('') });
  PIECE.lastIndex = start;
  for (let piece = takePiece(text); piece !== undefined; piece = takePiece(text)) {
    if (piece === '"') return finish(undefined);
    const closes = piece === '}' || piece === ']';
    const isBetween = depth === 0 && !isEmpty;
    if (depth === 0 && closes) return finish(PIECE.lastIndex - 1);
    if (isBetween && (piece === ',' || (piece === '\n' && !opensNext(text)))) {
      return finish(PIECE.lastIndex - 1);
    }
    if (!/^(?:"|#|\/\/)/.test(piece)) bare.push(piece);
    isEmpty &&= piece.trim() === '' || piece === ',';
    if (piece === '{' || piece === '[') depth += 1;
    if (closes) depth -= 1;
    if (closes && depth === 0) return finish(PIECE.lastIndex);
  }
  return finish(depth === 0 ? text.length : undefined);
}

function takePiece(text: string): string | undefined {
  return PIECE.exec(text)?.[0];
}

function opensNext(text: string): boolean {
  OPENS_NEXT.lastIndex = PIECE.lastIndex;
  return OPENS_NEXT.test(text);
}
