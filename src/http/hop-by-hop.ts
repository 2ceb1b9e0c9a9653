// RFC 9110 §7.6.1: fields that belong to one connection and are never forwarded, in either direction.

/** Tells the peer that the connection ends with this message, or names further hop-by-hop fields. */
export const CONNECTION = 'connection';

const HOP_BY_HOP = new Set([
  CONNECTION,
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a field, by its lower-case name, must not leave the connection it came on. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** The lower-case field names that a Connection field nominates as hop-by-hop. */
export function nominatedFields(value: string): readonly string[] {
  return value.split(',').map((name) => name.trim().toLowerCase());
}
