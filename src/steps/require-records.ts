// Where `guard.audit.required` says so, nothing is done that could not be recorded.
import { deny } from '../decision.ts';
import { defineStep, type Step } from './step.ts';

/** @param canRecord whether records can be written at the moment, or need not be. A refusal is tried to be recorded too, and so finds out when it works again. */
export const requireRecords = (canRecord: () => boolean): Step =>
  defineStep((ctx, next) => (canRecord() ? next(ctx) : deny('audit_unavailable')));
