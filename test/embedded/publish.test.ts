import { connect as connectLater, type IPublishPacket, type MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { callJson, connect, eventually, post, start } from './harness.ts';

const PUBLISH = '/api/v4/mqtt/publish';
const BATCH = '/api/v4/mqtt/publish_batch';
const OK = { status: 200, body: { code: 0 } };
const PARAMETER_ERROR = { status: 200, body: { code: 108 } };

interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** Every message the client gets from now on. */
function collect(client: MqttClient): Received[] {
  const received: Received[] = [];
  client.on('message', (topic: string, payload: Buffer, { qos, retain }: IPublishPacket) => {
    received.push({ topic, payload: payload.toString('latin1'), qos, retain });
  });
  return received;
}

async function startWithSubscriber() {
  const broker = await start();
  const client = await connect(broker);
  const received = collect(client);
  await client.subscribeAsync('#', { qos: 2 });
  return { broker, client, received };
}

describe('publishing over the embedded API', () => {
  it('reaches a subscriber', async () => {
    const { broker, received } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, { topic: 'a/b', payload: 'hello', clientid: 'example' })).toEqual(OK);
    await eventually(() =>
      expect(received).toEqual([{ topic: 'a/b', payload: 'hello', qos: 0, retain: false }]),
    );
  });

  it.each([1, 2])('keeps QoS %i', async (qos) => {
    const { broker, received } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, { topic: 'a', payload: 'x', qos })).toEqual(OK);
    await eventually(() => expect(received).toMatchObject([{ qos }]));
  });

  it('keeps a retained message for whoever subscribes later, until an empty one clears it', async () => {
    const { broker } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, { topic: 'kept', payload: 'x', retain: true })).toEqual(OK);
    const late = await connect(broker);
    const received = collect(late);
    await late.subscribeAsync('kept');
    await eventually(() => expect(received).toMatchObject([{ payload: 'x', retain: true }]));

    expect(await post(broker, PUBLISH, { topic: 'kept', payload: '', retain: true })).toEqual(OK);
    const later = await connect(broker);
    const receivedLater = collect(later);
    await later.subscribeAsync(['kept', 'next']);
    await post(broker, PUBLISH, { topic: 'next', payload: 'x' });
    await eventually(() => expect(receivedLater).toMatchObject([{ topic: 'next' }]));
  });

  it('decodes under `decoding`, bytes that are not text included', async () => {
    const { broker, received } = await startWithSubscriber();
    const bytes = Buffer.from([0, 255, 128, 10]);
    const request = { topic: 'a', payload: bytes.toString('base64'), decoding: 'base64' };
    expect(await post(broker, PUBLISH, request)).toEqual(OK);
    await eventually(() => expect(received).toMatchObject([{ payload: bytes.toString('latin1') }]));
  });

  it('encodes under `encoding`', async () => {
    const { broker, received } = await startWithSubscriber();
    const request = { topic: 'a', payload: 'aGVsbG8=', encoding: 'base64' };
    expect(await post(broker, PUBLISH, request)).toEqual(OK);
    await eventually(() => expect(received).toMatchObject([{ payload: 'YUdWc2JHOD0=' }]));
  });

  it.each(['plain', 'hex', 'BASE64', 1])(
    'sends a payload as it is under the encoding %j',
    async (encoding) => {
      const { broker, received } = await startWithSubscriber();
      expect(
        await post(broker, PUBLISH, { topic: 'a', payload: 'eA==', encoding, decoding: encoding }),
      ).toEqual(OK);
      await eventually(() => expect(received).toMatchObject([{ payload: 'eA==' }]));
    },
  );

  it.each([
    [9, 1],
    [-1, 2],
    [1.5, 1],
    [3, 2],
    [256, 0],
    ['1', 0],
    [null, 0],
  ])('takes QoS %j, of which two bits travel: %i', async (qos, sent) => {
    const { broker, received } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, { topic: 'a', payload: 'x', qos })).toEqual(OK);
    await eventually(() => expect(received).toMatchObject([{ qos: sent }]));
  });

  it.each<[string, string]>([
    ['names in another case', '{"TOPIC":"a","Payload":"x","QoS":0}'],
    ['a name twice, by the first', '{"topic":"a","topic":"b","payload":"x","payload":"y"}'],
    ['a name twice in two cases, by the first', '{"Topic":"a","topic":"b","payload":"x"}'],
    ['text behind the JSON', '{"topic":"a","payload":"x"} and more'],
    ['a payload up to its NUL', '{"topic":"a","payload":"x\\u0000y"}'],
  ])('reads %s', async (_, body) => {
    const { broker, received } = await startWithSubscriber();
    expect(await callJson(broker, PUBLISH, { method: 'POST', body })).toEqual(OK);
    await eventually(() => expect(received).toMatchObject([{ topic: 'a', payload: 'x' }]));
  });

  it('sends one message to each of the topics, and prefers topic to topics', async () => {
    const { broker, received } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, { topics: 'a,b/c,,d', payload: 'x' })).toEqual(OK);
    expect(await post(broker, PUBLISH, { topic: 'e,f', topics: 'g', payload: 'x' })).toEqual(OK);
    await eventually(() => expect(received.map(({ topic }) => topic)).toEqual(['a', 'b/c', 'd', 'e,f']));
  });

  it('keeps a message for a session that is away', async () => {
    const broker = await start();
    const client = await connect(broker, { clientId: 'c', clean: false });
    await client.subscribeAsync('t', { qos: 1 });
    await client.endAsync();
    expect(await post(broker, PUBLISH, { topic: 't', payload: 'x', qos: 1 })).toEqual(OK);
    // Delivery starts with the connection, so the listener has to be there before it.
    const back = connectLater(`mqtt://127.0.0.1:${broker.mqttPort}`, {
      clientId: 'c',
      clean: false,
      manualConnect: true,
    });
    const received = collect(back);
    back.connect();
    await eventually(() => expect(received).toMatchObject([{ topic: 't', payload: 'x', qos: 1 }]));
    await back.endAsync(true);
  });

  it.each<[string, unknown]>([
    ['no topic', { payload: 'x' }],
    ['an empty topic', { topic: '', payload: 'x' }],
    ['an empty list of topics', { topics: ',', payload: 'x' }],
    ['a topic of another type', { topic: 1, payload: 'x' }],
    ['a topic with +', { topic: 'a/+', payload: 'x' }],
    ['a topic with #', { topic: '#', payload: 'x' }],
    ['one wildcard among the topics', { topics: 'a,#', payload: 'x' }],
    ['a topic with NUL', { topic: 'a\0', payload: 'x' }],
    ['a topic that is not Unicode', { topic: '\ud800', payload: 'x' }],
    ['a topic of 65,536 bytes', { topic: 'a'.repeat(65_536), payload: 'x' }],
    ["a topic of the broker's own", { topic: '$SYS/x', payload: 'x' }],
    ['no payload', { topic: 'a' }],
    ['a payload of another type', { topic: 'a', payload: { x: 1 } }],
    ['a payload that is not base64', { topic: 'a', payload: 'eA', decoding: 'base64' }],
    ['topic and payload one level too deep', { data: { topic: 'a', payload: 'x' } }],
  ])('answers 200 code 108 to %s, and sends nothing', async (_, request) => {
    const { broker, received } = await startWithSubscriber();
    expect(await post(broker, PUBLISH, request)).toEqual(PARAMETER_ERROR);
    await post(broker, PUBLISH, { topic: 'last', payload: 'x' });
    await eventually(() => expect(received.map(({ topic }) => topic)).toEqual(['last']));
  });

  it('answers 200 code 102 to a topic of more levels than the broker can route', async () => {
    const broker = await start();
    const topic = 'a/'.repeat(100);
    expect(await post(broker, PUBLISH, { topic, payload: 'x' })).toEqual({
      status: 200,
      body: { code: 102 },
    });
  });
});

describe('publishing in batch over the embedded API', () => {
  it('reaches a subscriber with each message, in order, and answers for each', async () => {
    const { broker, received } = await startWithSubscriber();
    const answer = await post(broker, BATCH, [
      { topic: 'a', payload: '1', qos: 1 },
      { topics: 'b,c', payload: 'Mg==', decoding: 'base64' },
      { topic: 'd/#', payload: '3' },
      { payload: '4' },
      null,
    ]);
    expect(answer).toEqual({
      status: 200,
      body: {
        data: [
          { topic: 'a', code: 0 },
          { topic: 'b,c', code: 0 },
          { topic: 'd/#', code: 108 },
          { code: 108 },
          { code: 108 },
        ],
        code: 0,
      },
    });
    await eventually(() =>
      expect(received.map(({ topic, payload, qos }) => [topic, payload, qos])).toEqual([
        ['a', '1', 1],
        ['b', '2', 0],
        ['c', '2', 0],
      ]),
    );
  });

  it('answers 400 code 109 to what is not an array', async () => {
    const broker = await start();
    expect(await post(broker, BATCH, { topic: 'a', payload: 'x' })).toEqual({
      status: 400,
      body: { code: 109 },
    });
  });
});
