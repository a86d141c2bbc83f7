//! The reads of the API that answer with a JSON object: what each is, what it may be asked.

/// A read: path, what it is, its query parameters.
pub(super) type Read = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

pub(super) const READS: [Read; 23] = [
    ("/api/v1/session", "Who is signed in", &[]),
    (
        "/api/v1/cases",
        "A page of cases",
        &[
            ("mechanism", "string"),
            ("stage", "string"),
            ("open", "boolean"),
            ("colour", "string"),
            ("owner", "string"),
            ("holder", "string"),
            ("q", "string"),
            ("sort", "string"),
            ("offset", "integer"),
            ("limit", "integer"),
        ],
    ),
    (
        "/api/v1/cases/{id}",
        "A case with its state, timeline and duties; its ETag is for If-Match",
        &[],
    ),
    ("/api/v1/documents", "The documents that were handed in", &[]),
    (
        "/api/v1/documents/{id}",
        "A document as read: its text, what each stretch was taken for, and its rows; its ETag is for If-Match",
        &[("mechanism", "string")],
    ),
    (
        "/api/v1/threads",
        "What several documents say of one undertaking, with what each link rests on",
        &[],
    ),
    ("/api/v1/registers", "The registers", &[]),
    (
        "/api/v1/registers/{id}",
        "Rows of a register; sensitive fields for who keeps it and states a purpose, which is recorded",
        &[("offset", "integer"), ("limit", "integer"), ("purpose", "string")],
    ),
    ("/api/v1/mechanisms", "The mechanisms in force", &[]),
    (
        "/api/v1/mechanisms/{id}",
        "A mechanism: the rule with stages, clocks, roles and closing; counts, indicators, reported figures and versions as of now",
        &[],
    ),
    (
        "/api/v1/indicators",
        "Counts, on-time rates and the mechanism's own indicators, each with its base, by mechanism",
        &[("mechanism", "string")],
    ),
    ("/api/v1/bulletins", "The bulletins and how far each is", &[]),
    (
        "/api/v1/bulletins/{id}",
        "A bulletin as stored: figures with their cases, texts and wording",
        &[],
    ),
    (
        "/api/v1/bulletins/{id}/verify",
        "The bulletin's figures computed again from the log, compared",
        &[],
    ),
    (
        "/api/v1/packs",
        "The packs in force, and the digest over all of them (`ground`)",
        &[],
    ),
    (
        "/api/v1/custodians",
        "To whom identities are encrypted, with public keys and fingerprints",
        &[],
    ),
    (
        "/api/v1/erasures",
        "Requests for erasure that the caller may see, and what became of them",
        &[],
    ),
    (
        "/api/v1/notices",
        "What the caller was told, newest first, without names or texts; `unread` counts to 100. Reading it marks nothing as read",
        &[("offset", "integer"), ("limit", "integer")],
    ),
    (
        "/api/v1/log/head",
        "The newest signed checkpoint and the public key",
        &[],
    ),
    (
        "/api/v1/log/entries",
        "Entries of the log in canonical form",
        &[("from", "integer"), ("limit", "integer")],
    ),
    (
        "/api/v1/log/receipts/{seq}",
        "The receipt of an entry with its inclusion path",
        &[],
    ),
    (
        "/api/v1/log/proofs/inclusion",
        "The path from an entry to the root over so many entries",
        &[("seq", "integer"), ("size", "integer")],
    ),
    (
        "/api/v1/log/proofs/consistency",
        "The path that shows a shorter log to be the beginning of a longer one",
        &[("from", "integer"), ("to", "integer")],
    ),
];
