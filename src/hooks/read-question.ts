// A broker's question out of an HTTP request: JSON or a form, in a POST, of at most 64 KiB, as plain as brokers write it. What
// two readers could read differently is a bad question.
import type { Context } from 'koa';
import bodyParser from 'koa-bodyparser';
import type { HookSettings } from '../config/hooks.ts';
import { AUTHORIZATION, readBearerToken } from '../http/credential.ts';
import { parseJsonObject } from '../token/json.ts';
import type { HookQuestion } from './adapter.ts';
import { BadQuestion, Members } from './members.ts';

const MAX_BODY = '64kb';
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const parse = bodyParser({
  enableTypes: ['json', 'form'],
  detectJSON: (ctx) => typeOf(ctx) === JSON_TYPE,
  jsonLimit: MAX_BODY,
  formLimit: MAX_BODY,
  // A name is a name, whatever dots and brackets it holds.
  queryString: { allowDots: false, depth: 0, parameterLimit: 100 },
  strict: false,
  onerror(_, ctx) {
    // The rest is read and dropped, so that the answer reaches whoever is still sending.
    ctx.req.resume();
    throw new BadQuestion(`the body cannot be read, or is larger than ${MAX_BODY}`);
  },
} as bodyParser.Options);

/** @throws BadQuestion */
export async function readQuestion(ctx: Context, settings: HookSettings): Promise<HookQuestion> {
  if (ctx.method !== 'POST')
    throw new BadQuestion(`it is asked with ${ctx.method}: have the broker use POST`);
  const type = typeOf(ctx);
  const { 'content-encoding': encoding } = ctx.headers;
  if (encoding !== undefined || (hasBody(ctx) && type !== JSON_TYPE && type !== FORM_TYPE)) {
    ctx.req.resume();
    throw new BadQuestion('the body is compressed, or neither JSON nor a form');
  }
  await parse(ctx, async () => undefined);
  const { body } = ctx.request;
  const rawBody = (ctx.request.rawBody as string | undefined) ?? '';
  return {
    members: new Members(type === FORM_TYPE ? readForm(body, rawBody) : readJson(rawBody)),
    settings,
    field(name) {
      const value = ctx.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    get bearer() {
      return readBearer(ctx);
    },
  };
}

const typeOf = ({ headers }: Context): string | undefined =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();

/** RFC 9112 §6.3. */
const hasBody = ({ headers }: Context): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** No body, or `null`, says nothing, which is all that some questions have to say. */
function readJson(text: string): Readonly<Record<string, unknown>> {
  if (text === '' || text === 'null') return {};
  // Bytes that were no UTF-8 have become this character, and other bytes the same.
  const members = text.includes('\uFFFD') ? undefined : parseJsonObject(Buffer.from(text));
  if (members === undefined)
    throw new BadQuestion('the body is no JSON object in UTF-8 whose names stand once');
  return members;
}

function readForm(body: unknown, text: string): Readonly<Record<string, unknown>> {
  // What is not well encoded would be taken as it is written.
  if (!isWellEncoded(text)) throw new BadQuestion('the form is not percent-encoded UTF-8');
  const members = body as Readonly<Record<string, unknown>>;
  if (Object.keys(members).some((name) => name.includes('['))) throw new BadQuestion('the form holds a list');
  return members;
}

function isWellEncoded(text: string): boolean {
  if (text.includes('\uFFFD')) return false;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readBearer({ req }: Context): string | undefined {
  const token = readBearerToken(req.headersDistinct[AUTHORIZATION] ?? []);
  return token.allowed ? token.value : undefined;
}
