// What the types must not allow. Compiled, never run: an expected error that does not come is an error.

import { publishMessage } from '../generated/index.js';
import type {
  Accepted,
  AuditItem,
  DeliveryView,
  Draft,
  InboxEntry,
  Problem,
  ThreatAlertDraft,
} from '../generated/index.js';

declare const accepted: Accepted;
declare const entry: InboxEntry;
declare const delivery: DeliveryView;
declare const problem: Problem;
declare const item: AuditItem;
declare const alert: ThreatAlertDraft;

// What is always there needs no question mark, what may be absent does, and nothing is null.
export const warned: number = accepted.warnings.length;
export const faults: number = problem.errors.length;
// @ts-expect-error it may not expire
export const expires: string = entry.expires_at;
export const until: string | undefined = entry.expires_at;

// Codes are the codes that there are.
// @ts-expect-error no such state
export const arrived: boolean = delivery.state === 'arrived';
export const sent: boolean = delivery.state === 'sent';
// @ts-expect-error no such code
export const odd: boolean = problem.code === 'ODD';

// Exact bytes have their types too.
export const originator: string | undefined = entry.message?.header.originator;
export const event: string = item.record.event;

// A draft's body is that of its kind.
export const fine: Draft = alert;
// @ts-expect-error a threat alert is no exercise notice
export const mixed: Draft = { ...alert, header: { ...alert.header, kind: 'exercise_notice' } };
// @ts-expect-error a draft without a label
export const bare: Draft = { header: alert.header, body: alert.body };
// @ts-expect-error a publish without a draft
export const nothing = publishMessage({});
