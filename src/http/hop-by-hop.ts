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
  return value.split(',').map((name) => trimBlanks(name).toLowerCase());
}

/** RFC 9110 §5.6.3: blank and tab may surround a value. `trim` would take more for blank, and read another length. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
