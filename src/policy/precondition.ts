// EMQX's `precondition` of an authenticator: a small expression over what a client says, which must come out as the
// text "true". Of EMQX's variform these are the functions that tell clients apart; any other is refused at the start.
import { testPatterns } from './patterns.ts';

type Expression = string | Variable | Call;

interface Variable {
  readonly variable: string;
}

interface Call {
  readonly name: string;
  readonly args: readonly Expression[];
}

/** What a client says of itself, and where it comes from. */
export interface ClientFacts {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly peerHost: string | undefined;
}

/** Undefined where a client has no such thing, which is the empty text. */
const VARIABLES: ReadonlyMap<string, (question: ClientFacts) => string | undefined> = new Map([
  ['clientid', ({ clientId }: ClientFacts) => clientId],
  ['username', ({ username }: ClientFacts) => username],
  ['password', ({ password }: ClientFacts) => password],
  ['peerhost', ({ peerHost }: ClientFacts) => peerHost],
]);

const isTrue = (text: string | undefined): boolean => text === 'true';
const say = (value: boolean): string => String(value);

const matches = (text = '', pattern = ''): boolean => {
  const result = testPatterns([[pattern, text]]);
  return !('flaw' in result) && result[0] === true;
};

const FUNCTIONS: ReadonlyMap<string, (...args: string[]) => string> = new Map([
  ['str_eq', (one = '', other = '') => say(one === other)],
  ['str_neq', (one = '', other = '') => say(one !== other)],
  ['is_empty', (text = '') => say(text === '')],
  ['is_not_empty', (text = '') => say(text !== '')],
  ['regex_match', (text, pattern) => say(matches(text, pattern))],
  ['concat', (...texts) => texts.join('')],
  ['coalesce', (...texts) => texts.find((text) => text !== '') ?? ''],
  ['iif', (condition, yes = '', no = '') => (isTrue(condition) ? yes : no)],
  ['not', (text) => say(!isTrue(text))],
  ['and', (...texts) => say(texts.every(isTrue))],
  ['or', (...texts) => say(texts.some(isTrue))],
]);

export type Precondition = (question: ClientFacts) => boolean;

const PIECE = /\s*(?:([A-Za-z_][\w.]*)|'([^']*)'|"([^"]*)"|([(),]))/y;

/** The expression, ready to ask; or what it cannot be read for. */
export function compilePrecondition(text: string): Precondition | { readonly flaw: string } {
  const pieces = splitPieces(text);
  if (pieces === undefined) return { flaw: "is no expression such as str_eq(username, 'dev')" };
  const expression = readExpression(pieces);
  if (typeof expression === 'object' && 'flaw' in expression) return expression;
  if (pieces.length > 0) return { flaw: 'has more behind its end' };
  return (question) => evaluate(expression, question) === 'true';
}

type Piece = { readonly kind: 'name' | 'text' | 'mark'; readonly text: string };

function splitPieces(text: string): Piece[] | undefined {
  const pieces: Piece[] = [];
  PIECE.lastIndex = 0;
  while (text.slice(PIECE.lastIndex).trim() !== '') {
    const [, name, single, double, mark] = PIECE.exec(text) ?? [];
    if (name !== undefined) pieces.push({ kind: 'name', text: name });
    else if (mark !== undefined) pieces.push({ kind: 'mark', text: mark });
    else if (single !== undefined || double !== undefined)
      pieces.push({ kind: 'text', text: single ?? double ?? '' });
    else return undefined;
  }
  return pieces;
}

function readExpression(pieces: Piece[]): Expression | { readonly flaw: string } {
  const piece = pieces.shift();
  if (piece?.kind === 'text') return piece.text;
  if (piece?.kind !== 'name') return { flaw: 'ends where a name or a text in quotes is missing' };
  if (piece.text === 'true' || piece.text === 'false') return piece.text;
  if (pieces[0]?.text === '(' && pieces[0].kind === 'mark') return readCall(piece.text, pieces);
  if (VARIABLES.has(piece.text)) return { variable: piece.text };
  return { flaw: `asks for ${piece.text}; known here: ${[...VARIABLES.keys()].join(', ')}` };
}

function readCall(name: string, pieces: Piece[]): Call | { readonly flaw: string } {
  if (!FUNCTIONS.has(name)) {
    return { flaw: `calls ${name}; known here: ${[...FUNCTIONS.keys()].join(', ')}` };
  }
  const args: Expression[] = [];
  let mark = pieces.shift()?.text;
  if (pieces[0]?.text === ')') return { flaw: `calls ${name} without arguments` };
  while (mark === '(' || mark === ',') {
    const arg = readExpression(pieces);
    if (typeof arg === 'object' && 'flaw' in arg) return arg;
    args.push(arg);
    mark = pieces.shift()?.text;
  }
  return mark === ')' ? { name, args } : { flaw: `has no end of the arguments of ${name}` };
}

function evaluate(expression: Expression, question: ClientFacts): string {
  if (typeof expression === 'string') return expression;
  if ('variable' in expression) return VARIABLES.get(expression.variable)?.(question) ?? '';
  const args = expression.args.map((arg) => evaluate(arg, question));
  return FUNCTIONS.get(expression.name)?.(...args) ?? '';
}
