"""What each reason code means at the HTTP API: its status and what the caller can do about it."""

from http import HTTPStatus

from schemas.reasons import ReasonCode

_ = ReasonCode
_DEFAULT = (HTTPStatus.UNPROCESSABLE_ENTITY, "Correct what the pointer names and send again.")

_TABLE: dict[ReasonCode, tuple[HTTPStatus, str]] = {
    _.HTTP_MALFORMED: (HTTPStatus.BAD_REQUEST, "Send one HTTP/1.1 request at a time (RFC 9112)."),
    _.JSON_MALFORMED: (HTTPStatus.BAD_REQUEST, "Send one JSON value (RFC 8259) in UTF-8."),
    _.JSON_DUPLICATE_KEY: (HTTPStatus.BAD_REQUEST, "Give each member of an object once."),
    _.JSON_TOO_DEEP: (HTTPStatus.BAD_REQUEST, "Nest no deeper than 32 levels."),
    _.BODY_TOO_LARGE: (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Send a smaller body; the limit stands in the detail. Large products go by reference.",
    ),
    _.BODY_TOO_SLOW: (HTTPStatus.REQUEST_TIMEOUT, "Send again over a better connection, or send less."),
    _.SCHEMA_INVALID: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Compare with the body that /docs describes; errors lists every fault with its pointer.",
    ),
    _.TIME_INVALID: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Give RFC 3339 times with an offset, each end after its start, none out of reach.",
    ),
    _.DRAFT_EXPIRED: (HTTPStatus.UNPROCESSABLE_ENTITY, "Set expires_at ahead of now, or leave it out."),
    _.CREDENTIALS_MISSING: (
        HTTPStatus.UNAUTHORIZED,
        "Send the API key as 'Authorization: Bearer ent_...' or in X-API-Key, or an operator's token as "
        "'Authorization: Bearer ena_...'.",
    ),
    _.CREDENTIALS_INVALID: (
        HTTPStatus.UNAUTHORIZED,
        "Use a valid API key; as an operator, refresh the session or sign in again.",
    ),
    _.SCOPE_MISSING: (
        HTTPStatus.FORBIDDEN,
        "Use a key with the scope and kind of message that the detail names.",
    ),
    _.OPERATOR_ONLY: (HTTPStatus.FORBIDDEN, "Sign in as an operator whose role permits it."),
    _.ROLE_MISSING: (HTTPStatus.FORBIDDEN, "Ask somebody with the role, or for the role."),
    _.SIGN_IN_REFUSED: (HTTPStatus.UNAUTHORIZED, "Try again; if it stays, ask whoever keeps the operators."),
    _.SIGN_IN_DELAYED: (HTTPStatus.TOO_MANY_REQUESTS, "Wait as long as Retry-After says, then try again."),
    _.SIGN_IN_NOT_FRESH: (
        HTTPStatus.FORBIDDEN,
        "Give the password again (POST /v1/operators/fresh) or sign in again at the identity provider "
        "(POST /v1/operators/oidc/fresh/begin), then send again with the new token.",
    ),
    _.PASSWORD_SIGN_IN_OFF: (
        HTTPStatus.FORBIDDEN,
        "Sign in at the identity provider (POST /v1/operators/oidc/begin).",
    ),
    _.OIDC_NOT_CONFIGURED: (HTTPStatus.NOT_FOUND, "Sign in with a password, or have one configured."),
    _.OIDC_REDIRECT_REFUSED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Have the console's address added to ENTENTE_GATEWAY_OIDC_REDIRECT_URIS and at the provider.",
    ),
    _.OIDC_TRANSACTION_INVALID: (HTTPStatus.CONFLICT, "Begin again, in the same browser."),
    _.OIDC_PROOF_REFUSED: (
        HTTPStatus.UNAUTHORIZED,
        "Begin again; if it stays, show the detail to whoever keeps the gateway and the provider.",
    ),
    _.OIDC_PROVIDER_FAILED: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Try again after Retry-After; if it stays, show the detail to whoever keeps the gateway.",
    ),
    _.SEARCH_NOT_UNDERSTOOD: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Look at search: where the term stands, and what is understood there.",
    ),
    _.EXPORT_SWITCHED_OFF: (HTTPStatus.FORBIDDEN, "Ask whoever runs the gateway, if it is needed."),
    _.VIEWS_TOO_MANY: (HTTPStatus.CONFLICT, "Delete a view, or save under the name of one."),
    _.PASSWORD_CHANGE_REQUIRED: (HTTPStatus.FORBIDDEN, "Choose a password (POST /v1/operators/password)."),
    _.PASSWORD_UNSUITABLE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Choose 15 to 128 characters that do not repeat themselves and do not contain the name.",
    ),
    _.RATE_LIMITED: (HTTPStatus.TOO_MANY_REQUESTS, "Wait as long as Retry-After says, then send again."),
    _.GATEWAY_BUSY: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Wait as long as Retry-After says; close connections and streams that you do not need.",
    ),
    _.IDEMPOTENCY_KEY_INVALID: (
        HTTPStatus.BAD_REQUEST,
        "Use 1 to 255 printable ASCII characters, a UUID for instance.",
    ),
    _.IDEMPOTENCY_CONFLICT: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Use a new Idempotency-Key for a new request; repeat an old one byte for byte.",
    ),
    _.IDEMPOTENCY_KEY_NOT_HEEDED: (
        HTTPStatus.BAD_REQUEST,
        "Send it without the key; if the answer is lost, look whether it was done before repeating it.",
    ),
    _.NOTES_FULL: (HTTPStatus.CONFLICT, "Keep further notes elsewhere; a request keeps the first 1000."),
    _.NOT_FOUND: (HTTPStatus.NOT_FOUND, "Check the address and the id; /docs lists what there is."),
    _.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "Use a method that the Allow header names."),
    _.MEDIA_TYPE_UNSUPPORTED: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Send the Content-Type that the detail names (application/json for drafts) and no Content-Encoding.",
    ),
    _.PARAMETER_INVALID: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Correct the parameters that errors names; /docs describes them.",
    ),
    _.MESSAGE_ID_AMBIGUOUS: (HTTPStatus.CONFLICT, "Add ?originator=<nation> to the address."),
    _.WEBHOOK_URL_REFUSED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Give an https address that is public, or ask the operator to open its network (docs/webhooks.md).",
    ),
    _.WEBHOOK_KEY_UNSUITABLE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Name a key in force with scope events:read.",
    ),
    _.WEBHOOK_LIMIT: (HTTPStatus.CONFLICT, "Remove a webhook that is no longer needed."),
    _.CURSOR_GONE: (
        HTTPStatus.GONE,
        "Read inbox and publications anew for what you missed; then go on without after=, or with after=0.",
    ),
    _.ALREADY_DONE: (HTTPStatus.CONFLICT, "Nothing is left to do."),
    _.RECALLED: (HTTPStatus.CONFLICT, "Leave it out: the message was recalled, and that is final."),
    _.MINIMIZE_IN_FORCE: (
        HTTPStatus.FORBIDDEN,
        "Wait until the time in the detail, or raise the precedence if the matter is that urgent.",
    ),
    _.RELEASE_NOT_WAITING: (HTTPStatus.CONFLICT, "Nothing is left to do; see GET /v1/messages/{id}."),
    _.RELEASE_OWN_DRAFT: (HTTPStatus.FORBIDDEN, "Ask another releaser to read and confirm it."),
    _.RELEASE_DIGEST_MISMATCH: (
        HTTPStatus.CONFLICT,
        "Read it again at GET /v1/releases and give the release_digest shown there.",
    ),
    _.RELEASE_NOT_CONFIRMED: (HTTPStatus.CONFLICT, "Publish again, if it is still wanted."),
    _.RELEASE_DECLINED: (HTTPStatus.CONFLICT, "Ask the releaser why; the note may say so."),
    _.QUEUE_FULL: (HTTPStatus.SERVICE_UNAVAILABLE, "Wait as long as Retry-After says, then send again."),
    _.STORE_UNAVAILABLE: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Nothing was accepted: send again, with the same Idempotency-Key.",
    ),
    _.INTERNAL_FAULT: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Send again with the same Idempotency-Key; tell the operator the instance if it stays.",
    ),
    _.RELEASE_SET_EMPTY: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Name in label.releasable_to who may have the message; empty means nobody.",
    ),
    _.NATION_UNKNOWN: (HTTPStatus.UNPROCESSABLE_ENTITY, "Name nations of this realm; see /v1/partners."),
    _.COMMUNITY_UNKNOWN: (HTTPStatus.UNPROCESSABLE_ENTITY, "Name communities of this realm; see /v1/trust."),
    _.ADDRESSEE_NOT_RELEASABLE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Release to every addressee, or take the addressee out.",
    ),
    _.NO_RECIPIENT: (HTTPStatus.UNPROCESSABLE_ENTITY, "See the decision for each nation in the explanation."),
    _.NATIONAL_ONLY: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Keep it in your own systems; to send it, name nations in label.releasable_to or add a tear line.",
    ),
    _.CATEGORY_NOT_COVERED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Leave the nation out, or have an agreement with it name the category.",
    ),
    _.REQUEST_TRANSITION_ILLEGAL: (
        HTTPStatus.CONFLICT,
        "See where it stands and what is legal now at GET /v1/requests/{message_id}.",
    ),
    _.REDIRECT_INVALID: (HTTPStatus.UNPROCESSABLE_ENTITY, "Name the nation that may know the answer."),
    _.ASSIGNEE_UNKNOWN: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Name an operator of this gateway who may write to requests, or none.",
    ),
    _.REPLY_BEYOND_RELEASE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Release a reply no wider than what it answers.",
    ),
    _.CHANGE_NOT_CURRENT: (
        HTTPStatus.CONFLICT,
        "Read the current message, which the problem names, and change that one.",
    ),
    _.CHAIN_ENDED: (HTTPStatus.CONFLICT, "There is nothing left to cancel. To take content away, recall it."),
    _.CHANGE_OF_WAITING: (
        HTTPStatus.CONFLICT,
        "Wait until it is released, or have it refused or cancel it and publish anew.",
    ),
    _.CANCELLED: (HTTPStatus.CONFLICT, "Publish a new message that changes none."),
    _.NARROWING_NOT_CONFIRMED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Release it to the nations that the detail names, or say confirm_narrowing: they are told that what "
        "they hold is cancelled, and nothing else.",
    ),
    _.REFERENCE_BEYOND_RELEASE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Address only nations that could have that message: publish one draft for each version of it.",
    ),
    _.TRUST_STALE: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The operator must bring newer trust documents (POST /v1/trust); then send again.",
    ),
    _.KEY_UNKNOWN: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The operator must bring a record with a key in force (POST /v1/trust); then send again.",
    ),
    **dict.fromkeys(
        (
            *(_.LABEL_XML_ENCODING, _.LABEL_XML_MALFORMED, _.LABEL_XML_DOCTYPE, _.LABEL_XML_FORBIDDEN),
            _.LABEL_XML_TOO_DEEP,
        ),
        (HTTPStatus.BAD_REQUEST, "Send one well-formed XML 1.0 document without document type or entities."),
    ),
    _.LABEL_XML_TOO_LARGE: (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Send the label alone, without its content.",
    ),
    _.LABEL_NOT_IN_4774: (
        HTTPStatus.CONFLICT,
        "Take the label from the message itself: a document would lose what the pointer names.",
    ),
    _.AGREEMENT_VERSION_TAKEN: (HTTPStatus.CONFLICT, "Propose the next version that is free, or another id."),
    _.AGREEMENT_LEFT: (HTTPStatus.CONFLICT, "Agree on a next version with the other parties."),
    _.AGREEMENT_SUPERSEDED: (HTTPStatus.CONFLICT, "See the newer version at /v1/agreements."),
    _.AGREEMENT_NOT_COUNTERSIGNED: (
        HTTPStatus.CONFLICT,
        "See at /v1/agreements who has not countersigned, or countersign it.",
    ),
    _.AGREEMENT_SUSPENDED: (HTTPStatus.CONFLICT, "See at /v1/agreements who suspended it, and ask them."),
    _.AGREEMENT_NOT_PARTY: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Name this nation among the parties, or let a party propose it.",
    ),
    _.AGREEMENT_QUOTA: (
        HTTPStatus.CONFLICT,
        "Let the other parties countersign what is open first.",
    ),
    _.BACKFILL_TOO_LARGE: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Ask for a shorter time or fewer kinds, one part after the other.",
    ),
    _.BACKFILL_DIGEST_MISMATCH: (
        HTTPStatus.CONFLICT,
        "Read the list (GET /v1/backfills/{backfill_id}) and send the digest that stands with it.",
    ),
    _.BACKFILL_CHANGED: (HTTPStatus.CONFLICT, "Nothing was sent: propose it again and read the new list."),
    _.BACKFILL_EMPTY: (HTTPStatus.CONFLICT, "The list says of each message why it is not sent."),
    _.TRUST_ROLLBACK: (HTTPStatus.CONFLICT, "Send the newest trust documents."),
    _.TRUST_FORK: (
        HTTPStatus.CONFLICT,
        "Tell the realm's authority: it signed two documents of one version.",
    ),
}


def status_of(code: ReasonCode) -> HTTPStatus:
    """The HTTP status under which the API answers with this code."""
    return _TABLE.get(code, _DEFAULT)[0]


_DRAFT_SCHEMA_INVALID = (
    "Compare with the schema at /v1/schemas/{kind}; errors lists every fault with its pointer."
)


def what_to_do(code: ReasonCode, *, of_draft: bool = False) -> str:
    """What the caller can do about it, in one or two plain sentences. Drafts alone have schemas by kind."""
    if of_draft and code is ReasonCode.SCHEMA_INVALID:
        return _DRAFT_SCHEMA_INVALID
    return _TABLE.get(code, _DEFAULT)[1]
