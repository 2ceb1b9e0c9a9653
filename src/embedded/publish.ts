// The publish routes: JSON in, messages through Aedes to its subscribers. Names and codes: nanomq's rest_api.c
// (post_mqtt_msg, post_mqtt_msg_batch). The Content-Type is ignored, as NanoMQ ignores it.

import type Router from '@koa/router';
import type { Aedes } from 'aedes';
import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { answerCode, answerJson, CODE, type Code } from './answer.ts';
import { type PublishRequest, readPublishRequest, readString } from './message.ts';

/** `http_server.max_body` of a NanoMQ nobody configured: 1 MiB. */
const MAX_BODY = '1mb';

/** `POST /mqtt/publish`, `POST /mqtt/publish_batch`. */
export function addPublishRoutes(router: Router, broker: Aedes): void {
  const parse = bodyParser({ enableTypes: ['json'], detectJSON: () => true, jsonLimit: MAX_BODY });

  router.post('/mqtt/publish', readJson(parse), async (ctx) => {
    const { body } = ctx.request;
    if (isEmpty(ctx) || Array.isArray(body)) answerCode(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    else answerCode(ctx, 200, await publish(broker, readPublishRequest(body)));
  });
  router.post('/mqtt/publish_batch', readJson(parse), async (ctx) => {
    const { body } = ctx.request;
    if (!Array.isArray(body)) return answerCode(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    const data: object[] = [];
    for (const item of body as readonly unknown[]) {
      const topic = readString(item, 'topics') ?? readString(item, 'topic');
      data.push({ topic, code: await publish(broker, readPublishRequest(item)) });
    }
    answerJson(ctx, 200, { data, code: CODE.SUCCEED });
  });
}

/** Runs the body parser; whatever it cannot read, a corrupt gzip body included, is the sender's fault. */
function readJson(parse: Middleware): Middleware {
  return async (ctx, next) => {
    try {
      await parse(ctx, async () => undefined);
    } catch (error) {
      if (isTooLarge(error)) return answerCode(ctx, 413, CODE.REQ_PARAM_ERROR);
      return answerCode(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    }
    return await next();
  };
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && error.status === 413;

/** The parser makes `{}` of an empty body; to NanoMQ it is not JSON. */
const isEmpty = (ctx: Context): boolean => String(ctx.request.rawBody ?? '') === '';

/** Sends one request's message to its topics, in order, until one fails. */
async function publish(broker: Aedes, request: PublishRequest | undefined): Promise<Code> {
  if (request === undefined) return CODE.REQ_PARAM_ERROR;
  const { topics, ...message } = request;
  for (const topic of topics) {
    const code = await send(broker, { ...message, topic });
    if (code !== CODE.SUCCEED) return code;
  }
  return CODE.SUCCEED;
}

type Message = Omit<PublishRequest, 'topics'> & { readonly topic: string };

/** Asks the broker's own rule first: its `publish` would let anything into `$SYS/`. */
function send(broker: Aedes, message: Message): Promise<Code> {
  const packet = { cmd: 'publish' as const, dup: false, ...message };
  return new Promise((resolve) => {
    broker.authorizePublish(null, packet, (refusal) => {
      if (refusal) return resolve(CODE.REQ_PARAM_ERROR);
      broker.publish(packet, (error) => resolve(error ? CODE.UNKNOWN_MISTAKE : CODE.SUCCEED));
    });
  });
}
