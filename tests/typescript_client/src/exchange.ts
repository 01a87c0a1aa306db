// Two nations exchange a message by the generated client alone: publish, follow, read, acknowledge, see what
// became of it, and understand a refusal. Prints one JSON object.

import { createClient } from '../generated/client/index.js';
import type { Client } from '../generated/client/index.js';
import {
  acknowledgeMessage,
  followInbox,
  listInbox,
  publishMessage,
  showInboxMessage,
  showMessage,
} from '../generated/index.js';
import type { Accepted, InboxEntry, Problem, ThreatAlertDraft } from '../generated/index.js';

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function gateway(nation: string): Client {
  const key = required(`${nation}_KEY`);
  // The API takes one credential: of the ways that the document lists, this is the bearer's.
  return createClient({
    baseUrl: required(`${nation}_URL`),
    auth: (way) => (way.key === 'bearer' ? key : undefined),
  });
}

const author = gateway('AUTHOR');
const reader = gateway('READER');

const draft: ThreatAlertDraft = {
  header: {
    kind: 'threat_alert',
    precedence: 'IMMEDIATE',
    mode: 'EXERCISE',
    exercise_id: 'COLD FJORD 30',
    action_addressees: [required('READER')],
    acknowledgement: { required: true },
    subject: 'EXERCISE: two cables out of service',
  },
  label: { policy: 'REALM', classification: 'LIMITED', releasable_to: [required('READER')] },
  body: {
    action: 'ALERT',
    threat_type: 'hybrid',
    categories: ['Infra'],
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Likely',
    texts: [{ language: 'en', event: 'Damage to submarine cables' }],
    affected_nations: [required('READER')],
  },
};

async function publish(): Promise<Accepted> {
  const { data } = await publishMessage({
    client: author,
    body: draft,
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    throwOnError: true,
  });
  return data;
}

// The events of the stream are typed as text; the generated client has read each as JSON.
async function arrival(messageId: string, after: number): Promise<InboxEntry> {
  const { stream } = await followInbox({ client: reader, query: { after } });
  for await (const event of stream) {
    const entry = event as unknown as InboxEntry;
    if (entry.message_id === messageId) return entry;
  }
  throw new Error('the stream ended');
}

async function refusal(): Promise<Problem> {
  const beyond = { ...draft, label: { ...draft.label, releasable_to: [] } };
  const { error } = await publishMessage({ client: author, body: beyond });
  if (error === undefined) throw new Error('it was not refused');
  return error;
}

async function lastSeq(): Promise<number> {
  let position = 0;
  for (;;) {
    const { data } = await listInbox({ client: reader, query: { after: position }, throwOnError: true });
    if (data.next === position) return position;
    position = data.next;
  }
}

const before = await lastSeq();
const accepted = await publish();
const entry = await arrival(accepted.message_id, before);
const path = { message_id: entry.message_id };
const { data: shown } = await showInboxMessage({ client: reader, path, throwOnError: true });
const subject: string | undefined = shown.message?.header.subject;
const { data: reply } = await acknowledgeMessage({
  client: reader,
  path,
  body: {
    level: 'UNDERSTOOD',
    outcome: 'WILL_COMPLY',
    officer_role: 'Duty officer',
    acknowledged_at: new Date().toISOString(),
  },
  headers: { 'Idempotency-Key': crypto.randomUUID() },
  throwOnError: true,
});
const { data: publication } = await showMessage({
  client: author,
  path: { publication_id: accepted.publication_id },
  throwOnError: true,
});
const problem = await refusal();
console.log(
  JSON.stringify({
    accepted: accepted.message_id,
    subject,
    // Without by_receipt an acknowledgement is always a message of its own.
    reply: 'recipients' in reply ? reply.recipients : [],
    nations: publication.deliveries.map((delivery) => delivery.nation),
    code: problem.code,
    pointer: problem.pointer,
    what_to_do: problem.what_to_do,
  }),
);
process.exit(0); // a stream that was left keeps its connection for a while
