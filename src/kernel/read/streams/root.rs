//! The subscription root in the schema.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::pin::Pin;

use async_graphql::registry::{MetaField, MetaInputValue, MetaType, Registry};
use async_graphql::{Context, InputType, OutputType, Response, SubscriptionType};
use futures_util::stream::{self, Stream as Items};

use crate::kernel::read::register;
use crate::kernel::read::root::Catalogue;
use crate::kernel::read::streams::{Stream, Watch};

/// The subscription root over a catalogue.
pub struct StreamRoot<C>(pub PhantomData<fn() -> C>);

impl<C: Catalogue> SubscriptionType for StreamRoot<C> {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_subscription_type::<Self, _>(|registry| {
            let fields = C::streams().0.iter().map(|stream| (stream.name.to_owned(), meta_field(registry, stream)));
            let fields = fields.collect();
            let mut root = register::meta_object("Subscription", "変更の通知。閲覧できるものだけが届く。", fields);
            if let MetaType::Object { is_subscription, .. } = &mut root {
                *is_subscription = true;
            }
            root
        })
    }

    /// The engine validates; what is told is [`Telling`](super::Telling)'s.
    fn create_field_stream<'a>(
        &'a self,
        ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Items<Item = Response> + Send + 'a>>> {
        let name = ctx.item.node.name.node.as_str();
        C::streams().0.iter().any(|stream| stream.name == name).then(|| Box::pin(stream::empty()) as _)
    }
}

fn meta_field(registry: &mut Registry, stream: &Stream) -> MetaField {
    let text = <String as OutputType>::create_type_info(registry);
    let object = match stream.watch {
        Watch::Any => {
            register::node_interface(registry);
            register::NODE.to_owned()
        }
        Watch::One(shape) | Watch::Own(shape) => register::nullable(registry, shape()),
    };
    let fields = [
        ("cursor", text, "この変更の位置。`after` に指定すると、この後から続けて受け取れる。"),
        (stream.object, object, "変更後の対象。"),
    ];
    register::insert(registry, stream.payload, "変更の通知の一件。", fields);
    let mut meta = MetaField::new(stream.name, format!("{}!", stream.payload));
    meta.description = Some(stream.doc.to_owned());
    if !matches!(stream.watch, Watch::Own(_)) {
        meta.args.extend([register::id_argument(registry)]);
    }
    let after = <Option<String> as InputType>::create_type_info(registry);
    let mut after = MetaInputValue::new("after", after);
    after.description = Some("このカーソルの後の変更から受け取る。指定しなければ今から。".to_owned());
    meta.args.insert("after".to_owned(), after);
    meta
}
