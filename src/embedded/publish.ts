// The publish routes: JSON in, messages through Aedes to its subscribers. Names and codes: nanomq's rest_api.c
// (post_mqtt_msg, post_mqtt_msg_batch). On purpose not NanoMQ's way: nobody publishes below `$SYS/`.

import type Router from '@koa/router';
import type { Aedes } from 'aedes';
import { answerCode, answerError, answerJson, CODE, type Code } from './answer.ts';
import { readBody, takesObject } from './body.ts';
import { isList, type Json, readString } from './json.ts';
import { type PublishRequest, readPublishRequest } from './message.ts';

/** `POST /mqtt/publish`, `POST /mqtt/publish_batch`. */
export function addPublishRoutes(router: Router, broker: Aedes): void {
  router.post(
    '/mqtt/publish',
    takesObject(async (ctx, body) => answerCode(ctx, await publish(broker, body))),
  );
  router.post('/mqtt/publish_batch', async (ctx) => {
    const items = await readBody(ctx);
    if (!isList(items)) return answerError(ctx, 400, CODE.REQ_PARAMS_JSON_FORMAT_ILLEGAL);
    const data: object[] = [];
    for (const item of items) {
      const topic = readString(item, 'topics') ?? readString(item, 'topic');
      data.push({ topic, code: await publish(broker, item) });
    }
    answerJson(ctx, 200, { data, code: CODE.SUCCEED });
  });
}

/** Sends one request's message to its topics, in order, until one fails. */
async function publish(broker: Aedes, body: Json): Promise<Code> {
  const request = readPublishRequest(body);
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
