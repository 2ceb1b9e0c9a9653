// The body of a publish over HTTP, made ready to be judged by its topics. It is written anew first, and it is the new one
// that is read, judged and sent.
import { allow, type Decision, deny } from '../decision.ts';
import { readStrictJson } from '../json/strict.ts';
import type { PublishForm } from './publish-form.ts';
import { PublishTopics } from './publish-topics.ts';
import { RewrittenJson } from './rewritten-json.ts';

/** What a publish asks for. */
export interface Publication {
  /** As they are judged; for RabbitMQ with the exchange before them, where that is not the one of MQTT. */
  readonly topics: readonly string[];
  /** The body to be sent. */
  readonly text: string;
}

/** A publish, as far as it is not its body. */
export interface PublishRequest {
  readonly form: PublishForm;
  readonly target: { readonly path: string; readonly text: string };
  /** By lower-case name, as they were received. */
  readonly headers: object;
}

/** `body_invalid` where its topics are not plain to every reader. */
export function readPublication(body: Buffer, request: PublishRequest): Decision<Publication> {
  const { form, target } = request;
  if (isNamedElsewhere(request)) return deny('body_invalid', ELSEWHERE);
  const written = rewrite(body, form);
  if ('flaw' in written) return deny('body_invalid', `It ${written.flaw}.`);
  const { list, flaw } = new PublishTopics(written.value, form, target.path);
  return flaw === undefined ? allow({ topics: list, text: written.text }) : deny('body_invalid', flaw);
}

const ELSEWHERE = 'Name the topic in the body alone, which is JSON: not in the query, nor in a header.';

function isNamedElsewhere({ form: { queryNames, headerNames }, target, headers }: PublishRequest): boolean {
  if (headerNames.some((name) => Object.hasOwn(headers, name))) return true;
  const mark = queryNames.length === 0 ? -1 : target.text.indexOf('?');
  if (mark === -1) return false;
  const query = new URLSearchParams(target.text.slice(mark + 1));
  return queryNames.some((name) => query.has(name));
}

type Rewritten = Pick<Publication, 'text'> & { readonly value: unknown };

function rewrite(body: Buffer, { foldsAt }: PublishForm): Rewritten | { readonly flaw: string } {
  let written: RewrittenJson | undefined;
  const read = readStrictJson(body, (text) => {
    written = new RewrittenJson(text, foldsAt);
    return written;
  });
  if ('flaw' in read) return read;
  const { text = '', flaw, isRenamed = false } = written ?? {};
  if (flaw !== undefined) return { flaw };
  return { text, value: isRenamed ? JSON.parse(text) : read.value };
}
