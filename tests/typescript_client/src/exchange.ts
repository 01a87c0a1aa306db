// Two nations exchange messages by the generated client alone: publish, follow, read, acknowledge, see what
// became of it, update it, recall it, ask and accept, and understand a refusal. Prints one JSON object.

import { createClient } from '../generated/client/index.js';
import type { Client } from '../generated/client/index.js';
import {
  acceptRequest,
  acknowledgeMessage,
  followEvents,
  followInbox,
  listEvents,
  listInbox,
  publishMessage,
  recallMessage,
  showInboxMessage,
  showMessage,
  showRecall,
  showRequest,
} from '../generated/index.js';
import type {
  Accepted,
  FeedEvent,
  InboxEntry,
  InformationRequestDraft,
  Problem,
  RecallView,
  ThreatAlertDraft,
} from '../generated/index.js';

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

function question(ltiov: string): InformationRequestDraft {
  return {
    header: {
      kind: 'information_request',
      precedence: 'PRIORITY',
      mode: 'EXERCISE',
      exercise_id: 'COLD FJORD 30',
      action_addressees: [required('READER')],
      acknowledgement: { required: false },
      subject: 'EXERCISE: who is in the strait',
    },
    label: draft.label,
    body: {
      rfi_id: 'AUTHOR-RFI-1',
      title: 'Who is in the strait',
      requirement_statement: 'Which vessels lie in the strait?',
      justification: 'It decides whether the patrol stays.',
      priority: 'HIGH',
      ltiov,
      requested_products: ['REPORT'],
      max_classification: { policy: 'REALM', classification: 'LIMITED' },
      poc: { role: 'RFI manager', contact: 'rfi@example.org' },
    },
  };
}

async function publish(body: ThreatAlertDraft | InformationRequestDraft): Promise<Accepted> {
  const { data } = await publishMessage({
    client: author,
    body,
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

// What happened at the author's gateway after a position, once something is as wanted.
async function happening(after: number, wanted: (event: FeedEvent) => boolean): Promise<FeedEvent> {
  const { stream } = await followEvents({ client: author, query: { after } });
  for await (const event of stream) {
    const happened = event as unknown as FeedEvent;
    if (wanted(happened)) return happened;
  }
  throw new Error('the stream ended');
}

async function lastEvent(): Promise<number> {
  let position = 0;
  for (;;) {
    const { data } = await listEvents({ client: author, query: { after: position }, throwOnError: true });
    if (data.next === position) return position;
    position = data.next;
  }
}

async function recalled(publicationId: string, messageId: string): Promise<RecallView> {
  const path = { publication_id: publicationId };
  const begin = await lastEvent();
  await recallMessage({ client: author, path, body: { reason: 'ISSUED_IN_ERROR' }, throwOnError: true });
  await happening(begin, (event) => event.type === 'recall.confirmed' && event.message_id === messageId);
  const { data } = await showRecall({ client: author, path, throwOnError: true });
  return data;
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
const accepted = await publish(draft);
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

const reference = {
  message_id: accepted.message_id,
  originator: required('AUTHOR'),
  digest: accepted.digest,
  relation: 'updates' as const,
};
const update = await publish({ ...draft, header: { ...draft.header, references: [reference] } });
await arrival(update.message_id, entry.inbox_seq);
const { data: updated } = await showInboxMessage({ client: reader, path, throwOnError: true });
const recall = await recalled(update.publication_id, update.message_id);

const asked = await publish(question(new Date(Date.now() + 3_600_000).toISOString()));
await arrival(asked.message_id, entry.inbox_seq);
const begin = await lastEvent();
const request = { message_id: asked.message_id };
await acceptRequest({
  client: reader,
  path: request,
  body: {},
  headers: { 'Idempotency-Key': crypto.randomUUID() },
  throwOnError: true,
});
await happening(begin, (event) => event.type === 'request.changed' && event.state === 'ACCEPTED');
const { data: accepting } = await showRequest({ client: author, path: request, throwOnError: true });
console.log(
  JSON.stringify({
    accepted: accepted.message_id,
    subject,
    // Without by_receipt an acknowledgement is always a message of its own.
    reply: 'recipients' in reply ? reply.recipients : [],
    nations: publication.deliveries.map((delivery) => delivery.nation),
    status: updated.status,
    current: updated.current === update.message_id,
    recall: recall.nations.map((nation) => [nation.nation, nation.outcome]),
    request: accepting.parties.map((party) => [party.nation, party.state]),
    code: problem.code,
    pointer: problem.pointer,
    what_to_do: problem.what_to_do,
  }),
);
process.exit(0); // a stream that was left keeps its connection for a while
