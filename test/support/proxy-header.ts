// PROXY headers of version 2, as HAProxy writes them.

export interface V2Options {
  /** Version and command. */
  readonly command?: number;
  /** Family and transport. */
  readonly family: number;
  readonly body: readonly number[];
}

export function v2Header({ command = 0x21, family, body }: V2Options): Buffer {
  const length = [body.length >> 8, body.length & 255];
  return Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n'), command, family, ...length, ...body]);
}

/** Names an IPv4 client. */
export const v2Client = (address: string): Buffer =>
  v2Header({ family: 0x11, body: [...address.split('.').map(Number), 127, 0, 0, 1, 0x12, 0x34, 0, 80] });
