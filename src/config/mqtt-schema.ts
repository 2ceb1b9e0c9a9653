// `guard.mqtt { }`: who may connect by MQTT, and whose answers are given. The shape of the block; its list of
// authenticators is read entry by entry.
import { z } from 'zod';

const word = <const T extends string>(...words: readonly T[]) =>
  z.enum(words as unknown as [T, ...T[]], `must be one of ${words.join(', ')}`);
const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false')
  .transform((value) => value === true || value === 'true');

/** An entry's own shape depends on its values: mqtt-reader.ts knows it. */
export const mqttSchema = z
  .strictObject({
    semantics: word('strict', 'emqx', 'amqtt').prefault('strict'),
    security_profile: word('hardened', 'legacy').prefault('hardened'),
    allow_anonymous: flag.prefault(false),
    no_match: word('deny', 'allow').prefault('deny'),
    authentication: z.unknown().optional(),
    // A block a broker: hooks-reader.ts reads it.
    hooks: z.unknown().optional(),
  })
  .prefault({});

export type MqttBlock = z.output<typeof mqttSchema>;
