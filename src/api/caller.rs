//! Whoever is at the other end: where they are, what they show of themselves, which language they read, and who pays
//! for what they ask. Made once where a request comes in; every way into the server begins with it.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;

use crate::api::address;
use crate::api::app::App;
use crate::api::identity::{Shown, Use, identify, of_channel};
use crate::api::negotiation::{Media, locale};
use crate::api::rates::{ASKING, Payer, REFUSED, Spent, Standing};
use crate::api::response::refuse;
use crate::api::status::End;
use crate::kernel::error::{Error, Result};
use crate::kernel::request::{Locale, Request};

/// Whoever asks.
#[derive(Clone)]
pub struct Caller {
    /// The server they ask.
    pub app: Arc<App>,
    /// What they identify themselves by: token or cookie, origin, municipality; and how they want to be answered.
    pub headers: HeaderMap,
    /// Their language.
    pub locale: Locale,
    /// Where they are, behind the proxies that are believed.
    pub address: IpAddr,
    /// The session of the browser that keeps a channel open, whatever its cookie is by now.
    session: Option<Shown>,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::of(app.clone(), parts))
    }
}

impl Caller {
    /// Who sent this.
    pub fn of(app: Arc<App>, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let address = address::caller(peer, &parts.headers, &app.settings.wire.proxies);
        Self { address, locale: locale(&parts.headers), headers: parts.headers.clone(), app, session: None }
    }

    /// Stays: its cookie may be renewed from now on, as long as its session lives.
    ///
    /// # Errors
    /// As [`identify`].
    pub async fn stay(&mut self) -> Result<()> {
        self.session = of_channel(&self.app, &self.headers).await?;
        Ok(())
    }

    /// A request of theirs, now: rights change, so who stays connected is looked at anew each time.
    ///
    /// # Errors
    /// As [`identify`].
    pub async fn request(&self) -> Result<Arc<Request>> {
        self.known(Use::Works).await
    }

    /// As [`Caller::request`], of somebody who only listens: that does not keep a session alive.
    ///
    /// # Errors
    /// As [`identify`].
    pub async fn listening(&self) -> Result<Arc<Request>> {
        self.known(Use::Listens).await
    }

    async fn known(&self, to: Use) -> Result<Arc<Request>> {
        let kept = self.session.as_ref();
        let (principal, municipality) = Box::pin(identify(&self.app, &self.headers, kept, to)).await?;
        let whence = self.app.networks.whence(&self.app, self.address, municipality).await;
        Ok(Arc::new(self.app.request(principal, municipality).in_locale(self.locale).from(whence)))
    }

    /// Who pays while nobody knows who asks: the address.
    pub fn stranger(&self) -> Payer {
        self.app.networks.stranger(&self.app, self.address)
    }

    /// Who pays for what is no request yet.
    pub async fn whoever(&self) -> Payer {
        self.listening().await.map_or_else(|_| self.stranger(), |request| Payer::of(&request))
    }

    /// Takes points.
    pub fn pay(&self, payer: Payer, points: u64) -> Result<Option<Standing>, Spent> {
        self.app.rates.spend(payer, points)
    }

    /// Answers for so many points what is not GraphQL.
    pub async fn pay_for(&self, points: u64, answering: impl Future<Output = Result<Response>>) -> Response {
        let payer = self.whoever().await;
        if let Err(spent) = self.pay(payer, points) {
            return self.too_many(&spent, Media::Json);
        }
        match answering.await {
            Ok(response) => response,
            Err(error) => self.refuse_to(payer, REFUSED, (End::of(&error), &error), Media::Json),
        }
    }

    /// Refuses what was asked, which costs as much as a document that is not good.
    pub async fn refuse(&self, end: End, error: &Error, media: Media) -> Response {
        self.refuse_to(self.whoever().await, ASKING + REFUSED, (end, error), media)
    }

    /// Refuses for so many points.
    pub fn refuse_to(&self, payer: Payer, points: u64, (end, error): (End, &Error), media: Media) -> Response {
        let standing = match self.pay(payer, points) {
            Ok(standing) => standing,
            Err(spent) => return self.too_many(&spent, media),
        };
        let mut response = refuse(end, error, self.locale, media);
        if let Some(standing) = standing {
            standing.write(response.headers_mut());
        }
        response
    }

    /// 429: the caller has spent what it had.
    pub fn too_many(&self, spent: &Spent, media: Media) -> Response {
        let mut response = refuse(End::TooMany, &spent.error(), self.locale, media);
        spent.write(response.headers_mut());
        response
    }
}
