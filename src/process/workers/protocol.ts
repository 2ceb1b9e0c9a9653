// What the primary process asks of a worker, and how a call and its answer look on the channel between them
// (node:cluster's IPC, structured clones). Knows no socket and no key store.
import type { ListenAddress } from '../../config/address.ts';
import type { Settings } from '../../config/settings.ts';
import type { DenyReason } from '../../decision.ts';
import { Failure, type FailureCode } from '../../failure.ts';
import type { Families } from '../../observe/metrics/families.ts';
import type { Revocation } from '../../revocation/entry.ts';
import type { Share } from '../share.ts';
import type { TlsFiles } from '../tls-files.ts';
import type { KeyChange } from './key-change.ts';

/** What one worker is to do. */
export interface Assignment {
  readonly settings: Settings;
  readonly share: Share;
  readonly keys: KeyChange;
  /** All that is known; a worker never forgets one that it was told of before. */
  readonly revocations: readonly Revocation[];
  readonly tls: Omit<TlsFiles, 'service'>;
  /** Whether the primary process can write audit records. */
  readonly canRecord: boolean;
}

/** Every call: what it takes, what it gives. */
export interface Calls {
  /** To be the first. @throws Failure as `startServing` does */
  serve(assignment: Assignment): Promise<ListenAddress>;
  changeKeys(change: KeyChange): Promise<void>;
  revoke(added: readonly Revocation[]): Promise<void>;
  reload(assignment: Assignment): Promise<void>;
  /** The reason why the broker gives no answer, if so. */
  probe(): Promise<DenyReason | undefined>;
  /** Whether the primary process can write audit records, whenever that changes. */
  setRecording(canRecord: boolean): Promise<void>;
  /** What it has counted since its start. */
  metrics(): Promise<Families>;
  /** Drains and ends. Gives the number of audit records that could not be written. */
  stop(): Promise<number>;
}

export type CallName = keyof Calls;

export interface CallMessage {
  readonly id: number;
  readonly call: CallName;
  readonly argument: unknown;
}

/** The id of what a worker sends first: from then on it listens. */
export const HELLO = 0;

export interface AnswerMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: WireError;
}

interface WireError {
  readonly message: string;
  /** Of a Failure; absent where the guard itself is at fault. */
  readonly code?: FailureCode;
}

/** Runs a call and makes its answer of whatever becomes of it. */
export async function answerCall(calls: Calls, { id, call, argument }: CallMessage): Promise<AnswerMessage> {
  try {
    const run = calls[call] as (argument: unknown) => Promise<unknown>;
    return { id, value: await run(argument) };
  } catch (error) {
    return { id, error: toWire(error) };
  }
}

function toWire(error: unknown): WireError {
  if (error instanceof Failure) return { message: error.message, code: error.code };
  return { message: error instanceof Error ? (error.stack ?? error.message) : 'unknown' };
}

export function fromWire({ message, code }: WireError): Error {
  return code === undefined ? new Error(message) : new Failure(code, message);
}
