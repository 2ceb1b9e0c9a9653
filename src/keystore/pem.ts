// The text encoding of RFC 7468: blocks between BEGIN and END lines, and the text around them.
// Knows no key; says nothing about what a label means.

import { decodeBase64 } from './base64.ts';

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

/** The text cannot be split: `flaw` is a sentence. All these flaws can come from a file still being written. */
export interface PemFlaw {
  readonly flaw: string;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
const LABEL = /^[A-Z0-9 ]{1,64}$/;

/** Every block in order, and the lines outside of them. Walks the text once, whatever it holds. */
export function splitPem(text: string): { blocks: PemBlock[]; outside: string[] } | PemFlaw {
  const blocks: PemBlock[] = [];
  let outside = '';
  let at = 0;
  for (let begin = text.indexOf(BEGIN); begin >= 0; begin = text.indexOf(BEGIN, at)) {
    outside += `${text.slice(at, begin)}\n`;
    const block = readBlock(text, begin + BEGIN.length);
    if ('flaw' in block) return block;
    blocks.push(block);
    at = block.end;
  }
  outside += text.slice(at);
  if (outside.includes(END)) return { flaw: 'The file has an END line without its BEGIN line.' };
  return { blocks, outside: outside.split(/\r\n|\n|\r/) };
}

function readBlock(text: string, labelStart: number): (PemBlock & { end: number }) | PemFlaw {
  const labelEnd = text.indexOf(DASHES, labelStart);
  const label = text.slice(labelStart, Math.max(labelEnd, labelStart));
  if (!LABEL.test(label)) return { flaw: 'The file has a broken BEGIN line.' };
  const bodyStart = labelEnd + DASHES.length;
  const bodyEnd = text.indexOf(DASHES, bodyStart);
  const endLine = `${END}${label}${DASHES}`;
  if (bodyEnd < 0 || !text.startsWith(endLine, bodyEnd)) {
    return { flaw: `The block "${label}" has no END line: the file is half-written or cut short.` };
  }
  const der = decodeBase64(text.slice(bodyStart, bodyEnd));
  if (!der) return { flaw: `The block "${label}" is not valid base64.` };
  return { label, der, end: bodyEnd + endLine.length };
}
