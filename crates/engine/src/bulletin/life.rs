//! The life of a bulletin: drafted by the office, signed by the signer, issued after that, shown as it was drafted.

use std::sync::{Mutex, PoisonError};

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{BulletinDrafted, BulletinIssued, BulletinSigned, WorldEvent};
use bihuan_domain::id::{BulletinId, CaseId, Code, Digest, PostId};
use bihuan_domain::mechanism::BulletinTemplate;
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Attachment;
use bihuan_domain::world::{Bulletin, World};
use bihuan_messages::{Lang, Message};
use bihuan_report::official::{Document, PrintedBy};
use jiff::Timestamp;

use super::content::{Content, Documents, stored};
use super::figures::Scope;
use super::wording::document;
use super::{settings, source};
use crate::access::{Sight, may_administer};
use crate::beside::beside;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::export::{unrendered, xlsx as xlsx_of};
use crate::wire::{Order, Submission};
use crate::writer::{Kept, WorldChange};

/// One change of a bulletin at a time in this process: numbers are given without gaps and nothing is signed twice.
/// A data directory has one process, so this is enough.
static CHANGING: Mutex<()> = Mutex::new(());

/// Longest free text that the office may add, in characters.
const REMARKS_CHARS_MAX: usize = 5_000;

/// What is drafted.
#[derive(Clone, Debug)]
pub struct Drafting {
    /// What is counted.
    pub scope: Scope,
    /// Who signs; the first of [`super::signers`] where absent.
    pub signer: Option<PostId>,
    /// What the office adds under “requirements”, paragraph by paragraph; a standing sentence where empty.
    pub remarks: Vec<String>,
}

/// How a bulletin comes to be drafted by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Making<'a> {
    /// By which template.
    pub(super) template: Option<&'a BulletinTemplate>,
    /// When it was to be drafted.
    pub(super) scheduled: Option<Timestamp>,
}

/// What a signature did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Ladder items that waited for this signature and are answered by it.
    pub answered: Vec<CaseId>,
    /// Ladder items that could not be answered, because they had moved on since.
    pub moved_on: Vec<CaseId>,
}

/// Drafts a bulletin as of now. The same key of the same person gives the same bulletin and makes no second one.
///
/// # Errors
///
/// [`Failure::Refused`] where the actor may not draft, the period is none, or nobody can sign; faults of the log.
pub fn draft(engine: &Engine, actor: &Actor, key: &str, drafting: Drafting) -> Result<BulletinId, Failure> {
    check_key(key)?;
    // What is due by now fires first, so that the bulletin knows every breach; nothing here depends on it otherwise.
    engine.catch_up()?;
    draft_now(engine, actor, key, drafting, &Making::default())
}

/// As [`draft`], with the timers left alone: they draft by themselves, too.
pub(super) fn draft_now(
    engine: &Engine,
    actor: &Actor,
    key: &str,
    drafting: Drafting,
    making: &Making<'_>,
) -> Result<BulletinId, Failure> {
    let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(id) = drafted_before(engine, actor, key)? {
        return Ok(id);
    }
    let (now, world) = (engine.now(), engine.world());
    if !actor.is_system() {
        check_office(&world, actor, now)?;
    }
    check_drafting(&drafting, now)?;
    let signer = signer(&world, &drafting, now)?;
    let views = engine.views()?;
    let figures = source::compute(&views, &engine.mechanisms(), &drafting.scope, now)?;
    let number = settings::next_number(&world, now);
    let id = BulletinId::new(format!("supervision-{}-{}", number.year, number.n));
    let log = figures.log.clone();
    let mechanisms = engine.mechanisms();
    let mut content = Content::new(
        id.clone(),
        number.text.clone(),
        figures,
        &views,
        &world,
        &mechanisms,
    )?;
    let title = making.template.map(|template| template.label.clone());
    let rule = making
        .template
        .map_or_else(settings::signature_rule, |template| template.sign_within.clone());
    let frame = settings::frame(&world, signer.clone(), drafting.remarks, title);
    let worded = |lang| document(&content, &frame, lang);
    let (en, zh) = beside(|| worded(Lang::En), || worded(Lang::Zh))?;
    content.documents = Documents { zh, en };
    let bytes = content.bytes()?;
    let (digest, file) = beside(|| bihuan_ledger::Digest::of(&bytes), || engine.stage(&bytes))?;
    let file = file?;
    let subject = format!("bulletin/{id}");
    let (name, sealed) = Engine::seal(&format!("{}.json", number.text))?;
    let event = BulletinDrafted {
        bulletin: id.clone(),
        kind: Code::new("supervision"),
        number: Some(number),
        from: drafting.scope.from,
        to: drafting.scope.to,
        as_of: now,
        log,
        content: Digest::new(digest.to_string()),
        file: Attachment {
            blob: Digest::new(file.id().to_string()),
            name,
            media: Code::new("application/json"),
            bytes: file.bytes(),
        },
        signer,
        due: settings::signature_due(&rule, &world, now),
        template: making.template.map(|template| template.id.clone()),
        scheduled: making.scheduled,
    };
    let change = WorldChange {
        event: WorldEvent::BulletinDrafted(event),
        texts: vec![(subject.clone(), sealed)],
        files: vec![(subject, file)],
    };
    engine.change(actor, key, vec![change])?;
    Ok(id)
}

/// Signs a bulletin as drafted, and with it the ladder items in it that wait for this post.
///
/// # Errors
///
/// [`Failure::Refused`] for anyone but a person on the signer's post today, for who drafted it, and a second time.
pub fn sign(engine: &Engine, actor: &Actor, key: &str, id: &BulletinId) -> Result<Signed, Failure> {
    check_key(key)?;
    let content = {
        let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        if done_before(engine, actor, key)? {
            return Ok(Signed::default());
        }
        let (now, world) = (engine.now(), engine.world());
        let bulletin = find(&world, id)?;
        check_serves(&world, actor, now)?;
        if !may_sign(bulletin, &actor.post) {
            let post = world
                .org
                .posts
                .get(&bulletin.draft.signer)
                .map(|post| post.name.clone())
                .unwrap_or_default();
            return Err(refused("not_signer", |rule| rule.with("post", post)));
        }
        let drafter = drafter(engine, id)?;
        if drafter.is_some_and(|drafter| drafter.person == actor.person && !drafter.is_system()) {
            return Err(refused("drafter_signs", |rule| rule));
        }
        if bulletin.signed.is_some() {
            return Err(refused("signed_already", |rule| rule));
        }
        let views = engine.views()?;
        let content = check_content(&views, bulletin)?;
        let event = BulletinSigned {
            bulletin: id.clone(),
            content: bulletin.draft.content.clone(),
        };
        engine.change(actor, key, vec![WorldEvent::BulletinSigned(event).into()])?;
        content
    };
    Ok(answer_items(engine, actor, &content))
}

/// Issues a signed bulletin: from now on it is what was said.
///
/// # Errors
///
/// [`Failure::Refused`] before the signature, a second time, and for anyone but the office or the signer.
pub fn issue(engine: &Engine, actor: &Actor, key: &str, id: &BulletinId) -> Result<(), Failure> {
    check_key(key)?;
    let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    if done_before(engine, actor, key)? {
        return Ok(());
    }
    let (now, world) = (engine.now(), engine.world());
    let bulletin = find(&world, id)?;
    check_serves(&world, actor, now)?;
    if !may_sign(bulletin, &actor.post) {
        check_office(&world, actor, now)?;
    }
    if bulletin.signed.is_none() {
        return Err(refused("unsigned", |rule| rule));
    }
    if bulletin.issued.is_some() {
        return Err(refused("issued_already", |rule| rule));
    }
    check_content(&engine.views()?, bulletin)?;
    let event = BulletinIssued {
        bulletin: id.clone(),
        content: bulletin.draft.content.clone(),
    };
    engine.change(actor, key, vec![WorldEvent::BulletinIssued(event).into()])?;
    Ok(())
}

/// A bulletin and its stored content; `None` for the content where it was erased.
///
/// # Errors
///
/// [`Failure::Refused`] where there is no such bulletin; a damaged or missing file.
pub fn load(engine: &Engine, id: &BulletinId) -> Result<(Bulletin, Option<Content>), Failure> {
    let world = engine.world();
    let bulletin = find(&world, id)?.clone();
    let content = Content::load(engine.views()?.log(), &bulletin)?;
    Ok((bulletin, content))
}

/// The document as it stands now: the wording of the draft, with the day of the signature once it is signed.
pub fn official(bulletin: &Bulletin, content: &Content, lang: Lang) -> Document {
    let mut document = content.document(lang).clone();
    document.draft = bulletin.signed.is_none();
    document.date = bulletin.signed.as_ref().map(|(_, at)| date_of(*at));
    document.printed_by = bulletin.issued.map(|at| PrintedBy {
        office: document.signature.clone(),
        date: date_of(at),
    });
    document
}

/// The bulletin as a page, without the page around it.
pub fn html(bulletin: &Bulletin, content: &Content, lang: Lang) -> String {
    bihuan_report::html::render(&official(bulletin, content, lang), lang)
}

/// The bulletin as DOCX in the form of GB/T 9704. `link_base` is the server's address, to which links are joined.
///
/// # Errors
///
/// [`Failure::Refused`] if the file cannot be written; says why.
pub fn docx(
    bulletin: &Bulletin,
    content: &Content,
    lang: Lang,
    link_base: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let mut document = official(bulletin, content, lang);
    document.link_base = link_base.map(str::to_owned);
    bihuan_report::docx::render(&document, lang).map_err(unrendered)
}

/// The bulletin as PDF in the same form, with the typefaces of this machine. What is verified is the stored file or the DOCX.
///
/// # Errors
///
/// [`Failure::Refused`] where this program or this machine cannot make one; says what to do.
pub fn pdf(
    bulletin: &Bulletin,
    content: &Content,
    lang: Lang,
    link_base: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let mut document = official(bulletin, content, lang);
    document.link_base = link_base.map(str::to_owned);
    crate::pdf::render(&document, lang)
}

/// The annex as a workbook.
///
/// # Errors
///
/// [`Failure::Refused`] for more rows than a spreadsheet opens.
pub fn xlsx(content: &Content, lang: Lang) -> Result<Vec<u8>, Failure> {
    xlsx_of(&super::sheets(content, lang), lang)
}

/// The stored file of a bulletin, byte for byte as its digest was taken.
///
/// # Errors
///
/// [`Failure::Refused`] where there is no such bulletin or its file was erased.
pub fn file(engine: &Engine, id: &BulletinId) -> Result<Vec<u8>, Failure> {
    let world = engine.world();
    stored(engine.views()?.log(), find(&world, id)?)?.ok_or_else(erased)
}

/// Whether somebody with this sight, on this post, may read it: everybody once it is issued; before that the office,
/// the signer and who sees everything.
pub fn may_read(world: &World, bulletin: &Bulletin, post: &PostId, sight: &Sight) -> bool {
    bulletin.issued.is_some()
        || *sight == Sight::All
        || may_sign(bulletin, post)
        || may_administer(world, post)
}

/// Whether this post signs it: the signer, or one to whom the overdue signature has climbed.
pub fn may_sign(bulletin: &Bulletin, post: &PostId) -> bool {
    *post == bulletin.draft.signer || bulletin.overdue.iter().any(|rung| rung.to == *post)
}

pub(super) fn find<'w>(world: &'w World, id: &BulletinId) -> Result<&'w Bulletin, Failure> {
    world
        .bulletins
        .get(id)
        .ok_or_else(|| refused("no_such_bulletin", |rule| rule.with("id", id.as_str())))
}

/// Answers the ladder items that this signature covers, all under way at once.
fn answer_items(engine: &Engine, actor: &Actor, content: &Content) -> Signed {
    let mut signed = Signed::default();
    let mine = content
        .figures
        .items
        .iter()
        .filter(|item| item.post == actor.post);
    let sent: Vec<_> = mine
        .map(|item| {
            let key = format!(
                "sign/{}/{}/{}/{}",
                content.bulletin, item.case, item.clock, item.rung
            );
            let order = Order::Answer {
                case: item.case,
                clock: item.clock.clone(),
                note: None,
            };
            (item.case, engine.send(actor, Submission::new(key, order)))
        })
        .collect();
    for (case, answer) in sent {
        match answer.blocking_recv() {
            Ok(Ok(_)) => signed.answered.push(case),
            // The matter has moved on since the draft; the signature stands all the same.
            Ok(Err(_)) | Err(_) => signed.moved_on.push(case),
        }
    }
    signed
}

fn signer(world: &World, drafting: &Drafting, now: Timestamp) -> Result<PostId, Failure> {
    let signers = settings::signers(world, now);
    match &drafting.signer {
        Some(post) if signers.contains(post) => Ok(post.clone()),
        Some(_) => Err(refused("cannot_sign", |rule| rule)),
        None => signers
            .into_iter()
            .next()
            .ok_or_else(|| refused("nobody_signs", |rule| rule)),
    }
}

fn check_drafting(drafting: &Drafting, now: Timestamp) -> Result<(), Failure> {
    let Scope { from, to, .. } = &drafting.scope;
    if from > to || *from > date_of(now) {
        return Err(refused("bad_period", |rule| {
            rule.show("from", from).show("to", to)
        }));
    }
    let characters: usize = drafting.remarks.iter().map(|remark| remark.chars().count()).sum();
    if characters > REMARKS_CHARS_MAX {
        return Err(refused("remarks_long", |rule| {
            rule.show("found", characters).show("allowed", REMARKS_CHARS_MAX)
        }));
    }
    Ok(())
}

fn check_office(world: &World, actor: &Actor, now: Timestamp) -> Result<(), Failure> {
    check_serves(world, actor, now)?;
    if may_administer(world, &actor.post) {
        return Ok(());
    }
    Err(refused("not_the_office", |rule| rule))
}

fn check_serves(world: &World, actor: &Actor, now: Timestamp) -> Result<(), Failure> {
    if world.org.serves(&actor.person, &actor.post, date_of(now)) {
        return Ok(());
    }
    let post = world
        .org
        .posts
        .get(&actor.post)
        .map(|post| post.name.clone())
        .unwrap_or_default();
    Err(Refusal::new("not_serving").with("post", post).into())
}

fn check_key(key: &str) -> Result<(), Failure> {
    if bihuan_ledger::is_name(key) {
        Ok(())
    } else {
        Err(Refusal::new("bad_key").into())
    }
}

/// What is signed or issued is what lies in the store, byte for byte.
fn check_content(views: &crate::views::Views, bulletin: &Bulletin) -> Result<Content, Failure> {
    let bytes = stored(views.log(), bulletin)?.ok_or_else(erased)?;
    if bihuan_ledger::Digest::of(&bytes).to_string() != bulletin.draft.content.as_str() {
        return Err(refused("content_changed", |rule| rule));
    }
    Ok(serde_json::from_slice(&bytes).map_err(Error::from)?)
}

pub(super) fn erased() -> Failure {
    refused("content_erased", |rule| rule)
}

/// The bulletin that this key has drafted already.
fn drafted_before(engine: &Engine, actor: &Actor, key: &str) -> Result<Option<BulletinId>, Failure> {
    let views = engine.views()?;
    let Some(kept) = views.log().command_answer(&format!("{}/{key}", actor.person))? else {
        return Ok(None);
    };
    let kept: Kept = serde_json::from_str(&kept).map_err(Error::from)?;
    for (seq, _) in kept.seqs {
        let Some(entry) = views.log().entry(seq)? else {
            continue;
        };
        if let Ok(WorldEvent::BulletinDrafted(e)) = WorldEvent::read(&entry.kind, entry.version, entry.body) {
            return Ok(Some(e.bulletin));
        }
    }
    Err(refused("key_used", |rule| rule))
}

fn done_before(engine: &Engine, actor: &Actor, key: &str) -> Result<bool, Failure> {
    Ok(engine
        .views()?
        .log()
        .command_answer(&format!("{}/{key}", actor.person))?
        .is_some())
}

/// Who drafted a bulletin, from the log.
fn drafter(engine: &Engine, id: &BulletinId) -> Result<Option<Actor>, Failure> {
    for entry in engine
        .views()?
        .log()
        .stream(crate::writer::WORLD, 0)?
        .into_iter()
        .rev()
    {
        let actor = crate::views::actor_of(&entry.actor);
        if entry.kind == "bulletin.drafted"
            && let WorldEvent::BulletinDrafted(e) =
                WorldEvent::read(&entry.kind, entry.version, entry.body).map_err(Error::from)?
            && e.bulletin == *id
        {
            return Ok(Some(actor));
        }
    }
    Ok(None)
}

/// A refusal whose text stands in the catalogue under `report.refuse_<code>`.
fn refused(code: &str, fill: impl FnOnce(Message) -> Message) -> Failure {
    let rule = fill(Message::new(format!("report.refuse_{code}")));
    Failure::Refused(Refusal {
        code: code.to_owned(),
        rule,
        allowed: Vec::new(),
    })
}
