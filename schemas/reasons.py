"""Stable codes for everything that is refused, held, denied or withheld.

A code is part of the interface: it never changes its meaning. Each carries a plain explanation, which also
stands in ``docs/errors.md`` (a test compares the two).
"""

from enum import StrEnum


class ReasonCode(StrEnum):
    """A stable code with its plain-English explanation."""

    explanation: str

    def __new__(cls, value: str, explanation: str) -> "ReasonCode":
        member = str.__new__(cls, value)
        member._value_ = value
        member.explanation = explanation
        return member

    # -- release decision (design 5) ------------------------------------------------------------------
    RELEASE_PERMITTED = "RELEASE_PERMITTED", "An agreement in force covers this message for this nation."
    DISPLAY_ONLY_PERMITTED = (
        "DISPLAY_ONLY_PERMITTED",
        "An agreement in force covers this message, and the label lets this nation look at it only.",
    )
    NATIONAL_ONLY = (
        "NATIONAL_ONLY",
        "The label keeps the message within its own nation, so nothing leaves this gateway.",
    )
    RELEASE_SET_EMPTY = "RELEASE_SET_EMPTY", "The label releases to nobody, so nobody may have the message."
    NOT_IN_RELEASE_SET = "NOT_IN_RELEASE_SET", "The nation is not in the label's release set."
    NATION_UNKNOWN = "NATION_UNKNOWN", "The realm does not know this nation."
    NATION_SUSPENDED = "NATION_SUSPENDED", "The nation is suspended in this realm."
    COMMUNITY_UNKNOWN = "COMMUNITY_UNKNOWN", "The realm does not know this community of nations."
    ORIGINATOR_IS_RECIPIENT = "ORIGINATOR_IS_RECIPIENT", "A nation does not send to itself."
    ADDRESSEE_NOT_RELEASABLE = (
        "ADDRESSEE_NOT_RELEASABLE",
        "An addressee lies outside the label's release set.",
    )
    NOT_ADDRESSED = "NOT_ADDRESSED", "The message is releasable to the nation but not addressed to it."
    FULLER_VERSION = "FULLER_VERSION", "The nation gets a fuller version of the same publication."
    NO_RECIPIENT = "NO_RECIPIENT", "After the release decision no nation is left to receive the message."
    NO_AGREEMENT = "NO_AGREEMENT", "No agreement has both the originator and this nation as parties."
    AGREEMENT_SUPERSEDED = (
        "AGREEMENT_SUPERSEDED",
        "A newer version that every party countersigned has taken the agreement's place.",
    )
    AGREEMENT_LEFT = "AGREEMENT_LEFT", "A party has left the agreement, which is final for this version."
    AGREEMENT_NOT_IN_FORCE = "AGREEMENT_NOT_IN_FORCE", "The agreements with this nation are not in force now."
    AGREEMENT_NOT_COUNTERSIGNED = (
        "AGREEMENT_NOT_COUNTERSIGNED",
        "Not every party has countersigned the agreement, or a countersignature lapsed with a revoked key.",
    )
    AGREEMENT_SUSPENDED = "AGREEMENT_SUSPENDED", "A party has suspended the agreement."
    AGREEMENT_NOT_PARTY = "AGREEMENT_NOT_PARTY", "The nation is no party to the agreement."
    AGREEMENT_VERSION_TAKEN = (
        "AGREEMENT_VERSION_TAKEN",
        "Another agreement of this id has the same or a higher version.",
    )
    AGREEMENT_QUOTA = (
        "AGREEMENT_QUOTA",
        "One nation's agreements and acts are as many as a gateway keeps of a nation.",
    )
    KIND_NOT_COVERED = (
        "KIND_NOT_COVERED",
        "No agreement in force with this nation covers this kind of message.",
    )
    MODE_NOT_COVERED = "MODE_NOT_COVERED", "No agreement in force with this nation covers this mode."
    CLASSIFICATION_UNKNOWN = (
        "CLASSIFICATION_UNKNOWN",
        "The policy or the classification is not known in this realm.",
    )
    CLASSIFICATION_TOO_HIGH = (
        "CLASSIFICATION_TOO_HIGH",
        "The classification is above what the agreements with this nation allow.",
    )
    CLASSIFICATION_UNMAPPED = (
        "CLASSIFICATION_UNMAPPED",
        "No equivalence leads from the label's policy to one the agreements with this nation name.",
    )
    CATEGORY_NOT_COVERED = (
        "CATEGORY_NOT_COVERED",
        "No agreement in force with this nation names every restrictive category of the label.",
    )
    HANDLING_MISMATCH = (
        "HANDLING_MISMATCH",
        "The delivery's handling is not the one that its label gives the recipient.",
    )
    RELEASE_SET_MISMATCH = (
        "RELEASE_SET_MISMATCH",
        "The label's release_set is not what its releasable_to means in this realm.",
    )
    REPLY_BEYOND_RELEASE = (
        "REPLY_BEYOND_RELEASE",
        "A reply may go only to nations that may have everything it refers to.",
    )
    REFERENCE_UNKNOWN = (
        "REFERENCE_UNKNOWN",
        "The referenced message and digest are not known to this gateway.",
    )
    REFERENCE_MODE_MISMATCH = (
        "REFERENCE_MODE_MISMATCH",
        "A message and what it replies to or acknowledges must share mode and exercise.",
    )
    REFERENCE_NOT_ORIGINATOR = (
        "REFERENCE_NOT_ORIGINATOR",
        "Only the originator of a message may update, correct, supersede or cancel it.",
    )
    REFERENCE_BEYOND_RELEASE = (
        "REFERENCE_BEYOND_RELEASE",
        "A reference to this message may go only to its originator and nations that may have that very one.",
    )
    REQUEST_TRANSITION_ILLEGAL = (
        "REQUEST_TRANSITION_ILLEGAL",
        "The request does not stand where this act is legal.",
    )
    REQUEST_CLOSED = "REQUEST_CLOSED", "The request was closed before this copy of it left."
    REDIRECT_INVALID = (
        "REDIRECT_INVALID",
        "A request is redirected to another nation of the realm than the two concerned.",
    )
    ASSIGNEE_UNKNOWN = "ASSIGNEE_UNKNOWN", "No enabled operator of this name may work on requests."
    TRUST_STALE = "TRUST_STALE", "The realm snapshot has expired; release and admission wait for a fresh one."

    # -- update, correct, cancel ----------------------------------------------------------------------
    REFERENCE_KIND_MISMATCH = "REFERENCE_KIND_MISMATCH", "A message is changed by one of its own kind only."
    CHANGE_NOT_CURRENT = (
        "CHANGE_NOT_CURRENT",
        "What the draft changes, or repeats, is not the current message of its chain.",
    )
    CHAIN_ENDED = (
        "CHAIN_ENDED",
        "Nothing of its chain is current any more: the last message was cancelled, or recalled.",
    )
    CHANGE_OF_WAITING = (
        "CHANGE_OF_WAITING",
        "What the draft changes still waits for a second person to release it.",
    )
    NARROWING_NOT_CONFIRMED = (
        "NARROWING_NOT_CONFIRMED",
        "The change would leave out nations that hold what it changes, and does not confirm that.",
    )
    NOTHING_TO_CANCEL = (
        "NOTHING_TO_CANCEL",
        "The nation holds nothing of what the message cancels, so it gets nothing.",
    )
    SUPERSEDED = "SUPERSEDED", "A later version took the message's place before it left."
    CANCELLED = (
        "CANCELLED",
        "The message was cancelled: what had not left does not leave, and nothing changes it any more.",
    )

    # -- opening and admitting (design 6) -------------------------------------------------------------
    MALFORMED_SEALED = "MALFORMED_SEALED", "The sealed bytes do not start with a well-formed seal header."
    OVERSIZED = "OVERSIZED", "The bytes are larger than the protocol allows."
    SUBJECT_MALFORMED = (
        "SUBJECT_MALFORMED",
        "The subject is not of the form out.<originator>.<mode>.<lane>.<recipient>.",
    )
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH", "The seal header and the subject do not name the same lane."
    WRONG_RECIPIENT = "WRONG_RECIPIENT", "The bundle is addressed to another nation."
    WRONG_REALM = "WRONG_REALM", "The bundle belongs to another realm."
    SUITE_UNKNOWN = "SUITE_UNKNOWN", "The cryptographic suite is not one this protocol version knows."
    SUITE_MISMATCH = "SUITE_MISMATCH", "The suite or hash is not the one the trust store gives for this key."
    SEAL_KEY_UNKNOWN = (
        "SEAL_KEY_UNKNOWN",
        "No private sealing key of ours has this key id; it may still arrive.",
    )
    SEAL_KEY_MODE = "SEAL_KEY_MODE", "The sealing key is not one for this mode."
    OPEN_FAILED = "OPEN_FAILED", "The sealed bytes do not open under the named key: altered or not for us."
    FRAME_MALFORMED = "FRAME_MALFORMED", "The opened frame does not follow the frame format."
    PADDING_NOT_ZERO = "PADDING_NOT_ZERO", "The frame's padding holds something else than zeros."
    ENVELOPE_MALFORMED = "ENVELOPE_MALFORMED", "The signed root is not a well-formed DSSE envelope."
    ROOT_MALFORMED = (
        "ROOT_MALFORMED",
        "The signed root statement is not well-formed or contradicts the bundle.",
    )
    VERSION_UNKNOWN = (
        "VERSION_UNKNOWN",
        "The statement's version is newer than this gateway understands; held.",
    )
    ORIGINATOR_UNKNOWN = (
        "ORIGINATOR_UNKNOWN",
        "The trust store does not know the originator; it may still arrive.",
    )
    ORIGINATOR_SUSPENDED = "ORIGINATOR_SUSPENDED", "The originator is suspended in this realm."
    KEY_UNKNOWN = "KEY_UNKNOWN", "The trust store does not know the signing key; it may still arrive."
    KEY_FOREIGN = "KEY_FOREIGN", "The signing key belongs to another nation."
    KEY_WRONG_USE = "KEY_WRONG_USE", "The key is not meant for this use or mode."
    KEY_NOT_YET_VALID = "KEY_NOT_YET_VALID", "The key's validity has not begun."
    KEY_EXPIRED = "KEY_EXPIRED", "The key's validity has ended."
    KEY_REVOKED = "KEY_REVOKED", "The key has been revoked."
    KEY_MALFORMED = "KEY_MALFORMED", "The bytes are not a key of the named suite."
    SIGNATURE_MISSING = "SIGNATURE_MISSING", "A signature that the key's suite requires is missing."
    SIGNATURE_INVALID = "SIGNATURE_INVALID", "A signature does not verify."
    PROOF_INVALID = "PROOF_INVALID", "The delivery is not under the signed root."
    DELIVERY_MALFORMED = "DELIVERY_MALFORMED", "The delivery statement is not well-formed."
    DELIVERY_MISMATCH = "DELIVERY_MISMATCH", "The delivery statement contradicts the seal header."
    DIGEST_MISMATCH = "DIGEST_MISMATCH", "The content's digest is not the one in the delivery statement."
    CONTENT_TYPE_UNKNOWN = "CONTENT_TYPE_UNKNOWN", "The content type is not known to this gateway; held."
    CONTENT_WRONG_LANE = "CONTENT_WRONG_LANE", "This type of content does not travel in this lane."
    CONTENT_MALFORMED = "CONTENT_MALFORMED", "The content does not follow its schema."
    CONTENT_MISMATCH = "CONTENT_MISMATCH", "The content's own header contradicts the delivery statement."
    EQUIVOCATION = "EQUIVOCATION", "The same message id or serial arrived before with another digest."
    SERIAL_REUSED = "SERIAL_REUSED", "The serial was used before for another delivery."
    ISSUED_IN_FUTURE = (
        "ISSUED_IN_FUTURE",
        "The message claims to be issued in the future beyond the allowed skew.",
    )
    TRUST_VERSION_UNKNOWN = (
        "TRUST_VERSION_UNKNOWN",
        "The delivery rests on a trust version not yet seen here.",
    )
    AGREEMENT_UNKNOWN = "AGREEMENT_UNKNOWN", "The delivery rests on an agreement not yet seen here."
    BASIS_MISMATCH = "BASIS_MISMATCH", "The delivery names no agreement on which release to us can rest."
    HELD_TOO_LONG = "HELD_TOO_LONG", "What was missing did not arrive within 24 hours."
    HELD_QUOTA = "HELD_QUOTA", "The originator's quota of held bundles is used up; it will resend."
    BUNDLE_TOO_LARGE = "BUNDLE_TOO_LARGE", "What is to be sent does not fit a frame."

    # -- recall ---------------------------------------------------------------------------------------
    RECALLED = "RECALLED", "Its originator recalled the message: nothing is sent, filed or answered of it."
    RECALL_NOT_HELD = "RECALL_NOT_HELD", "The recalled message was not here; if it comes, it is refused."
    RECALL_MISMATCH = (
        "RECALL_MISMATCH",
        "The recall names a message that stands under its id with another digest, mode or originator.",
    )

    # -- attacks on a lane -----------------------------------------------------------------------------
    LANE_WITHHELD = (
        "LANE_WITHHELD",
        "Serials that a partner gave were asked for in vain while its lane heads kept coming.",
    )
    LANE_SILENT = "LANE_SILENT", "No lane head of an active partner came for three of its heartbeats."
    LANE_REORDERED = "LANE_REORDERED", "Deliveries of a lane came in another order than they were signed in."
    LANE_FLOODED = "LANE_FLOODED", "Bundles of a lane that bring nothing new come at a high rate."
    LANE_REWOUND = (
        "LANE_REWOUND",
        "A partner gives serials of a lane again, or says that it gave fewer than came.",
    )

    # -- trust documents (design 10) ------------------------------------------------------------------
    TRUST_MALFORMED = "TRUST_MALFORMED", "A trust document is not well-formed."
    TRUST_SIGNATURE = "TRUST_SIGNATURE", "A trust document lacks the signatures it needs."
    TRUST_ROLLBACK = "TRUST_ROLLBACK", "A trust document is older than the one in force."
    TRUST_FORK = "TRUST_FORK", "Two different trust documents carry the same version."
    TRUST_INCOMPLETE = "TRUST_INCOMPLETE", "The snapshot names a document that is not there."
    TRUST_WRONG_REALM = (
        "TRUST_WRONG_REALM",
        "The trust documents belong to another realm than the pinned one.",
    )

    # -- backfills for new members (design 5) ---------------------------------------------------------
    BACKFILL_TOO_LARGE = "BACKFILL_TOO_LARGE", "The backfill lists more than one act may send."
    BACKFILL_DIGEST_MISMATCH = (
        "BACKFILL_DIGEST_MISMATCH",
        "The digest is not that of the list; confirm only what was read.",
    )
    BACKFILL_CHANGED = (
        "BACKFILL_CHANGED",
        "What the backfill would send has changed since it was proposed.",
    )
    BACKFILL_EMPTY = "BACKFILL_EMPTY", "The backfill lists nothing that may be sent."

    # -- the gateway's HTTP API (design 9) ------------------------------------------------------------
    HTTP_MALFORMED = "HTTP_MALFORMED", "The request is not well-formed HTTP."
    JSON_MALFORMED = "JSON_MALFORMED", "The body is not acceptable JSON."
    JSON_DUPLICATE_KEY = "JSON_DUPLICATE_KEY", "An object in the body holds the same key twice."
    JSON_TOO_DEEP = "JSON_TOO_DEEP", "The body is nested too deeply."
    BODY_TOO_LARGE = "BODY_TOO_LARGE", "The body is larger than allowed."
    BODY_TOO_SLOW = "BODY_TOO_SLOW", "The body did not arrive in time."
    SCHEMA_INVALID = "SCHEMA_INVALID", "The body does not follow its schema."
    TIME_INVALID = "TIME_INVALID", "A time is missing its offset, is out of order or lies too far away."
    DRAFT_EXPIRED = "DRAFT_EXPIRED", "The draft's expires_at has passed already."
    NOTICE_TOO_LATE = "NOTICE_TOO_LATE", "The notice is given later than its stated basis allows."
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING", "No API key and no operator's token was given."
    CREDENTIALS_INVALID = "CREDENTIALS_INVALID", "The API key or token is unknown, ended or expired."
    SCOPE_MISSING = "SCOPE_MISSING", "The API key may not do this."
    OPERATOR_ONLY = "OPERATOR_ONLY", "Only a signed-in operator may do this, no API key."
    ROLE_MISSING = "ROLE_MISSING", "None of the operator's roles permits this."
    SIGN_IN_REFUSED = (
        "SIGN_IN_REFUSED",
        "The name or the password is wrong, or this operator may not sign in.",
    )
    SIGN_IN_DELAYED = "SIGN_IN_DELAYED", "Too many failed sign-ins; the next one is looked at later."
    SIGN_IN_NOT_FRESH = "SIGN_IN_NOT_FRESH", "This needs a more recent proof of who you are."
    PASSWORD_SIGN_IN_OFF = "PASSWORD_SIGN_IN_OFF", "Operators of this gateway do not sign in with passwords."
    OIDC_NOT_CONFIGURED = "OIDC_NOT_CONFIGURED", "This gateway has no identity provider."
    OIDC_REDIRECT_REFUSED = (
        "OIDC_REDIRECT_REFUSED",
        "The address to come back to is none of those that the gateway's settings list.",
    )
    OIDC_TRANSACTION_INVALID = (
        "OIDC_TRANSACTION_INVALID",
        "The way back from the identity provider belongs to no open sign-in that was begun here.",
    )
    OIDC_PROOF_REFUSED = (
        "OIDC_PROOF_REFUSED",
        "What the identity provider sent does not prove who signs in.",
    )
    OIDC_PROVIDER_FAILED = (
        "OIDC_PROVIDER_FAILED",
        "The identity provider could not be asked, or did not answer as it must.",
    )
    SEARCH_NOT_UNDERSTOOD = (
        "SEARCH_NOT_UNDERSTOOD",
        "A term of the search says nothing that is understood.",
    )
    EXPORT_SWITCHED_OFF = (
        "EXPORT_SWITCHED_OFF",
        "This gateway's settings permit no export of traffic.",
    )
    VIEWS_TOO_MANY = (
        "VIEWS_TOO_MANY",
        "An operator keeps no more saved views than this.",
    )
    PASSWORD_CHANGE_REQUIRED = (
        "PASSWORD_CHANGE_REQUIRED",
        "The one-time password must be replaced before anything else is done.",
    )
    PASSWORD_UNSUITABLE = (
        "PASSWORD_UNSUITABLE",
        "The new password is too short, too long, too simple or the old one.",
    )
    RATE_LIMITED = "RATE_LIMITED", "Too many requests by this caller; try again later."
    GATEWAY_BUSY = (
        "GATEWAY_BUSY",
        "The gateway serves as many connections or streams as it can; try again later.",
    )
    IDEMPOTENCY_KEY_INVALID = (
        "IDEMPOTENCY_KEY_INVALID",
        "The Idempotency-Key is empty, too long or not printable.",
    )
    IDEMPOTENCY_CONFLICT = (
        "IDEMPOTENCY_CONFLICT",
        "The Idempotency-Key was used before with another request.",
    )
    IDEMPOTENCY_KEY_NOT_HEEDED = (
        "IDEMPOTENCY_KEY_NOT_HEEDED",
        "This address heeds no Idempotency-Key: a repeated request would be done twice.",
    )
    NOTES_FULL = "NOTES_FULL", "The request has as many notes as are kept."
    NOT_FOUND = "NOT_FOUND", "There is nothing here under this address."
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "This address does not take this method."
    MEDIA_TYPE_UNSUPPORTED = "MEDIA_TYPE_UNSUPPORTED", "The body must be application/json."
    PARAMETER_INVALID = "PARAMETER_INVALID", "A query or path parameter is not acceptable."
    MESSAGE_ID_AMBIGUOUS = "MESSAGE_ID_AMBIGUOUS", "Several originators used this message id; name one."
    WEBHOOK_URL_REFUSED = (
        "WEBHOOK_URL_REFUSED",
        "The webhook's address is not one that this gateway posts to.",
    )
    WEBHOOK_KEY_UNSUITABLE = (
        "WEBHOOK_KEY_UNSUITABLE",
        "A webhook belongs to an API key in force that may read events.",
    )
    WEBHOOK_LIMIT = "WEBHOOK_LIMIT", "There are as many webhooks as a key or the gateway may have."
    WEBHOOK_GONE = "WEBHOOK_GONE", "The webhook's receiver said that it is gone for good."
    CURSOR_GONE = (
        "CURSOR_GONE",
        "What follows this position is no longer kept, or the feed never came so far.",
    )
    ALREADY_DONE = "ALREADY_DONE", "This was done before and cannot be done twice."
    MINIMIZE_IN_FORCE = (
        "MINIMIZE_IN_FORCE",
        "MINIMIZE is in force; drafts of this precedence are not accepted.",
    )
    RELEASE_NOT_WAITING = (
        "RELEASE_NOT_WAITING",
        "This publication does not wait for a second person, or not any more.",
    )
    RELEASE_OWN_DRAFT = "RELEASE_OWN_DRAFT", "Nobody confirms the release of what they handed in themselves."
    RELEASE_DIGEST_MISMATCH = (
        "RELEASE_DIGEST_MISMATCH",
        "The digest is not that of what waits; confirm only what was read.",
    )
    RELEASE_NOT_CONFIRMED = "RELEASE_NOT_CONFIRMED", "No second person confirmed the release in time."
    RELEASE_DECLINED = "RELEASE_DECLINED", "A second person refused the release."
    QUEUE_FULL = "QUEUE_FULL", "Too much is waiting to be sent; try again later."
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE", "The gateway's store cannot take this now; nothing was accepted."
    INTERNAL_FAULT = "INTERNAL_FAULT", "An unexpected fault; it was recorded, nothing was accepted."

    # -- CAP 1.2 input ---------------------------------------------------------------------------------
    CAP_TOO_LARGE = "CAP_TOO_LARGE", "The document is larger than is read."
    CAP_ENCODING = "CAP_ENCODING", "The document's character encoding is unknown, contradictory or violated."
    CAP_XML_MALFORMED = "CAP_XML_MALFORMED", "The document is not well-formed XML 1.0."
    CAP_XML_DOCTYPE = "CAP_XML_DOCTYPE", "The document has a document type declaration; none is ever read."
    CAP_XML_FORBIDDEN = "CAP_XML_FORBIDDEN", "The document uses XInclude or entities; neither is followed."
    CAP_XML_TOO_DEEP = "CAP_XML_TOO_DEEP", "The document is nested too deeply."
    CAP_XML_TOO_MANY = "CAP_XML_TOO_MANY", "The document has too many elements or alerts."
    CAP_NOT_AN_ALERT = "CAP_NOT_AN_ALERT", "The document is neither a CAP alert nor an EDXL-DE 1.0 wrapper."
    CAP_WRONG_VERSION = "CAP_WRONG_VERSION", "The alert is of another CAP version than 1.2."
    CAP_WRAPPER_EMPTY = "CAP_WRAPPER_EMPTY", "The EDXL-DE wrapper holds no CAP alert."
    CAP_ELEMENT_MISSING = "CAP_ELEMENT_MISSING", "A mandatory element of the alert is missing or empty."
    CAP_ELEMENT_REPEATED = "CAP_ELEMENT_REPEATED", "An element stands more often than CAP 1.2 allows."
    CAP_ELEMENT_UNKNOWN = "CAP_ELEMENT_UNKNOWN", "The alert has an element where CAP 1.2 has none."
    CAP_VALUE_INVALID = "CAP_VALUE_INVALID", "A value is not one of those that CAP 1.2 allows there."
    CAP_TEXT_INVALID = "CAP_TEXT_INVALID", "A text is too long or holds characters that are not accepted."
    CAP_LANGUAGE_INVALID = "CAP_LANGUAGE_INVALID", "A language is not a well-formed BCP 47 tag."
    CAP_TIME_INVALID = "CAP_TIME_INVALID", "A time is not of the form YYYY-MM-DDThh:mm:ss+hh:mm (or -hh:mm)."
    CAP_TIME_ORDER = "CAP_TIME_ORDER", "The alert expires before it takes effect."
    CAP_GEOMETRY_INVALID = "CAP_GEOMETRY_INVALID", "A polygon, circle or height is not a place on Earth."
    CAP_REFERENCE_INVALID = "CAP_REFERENCE_INVALID", "A reference is not a sender,identifier,sent triple."
    CAP_REFERENCE_MISSING = "CAP_REFERENCE_MISSING", "An Update or Cancel does not say what it refers to."
    CAP_INFO_MISSING = "CAP_INFO_MISSING", "An Alert or Update says nothing: it has no info block."
    CAP_STATUS_NOT_TAKEN = "CAP_STATUS_NOT_TAKEN", "Alerts of status Draft or System are not passed on."
    CAP_STATUS_CONFLICT = "CAP_STATUS_CONFLICT", "The wrapper contradicts the alert's status or message type."
    CAP_MSGTYPE_NOT_TAKEN = "CAP_MSGTYPE_NOT_TAKEN", "Ack and Error messages are no alerts; not passed on."
    CAP_EXERCISE_ID_MISSING = (
        "CAP_EXERCISE_ID_MISSING",
        "The alert belongs to an exercise that it does not name; say which.",
    )
    CAP_DRAFT_INVALID = "CAP_DRAFT_INVALID", "The alert exceeds what a threat alert can carry."

    # -- STANAG 4774 labels (schemas/interop/stanag4774) ------------------------------------------------
    LABEL_XML_TOO_LARGE = "LABEL_XML_TOO_LARGE", "The label document is larger than is read."
    LABEL_XML_ENCODING = (
        "LABEL_XML_ENCODING",
        "The label document's character encoding is unknown, contradictory or violated.",
    )
    LABEL_XML_MALFORMED = "LABEL_XML_MALFORMED", "The label document is not well-formed XML 1.0."
    LABEL_XML_DOCTYPE = (
        "LABEL_XML_DOCTYPE",
        "The label document has a document type declaration; none is ever read.",
    )
    LABEL_XML_FORBIDDEN = (
        "LABEL_XML_FORBIDDEN",
        "The label document uses entities, XInclude or processing instructions.",
    )
    LABEL_XML_TOO_DEEP = (
        "LABEL_XML_TOO_DEEP",
        "The label document is nested too deeply or has too many elements.",
    )
    LABEL_XML_NOT_A_LABEL = (
        "LABEL_XML_NOT_A_LABEL",
        "The document is not a STANAG 4774 originatorConfidentialityLabel.",
    )
    LABEL_XML_NOT_ORIGINATOR = (
        "LABEL_XML_NOT_ORIGINATOR",
        "An alternative, metadata or legacy label is not the originator's label.",
    )
    LABEL_XML_ELEMENT_MISSING = (
        "LABEL_XML_ELEMENT_MISSING",
        "A mandatory element of the label is missing or empty.",
    )
    LABEL_XML_ELEMENT_REPEATED = (
        "LABEL_XML_ELEMENT_REPEATED",
        "An element stands more often than STANAG 4774 allows.",
    )
    LABEL_XML_ELEMENT_UNKNOWN = (
        "LABEL_XML_ELEMENT_UNKNOWN",
        "The label has an element where STANAG 4774 has none.",
    )
    LABEL_XML_ELEMENT_ORDER = "LABEL_XML_ELEMENT_ORDER", "The elements are not in the order of STANAG 4774."
    LABEL_XML_EXTENSION_UNKNOWN = (
        "LABEL_XML_EXTENSION_UNKNOWN",
        "The label has an extension that is not understood; it may restrict, so it is refused.",
    )
    LABEL_XML_ATTRIBUTE_INVALID = (
        "LABEL_XML_ATTRIBUTE_INVALID",
        "An attribute is missing, wrong, or one that STANAG 4774 does not have there.",
    )
    LABEL_XML_TEXT_INVALID = (
        "LABEL_XML_TEXT_INVALID",
        "A text of the label is empty, too long or holds what is not accepted.",
    )
    LABEL_XML_TIME_INVALID = (
        "LABEL_XML_TIME_INVALID",
        "A time of the label is not an xs:dateTime with an offset.",
    )
    LABEL_XML_REVIEW_MISSING = (
        "LABEL_XML_REVIEW_MISSING",
        "ReviewDateTime must stand where SuccessionHandling does not.",
    )
    LABEL_XML_SUCCESSION = (
        "LABEL_XML_SUCCESSION",
        "The label plans a successor label, which our labels cannot carry.",
    )
    LABEL_XML_URI_CONFLICT = (
        "LABEL_XML_URI_CONFLICT",
        "An object identifier names another policy or tag than the text beside it.",
    )
    LABEL_XML_CLASSIFICATION_UNKNOWN = (
        "LABEL_XML_CLASSIFICATION_UNKNOWN",
        "The classification is not one that the label's policy registers.",
    )
    LABEL_XML_VALUE_TYPE = (
        "LABEL_XML_VALUE_TYPE",
        "Only GenericValue is used; IntegerValue and BitStringValue are not.",
    )
    LABEL_XML_VALUE_UNKNOWN = (
        "LABEL_XML_VALUE_UNKNOWN",
        "A value of a category is not one that is understood there.",
    )
    LABEL_XML_VALUE_REPEATED = "LABEL_XML_VALUE_REPEATED", "A category has the same value twice."
    LABEL_XML_TAG_UNKNOWN = (
        "LABEL_XML_TAG_UNKNOWN",
        "A category that restricts has a tag that is not understood.",
    )
    LABEL_XML_TAG_TYPE = (
        "LABEL_XML_TAG_TYPE",
        "A category has a Type that is none, or not the one its tag has.",
    )
    LABEL_XML_TAG_REPEATED = "LABEL_XML_TAG_REPEATED", "A tag name has two categories."
    LABEL_XML_CONTEXT_INVALID = (
        "LABEL_XML_CONTEXT_INVALID",
        "The NATO policy requires exactly one context that is known here.",
    )
    LABEL_XML_RELEASABLE_INVALID = (
        "LABEL_XML_RELEASABLE_INVALID",
        "Releasable and Releasable To contradict each other or the context.",
    )
    LABEL_XML_ONLY_OUTSIDE_CONTEXT = (
        "LABEL_XML_ONLY_OUTSIDE_CONTEXT",
        "Only names a nation or group that is not in the label's context.",
    )
    LABEL_XML_DRAFT_INVALID = "LABEL_XML_DRAFT_INVALID", "The label exceeds what our labels can carry."
    LABEL_NOT_IN_4774 = (
        "LABEL_NOT_IN_4774",
        "STANAG 4774 cannot say this label without loss, or only wider than it is.",
    )
