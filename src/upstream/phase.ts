// The life of a connection to the broker: at any time it is in one of these phases.

export type Phase =
  /** Until the broker has accepted it. */
  | 'connecting'
  /** Open, without an exchange. */
  | 'idle'
  /** An exchange goes out at the end of the turn. */
  | 'assigned'
  /** The head is written, the body is not all written yet. */
  | 'sending'
  /** All is written; nothing of an answer has come. */
  | 'sent'
  /** An answer comes while the body is not all written yet. */
  | 'early'
  /** An answer comes. */
  | 'answering'
  | 'ended';
