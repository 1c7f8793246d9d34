//! A subscription that runs: which events concern it, and what each shows to who asks at that moment.

use std::collections::VecDeque;
use std::sync::Arc;

use async_graphql::{ServerError, Variables};
use futures_util::StreamExt;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cost;
use crate::api::documents::Document;
use crate::api::lifecycle;
use crate::api::rates::Payer;
use crate::api::response::server_error;
use crate::api::schema::Nouns;
use crate::kernel::error::{Error, Result};
use crate::kernel::feed::{Cursor, Event};
use crate::kernel::principal::MunicipalityId;
use crate::kernel::read::Catalogue;
use crate::kernel::read::streams::{Subject, Telling, Watch, is_visible};
use crate::kernel::request::Request;

/// What a subscription costs its caller at least, in points: as much as a large page.
const SUBSCRIBING: u64 = 100;

/// What cursors of subscriptions are bound to.
const BINDING: &str = "events";

/// A subscription that runs.
pub struct Subscription {
    /// Who listens: asked anew for each event, because rights change.
    caller: Caller,
    document: Arc<Document>,
    variables: Variables,
    telling: Telling,
    subject: Subject,
    municipality: MunicipalityId,
    /// Has nothing been told yet?
    begins: bool,
    /// A hash of what was shown last.
    shown: Option<u64>,
    /// The last event that was looked at.
    at: Cursor,
    /// Events that were there before, still to be looked at.
    backlog: VecDeque<Event>,
    /// Is there more behind the backlog than what is told now?
    behind: bool,
    live: Receiver<Arc<Event>>,
}

/// What an event is to a subscription.
enum Look {
    Told(Told),
    /// It does not concern it.
    Nothing,
    /// Its object can no longer be seen.
    Gone,
}

/// One event, as it is sent.
pub struct Told {
    /// Where to go on from.
    pub cursor: String,
    /// The JSON of `data`.
    pub data: Vec<u8>,
}

impl Subscription {
    /// Begins a subscription whose document has been parsed and guarded.
    ///
    /// # Errors
    /// What is wrong with the document, its arguments or the rights of who asks; NOT_FOUND for an object that
    /// may not be seen.
    pub async fn begin(
        caller: Caller,
        request: Arc<Request>,
        document: Arc<Document>,
        variables: Variables,
    ) -> Result<Self, Vec<ServerError>> {
        let one = |error: ServerError| vec![error];
        validate(&caller.app, &document, &variables).await?;
        // Heard from now on, so that nothing falls between the backlog and what is live.
        let live = caller.app.feed.listen();
        let telling = Telling::compile(document.env(&variables), Nouns::streams(), set(&document)).map_err(one)?;
        let begun = async {
            let municipality = request.municipality()?;
            let subject = telling.subject(Nouns::queries().shapes())?;
            if let Some(id) = subject.id {
                let seen = is_visible(subject.shape, id, &caller.app.database, &request).await?;
                seen.then_some(()).ok_or(Error::NotFound)?;
            } else {
                request.principal.is_signed_in().then_some(()).ok_or(Error::Unauthenticated)?;
            }
            let resumed = caller.headers.get("last-event-id").and_then(|id| id.to_str().ok());
            let after = resumed.or(telling.after());
            let at = match after {
                Some(text) => Cursor::open::<0>(text, "after", BINDING, &request)?.0,
                None => caller.app.feed.now().await?,
            };
            Ok((municipality, subject, after.is_none(), at))
        };
        let (municipality, subject, begins, at) = begun.await.map_err(|error| one(server_error(error)))?;
        let root = (document.env(&variables), set(&document));
        let cost = SUBSCRIBING.max(cost::of_objects(telling.weight(root, &request, subject.shape).map_err(one)?));
        cost::affordable(cost, &request).map_err(|error| one(server_error(error)))?;
        caller.pay(Payer::of(&request), cost).map_err(|spent| one(server_error(spent.error())))?;
        let (behind, backlog, shown) = (true, VecDeque::new(), None);
        Ok(Self {
            caller,
            document,
            variables,
            telling,
            subject,
            municipality,
            begins,
            shown,
            at,
            backlog,
            behind,
            live,
        })
    }

    /// First its object as it is, so that there is a cursor from the beginning, unless it goes on after one;
    /// then each event that concerns it. Nothing when there will be none, because what it is about can no longer
    /// be seen.
    ///
    /// # Errors
    /// UNAUTHENTICATED when the session has ended, UNAVAILABLE without the database.
    pub async fn next(&mut self) -> Result<Option<Told>, ServerError> {
        if let (true, Some(id)) = (self.begins, self.subject.id) {
            let request = self.caller.listening().await.map_err(server_error)?;
            let shown = self.show(self.at, id, &request).await?;
            self.begins = false;
            return Ok(shown.map(|(told, shown)| {
                self.shown = Some(shown);
                told
            }));
        }
        loop {
            let before = self.at;
            let Some(event) = self.event().await.map_err(server_error)? else { return Ok(None) };
            match self.look(&event).await {
                Ok(Look::Told(told)) => return Ok(Some(told)),
                Ok(Look::Gone) => return Ok(None),
                Ok(Look::Nothing) => {}
                Err(error) => {
                    // It is looked at again when somebody asks for the next.
                    self.at = before;
                    self.backlog.push_front(event);
                    return Err(error);
                }
            }
        }
    }

    /// What an event is to this subscription.
    async fn look(&mut self, event: &Event) -> Result<Look, ServerError> {
        let _turn =
            self.caller.app.turns.clone().acquire_owned().await.map_err(|_| server_error(Error::Unavailable))?;
        let request = self.caller.listening().await.map_err(server_error)?;
        let Some(id) = self.concerned(event, &request) else { return Ok(Look::Nothing) };
        match self.show(event.cursor, id, &request).await? {
            // Whoever sees the same as before must not learn that something else was changed.
            Some((_, shown))
                if self.subject.id.is_some() && self.shown == Some(shown) && self.telling.shows_object() =>
            {
                Ok(Look::Nothing)
            }
            Some((told, shown)) => {
                self.shown = Some(shown);
                Ok(Look::Told(told))
            }
            None if self.subject.id.is_some() => Ok(Look::Gone),
            None => Ok(Look::Nothing),
        }
    }

    /// The object as it is now; nothing when it may not be seen.
    async fn show(&self, cursor: Cursor, id: Uuid, request: &Arc<Request>) -> Result<Option<(Told, u64)>, ServerError> {
        let cursor = cursor.seal(BINDING, &[], request);
        let root = (self.document.env(&self.variables), set(&self.document));
        let app = &self.caller.app;
        let told = self.telling.tell(root, &app.database, request, &cursor, (self.subject.shape, id)).await?;
        lifecycle::write_afterwards(app, request).await.map_err(server_error)?;
        Ok(told.map(|(json, shown)| (Told { cursor, data: json.into_bytes() }, shown)))
    }

    /// The next event of the municipality.
    async fn event(&mut self) -> Result<Option<Event>> {
        loop {
            if self.behind && self.backlog.is_empty() {
                self.catch_up().await?;
            }
            let event = match self.backlog.pop_front() {
                Some(event) => event,
                None => match self.live.recv().await {
                    Ok(event) => Event::clone(&event),
                    Err(RecvError::Lagged(_)) => {
                        self.behind = true;
                        continue;
                    }
                    Err(RecvError::Closed) => return Ok(None),
                },
            };
            if event.municipality == self.municipality && event.cursor > self.at {
                self.at = event.cursor;
                return Ok(Some(event));
            }
        }
    }

    async fn catch_up(&mut self) -> Result<()> {
        let page = self.caller.app.feed.since(self.at, self.municipality).await?;
        self.behind = !page.is_empty();
        self.backlog.extend(page);
        Ok(())
    }

    /// The object of the subscription that the event is about, if it is about one.
    fn concerned(&self, event: &Event, request: &Request) -> Option<Uuid> {
        let Subject { shape, id } = self.subject;
        if event.table == shape.table && (id == Some(event.object) || self.is_own(event, request)) {
            return Some(event.object);
        }
        // The event of what it belongs to tells that its readers changed.
        let has_parts = matches!(self.telling.watch(), Watch::One(_)) && self.telling.shows_object();
        let parent = event.parent.as_ref().filter(|_| has_parts && !event.only_readers);
        let belongs = parent.is_some_and(|(table, parent)| table == shape.table && id == Some(*parent));
        if belongs { id } else { None }
    }

    /// Is it a change of something that belongs to the account of who asks?
    fn is_own(&self, event: &Event, request: &Request) -> bool {
        let own = request.principal.account.map(|account| ("accounts".to_owned(), account.0));
        matches!(self.telling.watch(), Watch::Own(_)) && own.is_some() && event.parent == own
    }
}

fn set(document: &Document) -> &async_graphql::parser::types::SelectionSet {
    &document.operation().selection_set.node
}

/// Lets the engine judge variables that do not plainly fit.
async fn validate(app: &App, document: &Arc<Document>, variables: &Variables) -> Result<(), Vec<ServerError>> {
    if app.input_types.fit(&document.operation().variable_definitions, variables) {
        return Ok(());
    }
    let engine = lifecycle::engine_request(document, variables.clone());
    match app.schema.execute_stream(engine).next().await {
        Some(response) if !response.errors.is_empty() => Err(response.errors),
        _ => Ok(()),
    }
}
